package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"ordertimeout/transforms/connect"
)

// usageText is the screen of usage, with gaps for what connectors say of themselves.
const usageText = `Usage: ordertimeout -input FROM [flags], or ordertimeout with a first word, of which -h says more:
       open (open orders), why (an order's story), diff (rules, old and new), resend, check and explain

Reports which orders were created and not paid in time, and which were paid.

Input:
  -input FROM        {{sources}}
  -format FORMAT     jsonl, csv (default: by the file's name), or cloudevents: orderId, userId in its data
  -fields NAME=PATH,… where orderId, userId, type, time, id are, as orderId=order.id; -types order.paid=pay,…
{{flags "Input"}}  -time-unit UNIT    of integer times: ms or s (default ms)
Pattern:
  -pattern TEXT      default "create followedBy pay within 10m"; ordertimeout explain TEXT says what it means
  -within D          replaces the pattern's duration; -max-branches N bounds an order's branches (10000)
  -key KEY           user: an order is a user's order; order: its id alone (default user)
  -remember D        how long ended orders are known, to tell repeats (default: within)
  -remind 5m,8m      reminders at these ages; -resolve D: so late a payment calls it off; -early D: clocks
  -rules FILE        several patterns in place of these, as check -h says; -max-within D: of expressions (90d)
Time:
  -disorder D        how far events may be out of order (default 5s)
{{flags "Time"}}  -max-ahead D       an event further ahead of the clock is malformed (default 24h; 0: none)
  -tick D            how often deadlines are looked at (default within/60, 10ms to 10s)
  -at-end WHAT       open orders at the end of the input: open or timeout (default open)
Output (TO is {{sinks}}):
  -success TO        orders paid in time (default -){{outcomes 0}}
  -timeouts TO       orders not paid in time (default -){{outcomes 1}}
  -cancelled TO      what a notFollowedBy ended (default none); also -started, -reminders and -resolved TO
  -rejects TO        duplicate, orphan, late, malformed events, undelivered outcomes (default none)
  -open TO           events of open orders at the end: an input for the next run, or for people (default none)
{{flags "Output"}}  -format-out FORMAT outcomes on stdout: jsonl, or table for people (default: table on a terminal)
  -summary TO        the counters, as a JSON object: a file or - (default none)
Running:
  -runner RUNNER     prism, the embedded one (default); flink: -endpoint, -flink-options K=V,…
                     -resume CHECKPOINT -detach; dataflow: -project … (for both see the README)
  -carry FILE        the state, from which the next run goes on, written every -carry-every D (10s), as is
                     how far the input was read; -forget NAME gives up a file, or a rule, that is no more
{{flags "Running"}}  -shards N          groups of users that state is kept by (default 16)
  -metrics ADDRESS   serve /metrics (Prometheus), /healthz (fails after -max-stall D, 5m), /livez, as on :9090
  -cpuprofile FILE   a CPU profile of the run, for go tool pprof; -version prints the version
  -quiet, -v         no summary, advice and progress; the SDK's log, too; -log-format json (default text)
Durations: 90s, 1h30m, 2d. Beam's own flags are taken, too. Exit status: 0 done or stopped by a signal,
1 the run failed or understood no event, 2 wrong flags, 130 ended at once by a second signal.
`

// The layout of the screen: how wide a line may be, and the column where the text about a
// flag begins.
const (
	usageWidth  = 110
	usageIndent = 21
)

// usage prints the flags of the command, on one screen.
func usage(w io.Writer, kinds connect.List) error {
	screen, err := template.New("usage").Funcs(template.FuncMap{
		"sources":  func() string { return sourceHelp(kinds) },
		"sinks":    func() string { return sinkHelp(kinds) },
		"outcomes": func(line int) string { return outcomeHelp(kinds, line) },
		"flags":    func(group string) string { return flagHelp(kinds, connect.Group(group)) },
	}).Parse(usageText)
	if err != nil {
		return err
	}
	return screen.Execute(w, nil)
}

// sourceHelp says what -input takes, in as many lines as it needs.
func sourceHelp(kinds connect.List) string {
	var text strings.Builder
	column := usageIndent
	for _, c := range kinds {
		if c.Source == nil || c.Source.Help == "" {
			continue
		}
		size := utf8.RuneCountInString(c.Source.Help)
		switch {
		case text.Len() == 0:
		case column+len("; ")+size+len(";") > usageWidth:
			text.WriteString(";\n" + strings.Repeat(" ", usageIndent))
			column = usageIndent
		default:
			text.WriteString("; ")
			column += len("; ")
		}
		text.WriteString(c.Source.Help)
		column += size
	}
	return text.String()
}

// sinkHelp says what all outputs take, beginning with files.
func sinkHelp(kinds connect.List) string {
	var files, others []string
	for _, c := range kinds {
		switch k := c.Sink; {
		case k == nil || k.OutcomesOnly:
		case k.Rest:
			files = append(files, k.Help...)
		default:
			others = append(others, k.Help...)
		}
	}
	all := slices.Concat(files, others)
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + ", or " + all[len(all)-1]
}

// outcomeHelp says what outputs of outcomes take besides, in a line behind -success and
// one behind -timeouts.
func outcomeHelp(kinds connect.List, line int) (text string) {
	for _, c := range kinds {
		if k := c.Sink; k != nil && k.OutcomesOnly && line < len(k.Help) {
			text += "; " + k.Help[line]
		}
	}
	return text
}

// flagHelp tells of the flags of connectors that stand in a group, a line each.
func flagHelp(kinds connect.List, group connect.Group) (text string) {
	for _, f := range kinds.Flags() {
		if f.Group == group && f.Help != "" { // else another one tells of it
			text += fmt.Sprintf("  %-*s%s\n", usageIndent-2, strings.TrimSpace("-"+f.Name+" "+f.Arg), f.Help)
		}
	}
	return text
}
