package story

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
)

const (
	dateFormat  = time.DateOnly
	clockFormat = "15:04:05.000"
)

// clock returns a time of day in UTC, with the date where that is not the one of now.
func clock(ms, now int64) string {
	at, of := time.UnixMilli(ms).UTC(), time.UnixMilli(now).UTC()
	if at.Format(dateFormat) != of.Format(dateFormat) {
		return at.Format(dateFormat + " " + clockFormat)
	}
	return at.Format(clockFormat)
}

// span returns a duration of milliseconds: whole seconds as Go writes them, others with
// three digits behind the point.
func span(ms int64) string {
	whole := (time.Duration(ms/1000) * time.Second).String()
	if ms%1000 == 0 {
		return whole
	}
	return fmt.Sprintf("%s.%03ds", strings.TrimSuffix(whole, "s"), ms%1000)
}

// The widest that a type may be in a line, in columns.
const widestType = 24

// Write writes the lines of a story below its title, the columns as wide as they need be.
// Types come from outside, and are escaped: see package screen.
func Write(w io.Writer, title string, lines []Line) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, title)
	types, whats := 3, 3
	for i := range lines {
		types = max(types, min(widestType, screen.Width(screen.Text(clipped(lines[i].Type)))))
		whats = max(whats, len(lines[i].What))
	}
	date := ""
	for i := range lines {
		l := &lines[i]
		at := time.UnixMilli(l.Time).UTC()
		if d := at.Format(dateFormat); d != date {
			date = d
			fmt.Fprintln(out, date)
		}
		line := fmt.Sprintf("%s  %s  %-*s  %s", at.Format(clockFormat), screen.Fit(l.Type, types), whats, l.What, l.Text)
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
	return out.Flush() // the first error of all
}

// clipped returns what may matter of a type for its width.
func clipped(typ string) string {
	return typ[:min(len(typ), 8*widestType)]
}

// WriteMalformed writes what the inputs are that are no events, below a title.
func WriteMalformed(w io.Writer, title string, malformed []order.Reject) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, title)
	for i := range malformed {
		fmt.Fprintf(out, "%s  malformed  %s\n", screen.Text(malformed[i].Source), screen.Text(malformed[i].Error))
	}
	return out.Flush() // the first error of all
}
