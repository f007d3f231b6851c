package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard/replica"
)

// at returns a time of day on the second of March 2026, or of the day that is written
// before it.
func at(t *testing.T, text string) int64 {
	t.Helper()
	if !strings.Contains(text, "T") {
		text = "2026-03-02T" + text
	}
	parsed, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UnixMilli()
}

// eventsOf returns the events of lines such as "10:00:00 pay @10:00:07 #7 n=5": an event of
// 10:00:00 whose place in time is 10:00:07, with an id and a member n.
func eventsOf(t *testing.T, lines string) (events []Event) {
	t.Helper()
	for i, line := range strings.Split(strings.Trim(lines, "\n"), "\n") {
		words := strings.Fields(line)
		e := Event{Source: "log", Line: int64(i + 1)}
		e.Time, e.Type = at(t, words[0]), words[1]
		e.At = e.Time
		var member string
		for _, w := range words[2:] {
			switch {
			case w[0] == '@':
				e.At = at(t, w[1:])
			case w[0] == '#':
				e.ID = w[1:]
			default:
				name, value, _ := strings.Cut(w, "=")
				member = fmt.Sprintf(",%q:%s", name, value)
			}
		}
		e.Data = fmt.Appendf(nil, `{"orderId":"o","type":%q,"time":%d%s}`, e.Type, e.Time, member)
		events = append(events, e)
	}
	return events
}

// toldOf returns the story of events as it is written, without its title.
func toldOf(t *testing.T, pattern, window string, end End, events []Event) string {
	t.Helper()
	p := syntax.MustParse(pattern)
	prog, err := cep.Compile(p, cep.Config{
		Remember: p.Within, MaxBranches: 3, Fields: replica.Fields(order.Reader{}), Window: window, RememberOwn: window != "",
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []Line
	Tell(Config{Prog: prog, End: end}, "o", events, func(l Line) { lines = append(lines, l) })
	var text strings.Builder
	if err := Write(&text, "title", lines); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(text.String(), "title\n")
}
