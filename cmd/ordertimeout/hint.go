package main

import (
	"strings"

	"github.com/tidwall/gjson"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
)

// hint looks at the first line of an input that has no event. It says what the input may
// be, and what to do; "" where that is not known.
func hint(first order.Reject, c pipeline.Config) string {
	line := strings.TrimSpace(first.Input)
	switch {
	case strings.HasPrefix(line, "\x1f"):
		return ": it is compressed: name it .gz, or use gunzip -c FILE | ordertimeout -input -"
	case 4*strings.Count(line, "\x00") > len(line):
		return ": it looks like UTF-16: convert it by iconv -f UTF-16 -t UTF-8"
	case strings.HasPrefix(line, "["):
		return ": it looks like a JSON array: want one object a line, as by jq -c '.[]'"
	case strings.HasPrefix(line, "{") && !gjson.Valid(line):
		return ": want each object on one line, as by jq -c ."
	case strings.HasPrefix(line, "{"):
		return otherNames(line, c)
	case strings.Count(line, ",") >= 2 && c.Names.Format == "":
		return ": it looks like CSV: use -format csv"
	}
	return ""
}

// otherNames says which members an object has, where it lacks one that events have.
func otherNames(object string, c pipeline.Config) string {
	has := map[string]bool{}
	var names []string
	gjson.Parse(object).ForEach(func(name, _ gjson.Result) bool {
		has[name.Str] = true
		names = append(names, screen.Short(name.Str, 20))
		return true
	})
	if has["type"] && has["time"] && (has["orderId"] || has["userId"] && c.Key == pipeline.KeyUser) {
		return ""
	}
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	return ": its members are " + strings.Join(names, ", ") + "; say which are type, time, orderId and userId, as by -fields orderId=NAME,time=NAME"
}
