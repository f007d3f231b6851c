package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The status is 2 and nothing is printed; each fault of both files has a line.
func TestDiffInTrouble(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log.jsonl", manyKinds)
	torn := write(t, dir, "torn.jsonl.gz", compress(t, manyKinds)[:60])
	wrong := write(t, dir, "wrong.jsonl", "create o1\npay o1\n")
	ok := ruleFile(t, dir, "ok.yaml", `{name: a, pattern: create followedBy pay within 5m}`)
	a := ruleFile(t, dir, "a.yaml", `{name: a, pattern: create followedBy}`, `{name: "", pattern: create followedBy pay within 5m}`)
	b := ruleFile(t, dir, "b.yaml", `{name: b, pattern: create followedBy pay within 5m, key: shop}`)
	const usage = "Run 'ordertimeout diff -h' for the flags.\n"
	const said = "ordertimeout: diff: "
	files := []string{"-rules", ok, "-against", ok}
	for _, test := range []struct {
		args, want []string
	}{
		{[]string{"-against", ok, "-input", log}, []string{said + "no -rules: want the file of the rules that are to be tried", usage}},
		{[]string{"-rules", ok, "-input", log}, []string{said + "no -against: want the file of the rules that they are compared with", usage}},
		{[]string{"-pattern", "create followedBy pay within 5m", "-against", ok, "-input", log}, []string{said + "-pattern: files of rules are compared: want -rules, and the pattern in it", usage}},
		{append(files, "-pattern", "create", "-input", log), []string{said + "-pattern with -rules " + ok + ": want it in the file", usage}},
		{append(files, "-within", "5m", "-input", log), []string{said + "-within with -rules " + ok + ": want it in the file", usage}},
		{append(files, "-limit", "-1", "-input", log), []string{said + "-limit -1: want a number of orders, or 0 for all", usage}},
		{append(files, "-nosuch"), []string{said + "flag provided but not defined: -nosuch", usage}},
		{files, []string{said + "no -input: want a file or a glob", usage}},
		{append(files, log), []string{said + fmt.Sprintf("unexpected argument %q: inputs are named with -input", log), usage}},
		{append(files, "-input", log, "-tick", "0s"), []string{said + "-tick 0s: want at least 1ms", usage}},
		{append(files, "-input", log, "-runner", "flink"), []string{said + "-runner flink: outcomes are compared on the embedded runner: want prism", usage}},
		{append(files, "-input", "pubsub://p/s"), []string{said + `-input "pubsub://p/s": outcomes are compared of what can be read again: want a file or a glob`, usage}},
		{append(files, "-input", "-"), []string{said + "-input: it is read twice, which standard input and pipes cannot be: want a file or a glob"}},
		{append(files, "-input", dir+"/none*"), []string{said + `files: -input "` + dir + `/none*": no file matches`}},
		{append(files, "-input", torn), []string{"torn.jsonl.gz"}},
		{append(files, "-input", wrong), []string{said + "with " + ok + ": no event was understood: " + wrong + ":1: "}},
		{[]string{"-rules", dir + "/none.yaml", "-against", ok, "-input", log}, []string{"ordertimeout: " + dir + "/none.yaml: no such file or directory"}},
		{[]string{"-rules", a, "-against", b, "-input", log}, []string{"ordertimeout: " + a + ":1:", "ordertimeout: " + a + ":2:", "ordertimeout: " + b + ":1:"}},
	} {
		r := run1(t, "", append([]string{"diff"}, test.args...)...)
		got := slices.Collect(strings.Lines(r.stderr))
		fits := len(got) == len(test.want)
		for i := range min(len(got), len(test.want)) {
			fits = fits && strings.Contains(got[i], test.want[i])
		}
		if r.status != exitTrouble || r.stdout != "" || !fits {
			t.Errorf("%q: %+v, want the lines %q", test.args, r, test.want)
		}
	}
	if r := run1(t, "", "diff", "-h"); r.status != exitOK || !strings.HasPrefix(r.stdout, "Usage: ordertimeout diff") || r.stderr != "" {
		t.Errorf("%+v", r)
	}
}

// The command line of a run can stand behind it: no output is touched, nor is the carry file,
// and no temporary file stays. With an open file the log goes on behind its end.
func TestDiffWritesNothing(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	log := write(t, dir, "log.jsonl", manyKinds)
	t.Setenv("TMPDIR", temporary)
	before := filesOf(t, dir)
	args := []string{"-rules", shopRulesOf(t), "-input", log, "-success", dir + "/success", "-timeouts", dir + "/timeouts", "-rejects", dir + "/rejects",
		"-cancelled", dir + "/cancelled", "-reminders", dir + "/reminders", "-started", dir + "/started", "-resolved", dir + "/resolved",
		"-carry", dir + "/carry", "-summary", dir + "/summary", "-cpuprofile", dir + "/profile", "-metrics", "127.0.0.1:0", "-quiet", "-shards", "3"}
	for _, more := range []string{"", dir + "/open"} {
		args := append([]string{"diff", "-against", args[1]}, args...)
		if more != "" {
			args = append(args, "-open", more)
		}
		r := run1(t, "", args...)
		if r.status != 0 || r.stderr != "" || !strings.Contains(r.stdout, "  class    returned                    1            1\n") {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff(before, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	left, err := filepath.Glob(temporary + "/*")
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files %q, %v", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(temporary, "none"))
	if r := run1(t, "", append([]string{"diff", "-against", args[1]}, args...)...); r.status != exitTrouble || r.stdout != "" || !strings.Contains(r.stderr, "want one in TMPDIR") {
		t.Errorf("without a directory of temporary files: %+v", r)
	}
}

// -max-within is for the file that has an expression, and needs no other one.
func TestDiffOfAnExpressionAndNone(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log.jsonl", manyKinds)
	fixed := ruleFile(t, dir, "fixed.yaml", `{name: a, pattern: create followedBy pay within 5m}`)
	given := ruleFile(t, dir, "given.yaml", `{name: a, pattern: create followedBy pay within 5m, within: '"6m"'}`)
	if r := run1(t, "", "diff", "-rules", given, "-against", fixed, "-input", log, "-max-within", "1h"); r.status == exitTrouble {
		t.Errorf("%+v", r)
	}
	if r := run1(t, "", "diff", "-rules", fixed, "-against", given, "-input", log, "-max-within", "0s"); r.status != exitTrouble || !strings.Contains(r.stderr, "-max-within 0s: want at least 1ms") {
		t.Errorf("%+v", r)
	}
}

// shopRulesOf returns a file of rules of each kind of outcome.
func shopRulesOf(t *testing.T) string {
	return ruleFile(t, t.TempDir(), "rules.yaml", `{name: unpaid, pattern: create notFollowedBy cancel followedBy pay within 5m, remind: [2m], resolve: 1h}`)
}

// A log that is written to meanwhile has no two readings that could be compared.
func TestDiffOfWhatChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a long log")
	}
	dir := t.TempDir()
	var log strings.Builder
	for i := range 200_000 {
		log.WriteString(line(fmt.Sprint("o", i), "create", float64(i)/1000))
	}
	path := write(t, dir, "log.jsonl", log.String())
	rules := ruleFile(t, dir, "rules.yaml", `{name: a, pattern: create followedBy pay within 5m}`)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	done := make(chan result)
	go func() { done <- run1(t, "", "diff", "-rules", rules, "-against", rules, "-input", path) }()
	for i := 0; ; i++ {
		select {
		case r := <-done:
			if r.status != exitTrouble || r.stdout != "" || !strings.HasPrefix(r.stderr, "ordertimeout: diff: the input has changed: ") {
				t.Errorf("%+v", r)
			}
			return
		case <-time.After(5 * time.Millisecond):
			if _, err := f.WriteString(line(fmt.Sprint("n", i), "create", float64(300+i))); err != nil {
				t.Fatal(err)
			}
		}
	}
}
