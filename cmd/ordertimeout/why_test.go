package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// whyOf runs ordertimeout why.
func whyOf(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return run1(t, stdin, append([]string{"why"}, args...)...)
}

// The command of the README's section says what stands there.
func TestWhyOfTheReadme(t *testing.T) {
	args, shown := shownInReadme(t, "Why?")
	r := run1(t, "", args...)
	want := result{stdout: strings.Join(shown, "")}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// shownInReadme returns the command that a section of the README begins with, without its
// name, and the lines that the section shows behind it.
func shownInReadme(t *testing.T, title string) (args, shown []string) {
	t.Helper()
	_, section, _ := strings.Cut(read(t, "../../README.md"), "\n## "+title+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if text, ok := strings.CutPrefix(line, "    "); ok {
			shown = append(shown, text)
		}
	}
	if len(shown) < 3 {
		t.Fatalf("README.md: the section %s shows %q", title, shown)
	}
	args = strings.Fields(strings.ReplaceAll(shown[0], "testdata/", "../../testdata/"))
	if len(args) < 2 || args[0] != "bin/ordertimeout" {
		t.Fatalf("README.md: the section %s begins with %q", title, shown[0])
	}
	return args[1:], shown[1:]
}

func TestWhy(t *testing.T) {
	dir := t.TempDir()
	log := logOf(
		eventOf("ann", "o1", "create", "00"),
		eventOf("bob", "o1", "create", "01"),
		`{"orderId":"o1","type":"pay","time":"2026-03-02T09:02:00Z"}`,
		`{"orderId":"o1","userId":"ann","type":"pay","ti`,
		`{"orderId":"o2","userId":"ann","type":"pay"}`,
		eventOf("eve", `a b\u001b[31m`, "create", "03"))
	path := write(t, dir, "log.jsonl", log)
	rows := write(t, dir, "rows.log", "o7,create,10\no7,pay,20,what is this\no7,pay,20\n")
	packed := write(t, dir, "log.jsonl.gz", compress(t, log))
	ann := `order o1 of user ann: create followedBy pay within 10m
2026-03-02
09:00:00.000  create  started  waits for pay until 09:10:00.000
09:03:00.000          open     the log ends here: the run that began at 09:00:00.000 waits for pay until 09:10:00.000
`
	bob := strings.NewReplacer("ann", "bob", "09:00:", "09:01:", "09:10:", "09:11:").Replace(ann)
	nobody := `order o1 of no user: create followedBy pay within 10m
2026-03-02
09:02:00.000  pay  orphan  no run of the order had begun
`
	const hint = "ordertimeout: order o1: events without a user are of another order than those with one: with -key order they are of one\n"
	malformed := func(path string) string {
		return "malformed, with order o1 in it\n" + path + ":4  malformed  not JSON: unexpected end of JSON input at byte 47\n"
	}
	for _, test := range []struct {
		name, stdin string
		args        []string
		want        result
	}{
		{"of all users", "", []string{"-order", "o1", "-input", path}, result{stdout: nobody + "\n" + ann + "\n" + bob + "\n" + malformed(path), stderr: hint}},
		{"of all users, quietly", "", []string{"-order", "o1", "-quiet", "-input", path}, result{stdout: nobody + "\n" + ann + "\n" + bob + "\n" + malformed(path)}},
		{"of one", "", []string{"-order", "o1", "-user", "bob", "-input", path}, result{stderr: hint, stdout: bob + "\n" + malformed(path)}},
		{"standard input", log, []string{"-input", "-", "-user", "bob", "-order", "o1"}, result{stderr: hint, stdout: bob + "\n" + malformed("-")}},
		{"compressed", "", []string{"-input", packed, "-user", "bob", "-order", "o1"}, result{stderr: hint, stdout: bob + "\n" + malformed(packed)}},
		{"a pattern of files", "", []string{"-input", dir + "/*.jsonl", "-user", "bob", "-order", "o1"}, result{stderr: hint, stdout: bob + "\n" + malformed(path)}},
		{"by its id alone", "", []string{"-order", "o1", "-key", "order", "-input", path}, result{stdout: `order o1: create followedBy pay within 10m
2026-03-02
09:00:00.000  create  started    waits for pay until 09:10:00.000
09:01:00.000  create  duplicate  the run that began at 09:00:00.000 is open
09:02:00.000  pay     advanced   completes the pattern
09:02:00.000          success    2m0s after its first event: create 09:00:00.000, pay 09:02:00.000

` + malformed(path)}},
		{"with what does not print", "", []string{"-order", "a b\x1b[31m", "-input", path}, result{stdout: `order a b\x1b[31m of user eve: create followedBy pay within 10m
2026-03-02
09:03:00.000  create  started  waits for pay until 09:13:00.000
09:03:00.000          open     the log ends here: the run that began at 09:03:00.000 waits for pay until 09:13:00.000
`}},
		{"only malformed", "", []string{"-order", "o2", "-input", path}, result{stdout: "malformed, with order o2 in it\n" + path + ":5  malformed  time: missing, want RFC 3339 with an offset, or integer milliseconds\n"}},
		{"rows", "", []string{"-order", "o7", "-format", "csv", "-columns", "orderId,type,time", "-time-unit", "s", "-input", rows}, result{stdout: `order o7 of no user: create followedBy pay within 10m
1970-01-01
00:00:10.000  create  started   waits for pay until 00:10:10.000
00:00:20.000  pay     advanced  completes the pattern
00:00:20.000          success   10s after its first event: create 00:00:10.000, pay 00:00:20.000

malformed, with order o7 in it
` + rows + `:2  malformed  row: got 4 cells, want 3
`}},
		{"what is not there", "", []string{"-order", "x\x1b", "-input", path}, result{status: 1, stderr: `ordertimeout: why: order x\x1b is not in the input: 6 events read, 2 of them malformed` + "\n"}},
		{"what is not there of a user", "", []string{"-order", `a b` + "\x1b[31m", "-user", "ann", "-input", path}, result{status: 1, stderr: `ordertimeout: why: order a b\x1b[31m of user ann is not in the input: 6 events read, 2 of them malformed; there is one of eve` + "\n"}},
		{"an empty input", "", []string{"-order", "o1", "-input", "-"}, result{status: 1, stderr: "ordertimeout: why: order o1 is not in the input: 0 events read, 0 of them malformed\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, whyOf(t, test.stdin, test.args...), cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The status is 2, with one line, and nothing is told.
func TestWhyInTrouble(t *testing.T) {
	dir := t.TempDir()
	torn := write(t, dir, "torn.jsonl.gz", compress(t, logOf(eventOf("ann", "o1", "create", "00")))[:30])
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-input", torn}, "no -order: want the id of an order"},
		{[]string{"-order", "", "-input", torn}, `-order "": want the id of an order; or -user, too, for events without one`},
		{[]string{"-order", "o1"}, "no -input: want a file, a glob or - (standard input)"},
		{[]string{"-order", "o1", torn}, fmt.Sprintf("unexpected argument %q: inputs are named with -input", torn)},
		{[]string{"-order", "o1", "-user", "u", "-key", "order", "-input", torn}, `-user "u" with -key order: an order is known by its id alone`},
		{[]string{"-order", "o1", "-input", "demo:"}, `-input "demo:": the story of an order is told of what can be read again: want a file, a glob or - (standard input)`},
		{[]string{"-order", "o1", "-input", "pubsub://p/s"}, `-input "pubsub://p/s": the story of an order is told of what can be read again: want a file, a glob or - (standard input)`},
		{[]string{"-order", "o1", "-input", torn, "-runner", "flink"}, "-runner flink: the story of an order is told on the embedded runner: want prism"},
		{[]string{"-order", "o1", "-input", torn, "-within", "0s"}, "-within 0s: want at least 1ms"},
		{[]string{"-order", "o1", "-input", dir + "/none"}, `/none": no such file or directory`},
		{[]string{"-order", "o1", "-input", dir}, dir + `": is a directory, want a file`},
		{[]string{"-order", "o1", "-input", torn}, "torn.jsonl.gz"},
	} {
		r := whyOf(t, "", test.args...)
		first, rest, _ := strings.Cut(r.stderr, "\n")
		if rest != "" && rest != "Run 'ordertimeout why -h' for the flags.\n" {
			t.Errorf("%q: more than a line: %q", test.args, r.stderr)
		}
		if r.status != 2 || r.stdout != "" || !strings.HasPrefix(first, "ordertimeout: why: ") || !strings.Contains(first, test.want) {
			t.Errorf("%q: %+v, want %s", test.args, r, test.want)
		}
	}
	if r := whyOf(t, "", "-h"); r.status != exitOK || !strings.HasPrefix(r.stdout, "Usage: ordertimeout why") || r.stderr != "" {
		t.Errorf("%+v", r)
	}
}

// The command line of a run can stand behind it: no output is touched, nor is the carry
// file, from which nothing goes on.
func TestWhyWritesNothing(t *testing.T) {
	dir := t.TempDir()
	log := logOf(eventOf("ann", "o1", "create", "00"), eventOf("ann", "o1", "pay", "02"), eventOf("ann", "o9", "view", "05"))
	path := write(t, dir, "log.jsonl", log)
	args := []string{"-input", path, "-success", dir + "/success", "-timeouts", dir + "/timeouts", "-rejects", dir + "/rejects", "-open", dir + "/open",
		"-carry", dir + "/carry", "-carry-every", "1s", "-summary", dir + "/summary", "-cpuprofile", dir + "/profile", "-metrics", "127.0.0.1:0", "-quiet", "-log-format", "text", "-shards", "3", "-tick", "1s"}
	const want = `order o1 of user ann: create followedBy pay within 10m
2026-03-02
09:00:00.000  create  started   waits for pay until 09:10:00.000
09:02:00.000  pay     advanced  completes the pattern
09:02:00.000          success   2m0s after its first event: create 09:00:00.000, pay 09:02:00.000
`
	whyArgs := append([]string{"-order", "o1"}, args...)
	if r := whyOf(t, "", whyArgs...); r != (result{stdout: want}) {
		t.Fatalf("%+v", r)
	}
	if files := filesOf(t, dir); cmp.Diff(map[string]string{"log.jsonl": log}, files) != "" {
		t.Fatalf("%v was written", files)
	}
	if r := run1(t, "", args...); r.status != exitOK {
		t.Fatalf("%+v", r)
	}
	before := filesOf(t, dir)
	if r := whyOf(t, "", whyArgs...); r != (result{stdout: want}) {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff(before, filesOf(t, dir)); diff != "" {
		t.Errorf("what was there is changed (-want +got):\n%s", diff)
	}
}

// filesOf returns the files of a directory, by name.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		files[e.Name()] = read(t, filepath.Join(dir, e.Name()))
	}
	return files
}

func TestWhyOfAnOrderOfManyEvents(t *testing.T) {
	const n = 100_000
	var log strings.Builder
	for i := range n {
		fmt.Fprintf(&log, `{"orderId":"o","type":%q,"time":%d}`+"\n", []string{"create", "pay", "view"}[i%3], 1_700_000_000_000+1000*int64(i))
	}
	path := write(t, t.TempDir(), "log.jsonl", log.String())
	for pattern, most := range map[string]int{
		"create followedBy pay within 10m":          n + n/3 + 10,
		"every create followedByAny pay within 60s": n * 12,
	} {
		start := time.Now()
		r := whyOf(t, "", "-order", "o", "-pattern", pattern, "-input", path)
		lines := strings.Count(r.stdout, "\n")
		if took := time.Since(start); r.status != exitOK || r.stderr != "" || lines <= n || lines > most || took > time.Minute {
			t.Errorf("%s: status %d, %d lines in %v, %q", pattern, r.status, lines, took, r.stderr)
		} else {
			t.Logf("%s: %d lines in %v", pattern, lines, took)
		}
	}
}
