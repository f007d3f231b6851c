package cep

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// An open run tells until when it is open, what it has taken, and what could come now.
func TestOpenRunsTellWhatTheyWaitFor(t *testing.T) {
	for _, test := range []struct{ pattern, events, want string }{
		{"a followedBy b within 10ms", "", ""},
		{"a followedBy b within 10ms", "a1", "a1 until 11, waits for b"},
		{"a followedBy b followedBy c within 10ms", "a1 b4 x5", "a1 b4 until 11, waits for c"},
		{"a followedBy b within 10ms", "a1 b4", ""},
		{"a followedBy b within 10ms", "a1 x11", ""},
		{"a followedBy b? followedBy c within 10ms", "a1", "a1 until 11, waits for b c"},
		{"every a followedBy b within 10ms", "a1 a2", "a1 until 11, waits for b; a2 until 12, waits for b"},
		{"every a followedByAny b within 10ms", "a1 b2 a3", "a3 until 13, waits for b"}, // the first has given a match
		{"a followedBy b followedByAny c within 10ms", "a1 b2", "a1 b2 until 11, waits for c"},
		{"a notFollowedBy b within 10ms", "a1", "a1 until 11, waits for "},
		{"a followedByAny b followedBy within 3ms c within 10ms", "a1 b2", "a1 b2 until 11, waits for b c"},
		{"a followedByAny b followedBy within 3ms c within 10ms", "a1 b2 x4", "a1 b2 until 11, waits for b c"},
		{"a followedByAny b followedBy within 3ms c within 10ms", "a1 b2 x5", "a1 b2 until 11, waits for b"},
		{"a followedBy within 5ms b", "a1", "a1 until 6, waits for b"},
		{"a followedBy within 3ms b? followedBy c within 10ms", "a1 x3", "a1 until 11, waits for b c"},
		{"a followedBy within 3ms b? followedBy c within 10ms", "a1 x4", "a1 until 11, waits for c"},
		{"a followedBy b+ followedBy within 3ms c within 10ms", "a1 b2 -4", "a1 b2 until 11, waits for b c"},
		{"a followedBy b+ followedBy within 3ms c within 10ms", "a1 b2 -5", "a1 b2 until 11, waits for b"},
		{"a followedByAny b followedByAny c within 10ms", "a1 b2 b3", "a1 b2 until 11, waits for b c"},
		{"a followedBy b notFollowedBy within 3ms c within 10ms", "a1 b2", "a1 b2 until 5, waits for "},
		// The second has a match, which the first one holds back.
		{"every a followedBy b[n > a.n] within 10ms skip past last", "a1#9 a2#1 b3#5", "a1 until 11, waits for b; a2 b3 until never, waits for "},
		{"every a followedBy b+ greedy followedBy c within 10ms skip past last", "a1 b2 a3 c4", ""},
	} {
		prog, err := Compile(syntax.MustParse(test.pattern), Config{Remember: time.Hour, Fields: jsonFields})
		if err != nil {
			t.Fatal(err)
		}
		m := prog.Matcher()
		var s State
		at := int64(0)
		for _, text := range strings.Fields(test.events) {
			text, n, _ := strings.Cut(text, "#")
			if _, err := fmt.Sscan(text[1:], &at); err != nil {
				t.Fatal(err)
			}
			e := Event{Type: text[:1], Time: at, At: at, Data: fmt.Appendf(nil, `{"t":%d,"n":%s}`, at, cmp.Or(n, "0"))}
			m.Advance("k", &s, at, math.MaxInt64, &Output{})
			if e.Type != "-" { // which is time alone
				m.Step("k", &s, &e, &Output{})
			}
		}
		var told []string
		for _, o := range m.AppendOpen("k", &s, at, nil) {
			var text string
			for i := range o.Run {
				text += o.Run[i].Type + fmt.Sprint(o.Run[i].Time) + " "
			}
			var waits []string
			for _, step := range o.Waiting {
				waits = append(waits, m.prog.Steps()[step].Name)
			}
			if o.Key != "k" || o.How != Open || o.At != o.Deadline {
				t.Errorf("%s, %s: %+v", test.pattern, test.events, o)
			}
			until := fmt.Sprint(o.At)
			if o.At == math.MaxInt64 {
				until = "never"
			}
			told = append(told, fmt.Sprintf("%suntil %s, waits for %s", text, until, strings.Join(waits, " ")))
		}
		if got := strings.Join(told, "; "); got != test.want {
			t.Errorf("%s, %s: got %q, want %q", test.pattern, test.events, got, test.want)
		}
	}
}
