package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry is a line of the log as JSON.
type entry struct {
	Time     time.Time
	Level    string
	Msg      string
	Counters map[string]int64
	AddsUp   *bool
}

// entriesOf returns the lines of a log, each of which is to be one object and no more.
func entriesOf(t *testing.T, log string) (entries []entry) {
	t.Helper()
	for line := range strings.Lines(log) {
		var e entry
		d := json.NewDecoder(strings.NewReader(line))
		if err := d.Decode(&e); err != nil || e.Time.IsZero() || e.Level == "" || e.Msg == "" || d.More() {
			t.Errorf("%v: want time, level and msg: %s", err, line)
		}
		entries = append(entries, e)
	}
	return entries
}

func TestLogIsObjects(t *testing.T) {
	args := []string{"-input", "../../testdata/orders.jsonl", "-success", "none", "-timeouts", "none", "-v"}
	text, objects := run1(t, "", args...), run1(t, "", append(args, "-log-format", "json")...)
	entries := entriesOf(t, objects.stderr)
	i := slices.IndexFunc(entries, func(e entry) bool { return e.Msg == "summary" })
	if i < 0 {
		t.Fatalf("no summary:\n%s", objects.stderr)
	}
	got := entries[i]
	if got.Level != "INFO" || got.AddsUp == nil || !*got.AddsUp || got.Counters["read"] != 17 || got.Counters["open"] != 1 || len(got.Counters) != 13 {
		t.Errorf("the summary is %+v", got)
	}
	// What people get as lines stands in the messages.
	for line := range strings.Lines(text.stderr) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "ordertimeout: "), "\n")
		said := slices.ContainsFunc(entries, func(e entry) bool { return e.Msg == line })
		ours := !strings.HasPrefix(line, "time=") && !strings.Contains(line, "(adds up)") && !strings.Contains(line, "state calls")
		if ours && !said {
			t.Errorf("no object says %q", line)
		}
	}
	if !slices.ContainsFunc(entries, func(e entry) bool { return e.Level == "WARN" && strings.HasPrefix(e.Msg, "orphans: ") }) {
		t.Errorf("the advice is no warning:\n%s", objects.stderr)
	}
}

// What the command fails with is an object, too, also where its flags are wrong.
func TestLogOfAFailure(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		want   []string
	}{
		{"-log-format json -input none.jsonl", exitFailed, []string{`ERROR files: -input "none.jsonl": no such file or directory`}},
		{"-nonesuch -log-format=json", exitUsage, []string{"ERROR flag provided but not defined: -nonesuch", "INFO Run 'ordertimeout -h' for the flags."}},
		{"resend -nonesuch --log-format json", exitUsage, []string{"ERROR flag provided but not defined: -nonesuch", "INFO Run 'ordertimeout resend -h' for the flags."}},
		{"resend -log-format json -success - -from none", exitFailed, []string{"ERROR -from: open none: no such file or directory"}},
	} {
		r := run1(t, "", strings.Fields(test.args)...)
		var got []string
		for _, e := range entriesOf(t, r.stderr) {
			got = append(got, e.Level+" "+e.Msg)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || r.status != test.status || r.stdout != "" {
			t.Errorf("%s: status %d, want %d (-want +got)\n%s", test.args, r.status, test.status, diff)
		}
	}
	for _, of := range []string{"", "resend "} {
		r := run1(t, "", strings.Fields(of+"-log-format xml")...)
		if want := "ordertimeout: invalid value \"xml\" for flag -log-format: want text or json\n"; r.status != exitUsage || !strings.HasPrefix(r.stderr, want) {
			t.Errorf("%s: %+v", of, r)
		}
	}
}

// The format is known before the flags are parsed, and is the one that they parse to.
func TestLogFormatOfACommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"":                                  "text",
		"-log-format json":                  "json",
		"--log-format=json":                 "json",
		"-log-format json -log-format=text": "text",
		"-log-format":                       "text",
		"-log-formats json":                 "text",
		"log-format json":                   "text",
	} {
		if got := logFormatOf(strings.Fields(args)); got != want && !(want == "text" && got == "") {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}

// Of the SDK's log there are the warnings, and with -v all.
func TestLogOfTheSDK(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	for _, test := range []struct {
		format  string
		verbose bool
		want    int // lines
		has     string
	}{
		{logText, false, 1, "ordertimeout: warning: slow\n"},
		{logJSON, false, 1, `"level":"WARN","msg":"slow","stage":"s1"}`},
		{logText, true, 2, `level=INFO msg=stage`},
		{logJSON, true, 2, `"level":"INFO","msg":"stage"}`},
	} {
		var b bytes.Buffer
		newJournal(&b, test.format).takeSDK(test.verbose)
		slog.Info("stage")
		slog.Warn("slow", "stage", "s1")
		if got := b.String(); strings.Count(got, "\n") != test.want || !strings.Contains(got, test.has) {
			t.Errorf("%s, verbose %t: want %d lines with %s, got\n%s", test.format, test.verbose, test.want, test.has, got)
		}
	}
}

// A stop is told as an object, too.
func TestLogOfAStop(t *testing.T) {
	m := newManager(t)
	p := start(t, []string{"NOTIFY_SOCKET=" + m.socket}, "-input", "demo:?rate=50", "-success", "none", "-timeouts", "none", "-log-format", "json")
	p.await("READY=1", 20*time.Second, m.has("READY=1"))
	entries := entriesOf(t, p.stop().stderr)
	if len(entries) < 2 || entries[0].Msg != "terminated: stopping; once more to end at once" || entries[0].Level != "INFO" {
		t.Errorf("got %+v", entries)
	}
}
