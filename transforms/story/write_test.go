package story

import (
	"errors"
	"strings"
	"testing"

	"ordertimeout/transforms/order"
)

// What comes from outside writes no escape sequence, and a long type takes no more room
// than others.
func TestWhatComesFromOutsideIsEscaped(t *testing.T) {
	var text strings.Builder
	lines := []Line{
		{Time: 0, Type: "a\x1b[31m\nb", What: "other", Text: "t"},
		{Time: 86400000, Type: strings.Repeat("x", 1<<20), What: "duplicate", Text: "t"},
		{Time: 86400001, What: Success},
	}
	if err := Write(&text, "title", lines); err != nil {
		t.Fatal(err)
	}
	want := `title
1970-01-01
00:00:00.000  a\x1b[31m\nb              other      t
1970-01-02
00:00:00.000  xxxxxxxxxxx…xxxxxxxxxxxx  duplicate  t
00:00:00.001                            success
`
	if text.String() != want {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
	text.Reset()
	if err := WriteMalformed(&text, "title", []order.Reject{{Source: "f\x07:1", Error: "not \x1b"}}); err != nil || text.String() != "title\nf\\x07:1  malformed  not \\x1b\n" {
		t.Errorf("%q, %v", text.String(), err)
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAFullDiskIsAnError(t *testing.T) {
	if err := Write(full{}, "title", nil); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
	if err := WriteMalformed(full{}, "title", nil); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

func TestSpan(t *testing.T) {
	for ms, want := range map[int64]string{0: "0s", 1: "0.001s", 4120: "4.120s", 61000: "1m1s", 600001: "10m0.001s", 7200000: "2h0m0s"} {
		if got := span(ms); got != want {
			t.Errorf("%d: got %s, want %s", ms, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		input, id string
		want      bool
	}{
		{`{"orderId":"o-1","type":"pay"}`, "o-1", true},
		{`{"orderId":"o-1","type":"pay"}`, "o", false},
		{`{"orderId":"o-2","of":"o-1"}`, "o-1", false}, // it is of another order
		{`{"orderId":42}`, "42", true},
		{`{"orderId":42}`, "4", false},
		{`{"orderId":""}`, "", false},
		{`{"type":"pay"}`, "", false},
		{`{"order":"o-1"}`, "o-1", true}, // of an unknown format
		{`{"orderId":"o-1","typ`, "o-1", true},
		{`{"orderId":"o-1","typ`, "o-", false},
		{`{"orderId":"o-11","typ`, "o-1", false},
		{`{"orderId":"xo-1","at":"o-1`, "o-1", true},
		{`{"orderId":"a\tb","typ`, "a\tb", true},
		{`{"orderId":"a\"b","typ`, `a"b`, true},
		{`{"orderId":"a b","typ`, "a b", true},
		{"u,o-1,pay", "o-1", true},
		{"o-1", "o-1", true},
		{"\xff", "o-1", false},
	} {
		if got := Names(test.input, test.id); got != test.want {
			t.Errorf("%s, %q: got %t, want %t", test.input, test.id, got, test.want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add(`{"orderId":"o-1"`, "o-1")
	f.Add("a,b\xff", "\xff")
	f.Fuzz(func(t *testing.T, input, id string) {
		if Names(input, id) && !strings.Contains(input, id) && !strings.Contains(input, `\`) {
			t.Errorf("%q does not have %q", input, id)
		}
	})
}
