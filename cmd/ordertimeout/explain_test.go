package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		reason string
		args   []string
		want   string
	}{
		{"the default", []string{"create followedBy pay within 10m"}, `create followedBy pay within 10m

An order is opened by create.
It succeeds when pay comes less than 10m later.
If it is still open 10m after its first event and has not succeeded, it times out.
`},
		{"the canonical text, with the window that counts", []string{"-within", "2d", `"create" next pay{1,1} within 10m`}, `create next pay within 48h

An order is opened by create.
It succeeds when the very next event is pay less than 48h later; any other event breaks it off.
If it is still open 48h after its first event and has not succeeded, it times out.
`},
		{"a window where the text has none, behind the text", []string{"create followedBy pay", "-within=90s"}, `create followedBy pay within 1m30s

An order is opened by create.
It succeeds when pay comes less than 1m30s later.
If it is still open 1m30s after its first event and has not succeeded, it times out.
`},
		{"a table", []string{"-program", "create followedBy pay within 10m"}, `create followedBy pay within 10m

An order is opened by create.
It succeeds when pay comes less than 10m later.
If it is still open 10m after its first event and has not succeeded, it times out.

- create: open started, late open started
- pay: ignore orphan, late ignore late
- *: ignore other, late ignore other
pay create: ignore duplicate, late ignore duplicate
pay pay: take advanced, late take advanced
pay *: ignore other, late ignore other
`},
		{"a program", []string{"every create[total > 9] followedByAny pay within 10m", "-program"}, `every create[total > 9] followedByAny pay within 10m

Each create (where total > 9) opens a run of an order, beside those that are open.
It succeeds when pay comes less than 10m later, and again with each further one in that time.
If it is still open 10m after its first event and has not succeeded, it times out.

0:
	take as create if create -> 1
1:
	take as pay if pay -> 2, match
	ignore -> 1
2:
`},
	} {
		got := run1(t, "", append([]string{"explain"}, test.args...)...)
		if diff := cmp.Diff(result{stdout: test.want}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

// What is wrong is told in one line, with its column in the text, and on no other stream.
func TestExplainRefuses(t *testing.T) {
	usage := explainLine
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, usage},
		{[]string{"-program"}, usage},
		{[]string{"create then pay within 10m"}, `ordertimeout: explain: cep: column 8: unexpected "then": want next, followedBy, followedByAny, notNext, notFollowedBy, within or the end of the pattern` + "\n"},
		{[]string{"create[totl >] followedBy pay within 10m"}, "ordertimeout: explain: cep: column 14: got the end: want the rest of the condition\n"},
		{[]string{"create followedBy pay"}, `ordertimeout: explain: cep: pattern without a window, and none on followedBy "pay": want within and a duration` + "\n"},
		{[]string{""}, "ordertimeout: explain: cep: column 1: unexpected end of pattern: want an event type\n"},
		{[]string{"create", "followedBy", "pay"}, `ordertimeout: explain: unexpected argument "followedBy": want the pattern as one argument, in quotes` + "\n"},
		{[]string{"-within", "0s", "create followedBy pay"}, `ordertimeout: explain: invalid value "0s" for flag -within: want a duration such as 10m, 1h30m or 2d, in whole milliseconds` + "\n"},
		{[]string{"-within", "1m", "create followedBy within 2m pay"}, "ordertimeout: explain: cep: column 26: window 2m in a pattern within 1m: want at most that (in the text create followedBy within 2m pay within 1m)\n"},
		{[]string{"-input", "x", "create followedBy pay within 10m"}, "ordertimeout: explain: flag provided but not defined: -input\n"},
		{[]string{"((a{1000} next b){1000} next c){1000} next d within 1m"}, "ordertimeout: explain: cep: pattern needs more than 100000 states: want fewer repetitions within repetitions\n"},
	} {
		got := run1(t, "", append([]string{"explain"}, test.args...)...)
		if diff := cmp.Diff(result{stderr: test.want, status: 2}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.args, diff)
		}
	}
}

func TestExplainHelp(t *testing.T) {
	got := run1(t, "", "explain", "-h")
	if got.status != 0 || got.stderr != "" || !strings.HasPrefix(got.stdout, "Usage: ordertimeout explain ") || !strings.Contains(got.stdout, "-program") {
		t.Errorf("%+v", got)
	}
}

// Patterns and flags may come from outside, too, and write no escape sequence.
func TestPatternsAndFlagsWriteNoEscapeSequence(t *testing.T) {
	const escape, shown = "\x1b7", `\x1b7`
	for _, args := range [][]string{
		{"explain", `create[note == "` + escape + `"] followedBy pay within 10m`},
		{"explain", "-program", `create[note == "` + escape + `"] followedBy pay within 10m`},
		{"explain", `create[note matches "` + escape + `("] followedBy pay within 10m`},
		{"-input", "-", "-pattern", `create[note matches "` + escape + `("] followedBy pay within 10m`},
		{"-" + escape},
		{"resend", "-" + escape},
		{"-input", "nowhere/" + escape},
	} {
		r := run1(t, "", args...)
		if text := r.stdout + r.stderr; strings.Contains(text, escape) || !strings.Contains(text, shown) {
			t.Errorf("%q: %q, want %s in it", args, text, shown)
		}
	}
}
