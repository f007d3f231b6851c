package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rulesFile returns the path of a file of rules of the tests.
func rulesFile(name string) string { return filepath.Join("testdata", "rules", name) }

func TestCheckTellsAllFaults(t *testing.T) {
	file := rulesFile("faults.yaml")
	want := strings.ReplaceAll(`FILE:2:17: format "xml": want jsonl, csv or cloudevents
FILE:4:11: name "not a name": want 1 to 64 letters, digits, _ and -
FILE:6:21: got the end: want the rest of the condition
FILE:8:10: key "shop": want user or order
FILE:11:18: got "10m" in a window of 10m: want less than that
FILE:11:23: got "300s", as in line 11: want different ages
FILE:12:14: got 0s: want more than zero
FILE:13:12: early 1h0m0s of a pattern within 10m0s: want less than that
FILE:14:11: name "ages", as in line 9: want another
FILE:16:13: got 2m, and the pattern has "pay" within 5m: want at least that
FILE:17:16: got "paid": want success, timeout, reminder, resolved, cancelled or started
FILE:18:21: got 2, which is no text: want a text, in quotes
FILE:21:33: got the duration "48hh": want one such as 10m or 2d
FILE:22:5: got "timeout": want name, pattern, key, within, remind, resolve, early, outcomes or labels
`, "FILE", file)
	for _, args := range [][]string{{"check", file}, {"explain", file}, {"check", file, "-against", rulesFile("before.yaml")}, {"check", "-against", file, rulesFile("before.yaml")}} {
		if diff := cmp.Diff(result{stderr: want, status: exitUsage}, run1(t, "", args...), cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", args, diff)
		}
	}
	r := run1(t, "", "-input", "-", "-rules", file)
	if r.status != exitUsage || !strings.Contains(r.stderr, strings.SplitAfter(want, "\n")[13]) {
		t.Errorf("a run with it: %+v", r)
	}
}

func TestCheckAgainst(t *testing.T) {
	for _, test := range []struct{ old, file, want string }{
		{"before.yaml", "after.yaml", "unpaid: goes on\nunshipped: starts empty\nreturned: starts empty\nlost: starts empty\nunshipped: is removed\nreturned: is removed\nrefused: is removed\n"},
		{"before.yaml", "before.yaml", "unpaid: goes on\nunshipped: goes on\nreturned: goes on\nrefused: goes on\n"},
		{"", "before.yaml", "ok\n"},
		{"", "after.yaml", "ok\n"},
	} {
		args := []string{"check", rulesFile(test.file)}
		if test.old != "" {
			args = append(args, "-against", rulesFile(test.old))
		}
		if diff := cmp.Diff(result{stdout: test.want}, run1(t, "", args...), cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", args, diff)
		}
	}
}

func TestExplainRules(t *testing.T) {
	const want = `rule unpaid: create followedBy pay within 10m

An order of a user is opened by create.
It succeeds when pay comes less than W later.
If it is still open W after its first event and has not succeeded, it times out.
W is what its first event gives by channel == "b2b" ? "2d" : "10m", and 10m where that fails.
While it is open there is a reminder 5m and 8m after its first event.
What it had waited for, or what would have cancelled it, calls its timeout off up to 24h after that.
A later step may be less than 5s before the first: it waits for so long.
It tells of timeout, reminder and resolved.
It counts, and does not tell of, success and started.
Each outcome has the labels team "customer-care".

rule unshipped: pay next ship within 48h

An order of a user is opened by pay.
It succeeds when the very next event is ship less than 48h later; any other event breaks it off.
If it is still open 48h after its first event and has not succeeded, it times out.
It tells of success and timeout.
It counts, and does not tell of, started.

rule returned: ship followedBy return within 720h
`
	r := run1(t, "", "explain", rulesFile("after.yaml"))
	if r.status != exitOK || r.stderr != "" || !strings.HasPrefix(r.stdout, want) || strings.Count(r.stdout, "\nrule ") != 3 {
		t.Errorf("%s(-want +got):\n%s", r.stderr, cmp.Diff(want, r.stdout))
	}
}

// A file of rules is told from a pattern by its name.
func TestExplainTellsFilesFromPatterns(t *testing.T) {
	dir := t.TempDir()
	spaced := filepath.Join(dir, "my rules.json")
	text := `{"rules": [{"name": "a", "pattern": "create[note == \"\u001b[2J\"] followedBy pay within 10m", "labels": {"b": "\u001b[2J"}}]}`
	if err := os.WriteFile(spaced, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string // the beginning of what is written
	}{
		{[]string{spaced}, `rule a: create[note == "\x1b[2J"] followedBy pay within 10m` + "\n"},
		{[]string{dir + "/none.yaml"}, "ordertimeout: explain: " + dir + "/none.yaml: no such file or directory\n"},
		{[]string{"-within", "5m", "create followedBy pay.json"}, "create followedBy pay.json within 5m\n"},
		{[]string{"-within", "5m", spaced}, "ordertimeout: explain: -within and -program are of a pattern, and " + spaced + " is a file of rules\n"},
	} {
		r := run1(t, "", append([]string{"explain"}, test.args...)...)
		if got := r.stdout + r.stderr; !strings.HasPrefix(got, test.want) || strings.Contains(got, "\x1b") || (r.status == exitOK) != (r.stderr == "") {
			t.Errorf("%q: %+v, want %s", test.args, r, test.want)
		}
	}
}

func TestWrongUseOfCheck(t *testing.T) {
	before := rulesFile("before.yaml")
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, checkLine},
		{[]string{"-against", before}, checkLine},
		{[]string{before, before}, `ordertimeout: check: unexpected argument "` + before + `": want one file` + "\n"},
		{[]string{"-nosuch", before}, "ordertimeout: check: flag provided but not defined: -nosuch\n"},
		{[]string{before, "-against="}, `ordertimeout: check: invalid value "" for flag -against: want the file of the rules that a run has had` + "\n"},
		{[]string{"nowhere/\x1b.yaml"}, `nowhere/\x1b.yaml: no such file or directory` + "\n"},
		{[]string{"testdata"}, "testdata: is a directory\n"},
	} {
		if diff := cmp.Diff(result{stderr: test.want, status: exitUsage}, run1(t, "", append([]string{"check"}, test.args...)...), cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.args, diff)
		}
	}
	r := run1(t, "", "check", "-h")
	if r.status != exitOK || r.stderr != "" || !strings.HasPrefix(r.stdout, checkLine) || !strings.Contains(r.stdout, "-against OLD") {
		t.Errorf("-h: %+v", r)
	}
}

// The file that check -h shows is a right one.
func TestCheckHelpShowsRules(t *testing.T) {
	_, text, _ := strings.Cut(run1(t, "", "check", "-h").stdout, "must be there:\n")
	text, _, ok := strings.Cut(text, "Exit status:")
	file := write(t, t.TempDir(), "shown.yaml", text)
	if r := run1(t, "", "check", file); !ok || r.stdout != "ok\n" {
		t.Errorf("%+v", r)
	}
}
