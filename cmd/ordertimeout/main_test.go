package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/pipeline"
)

// These tests run the command as a process of its own: this test binary, told by
// its environment to be the command.
const beCommand = "ORDERTIMEOUT_TEST_BE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command returns the command with a deadline, after which it is killed: a hang
// is a failure and not a time-out of all tests. With the race detector it would
// sleep for a second when it ends, which is not the command's time.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), beCommand+"=1", "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	timer := time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop() })
	return cmd
}

// result is what a run of the command came to.
type result struct {
	stdout, stderr string
	status         int
}

func run1(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	return finished(t, cmd.Run(), &stdout, &stderr)
}

func finished(t *testing.T, err error, stdout, stderr *bytes.Buffer) result {
	t.Helper()
	r := result{stdout: stdout.String(), stderr: stderr.String()}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		r.status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return r
}

// brief returns the outcomes in a run's output as "success o1" or "timeout o2",
// sorted: different shards write in any order.
func brief(t *testing.T, output string) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(output) {
		var o struct{ Outcome, OrderID string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("output line %q: %v", line, err)
		}
		list = append(list, o.Outcome+" "+o.OrderID)
	}
	slices.Sort(list)
	return list
}

func line(order, typ string, second float64) string {
	return fmt.Sprintf(`{"orderId":%q,"userId":"u","type":%q,"time":%d}`+"\n", order, typ, int64(1.7e12+second*1000))
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func compress(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The log of the README has every class that a file can have.
func TestTheSampleLog(t *testing.T) {
	dir := t.TempDir()
	r := run1(t, "", "-input", "../../testdata/orders.jsonl", "-rejects", dir+"/sub/rejects", "-summary", dir+"/summary")
	if want := []string{"success 1005", "success o-1001", "success o-1003", "timeout o-1002", "timeout o-1004"}; !slices.Equal(brief(t, r.stdout), want) {
		t.Errorf("outcomes %q, want %q", brief(t, r.stdout), want)
	}
	want := result{stdout: r.stdout, stderr: `17 events read = 6 started + 3 advanced + 2 duplicate + 2 orphan + 1 other + 1 late + 2 malformed + 0 returned (adds up)
6 orders started = 3 success + 2 timeout + 0 broken + 1 open (adds up)
ordertimeout: late: 1 of 17 events (6 %): -disorder 7m30s takes them; or the clock of one of their sources is slow: set it
ordertimeout: orphans: 2 of 17 events (12 %): 1 of them came when their order had ended: is the window too short? Then use -within
ordertimeout: rejects: 2 orphan, such as ../../testdata/orders.jsonl:13: pay without an open run of its order
ordertimeout: rejects: 1 duplicate, such as ../../testdata/orders.jsonl:10: create while the run of its order is open
ordertimeout: rejects: 1 duplicate, such as ../../testdata/orders.jsonl:5: pay delivered again
ordertimeout: rejects: 1 late, such as ../../testdata/orders.jsonl:17: pay is too late: the watermark had passed it
ordertimeout: rejects: 1 malformed, such as ../../testdata/orders.jsonl:11: not JSON: unexpected end of JSON input at byte 80
`}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := read(t, dir+"/summary"), `{"read":17,"started":6,"advanced":3,"duplicate":2,"orphan":2,"other":1,"late":1,"malformed":2,"returned":0,"success":3,"timeout":2,"broken":0,"open":1}`+"\n"; got != want {
		t.Errorf("summary %s, want %s", got, want)
	}
	var sources []string
	for line := range strings.Lines(read(t, dir+"/sub/rejects")) {
		var reject struct{ Reason, Error, Source, Input string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil || reject.Error == "" || reject.Input == "" {
			t.Errorf("reject %s: %v", line, err)
		}
		sources = append(sources, strings.TrimPrefix(reject.Source, "../../testdata/orders.jsonl:")+" "+reject.Reason)
	}
	slices.Sort(sources)
	if want := []string{"10 duplicate", "11 malformed", "13 orphan", "14 orphan", "17 late", "18 malformed", "5 duplicate"}; !slices.Equal(sources, want) {
		t.Errorf("rejects %q, want %q", sources, want)
	}
}

func TestWrongFlags(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0))
	for _, test := range []struct{ args, want string }{
		{"", "no -input: want a file, a glob, - (standard input), a demo: URI or pubsub://PROJECT/SUBSCRIPTION"},
		{"-input IN extra", `unexpected argument "extra": inputs are named with -input`},
		{"-input IN -nosuch", "flag provided but not defined: -nosuch"},
		{"-input IN -within x", `invalid value "x" for flag -within: parse error`},
		{"-input IN -within 0s", "-within 0s: want at least 1ms"},
		{"-input IN -within -1m", "-within -1m0s: want at least 1ms"},
		{"-input IN -within 1us", "-within 1µs: want at least 1ms"},
		{"-input IN -pattern next", `-pattern: cep: column 1: unexpected keyword "next": want an event type`},
		{"-input IN -max-branches 0", "-max-branches 0: want at least 1"},
		{"-input IN -max-branches many", `invalid value "many" for flag -max-branches`},
		{"-input IN -key user,order", `-key "user,order": want user or order`},
		{"-input IN -disorder -1s", "-disorder -1s: want at least 0s"},
		{"-input IN -remember -1s", "-remember -1s: want at least 0s"},
		{"-input IN -max-ahead -1s", "-max-ahead -1s: want at least 0s"},
		{"-input IN -tick 0s", "-tick 0s: want at least 1ms"},
		{"-input IN -tick 1500us", "-tick 1.5ms: want whole milliseconds"},
		{"-input IN -at-end never", `-at-end "never": want open or timeout`},
		{"-input IN -format xml", `-format "xml"`},
		{"-input IN -columns a,b", "-columns"},
		{"-input IN -time-unit m", `invalid value "m" for flag -time-unit: want ms or s`},
		{"-input IN -shards 0", "-shards 0: want 1 to 4096"},
		{"-input IN -runner spark", "-runner spark: want prism, flink or dataflow"},
		{"-input IN -timeouts mqtt://x", `-timeouts "mqtt://x": unknown kind of sink "mqtt": want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…`},
		{"-input IN -success IN", "output IN is also an input"},
		{"-input IN -rejects DIR/../BASE/in.jsonl", "is also an input"},
		{"-input IN -summary DIR/./in.jsonl", "is also an input"},
		{"-input IN -cpuprofile IN", "is also an input"},
		{"-input IN -success DIR/out -summary DIR/./out", "two outputs are one file"},
		{"-input IN -summary DIR/new -cpuprofile DIR/new", "two outputs are one file"},
		{"-input IN -summary=", `-summary "": want - (standard output), none or a file`},
		{"-input IN -format-out csv", `-format-out "csv": want jsonl or table`},
		{"-input IN -format-out table -success none -timeouts DIR/t", "-format-out table: want -success - or -timeouts -"},
		{"-input IN -format-out table -runner flink -endpoint x:1 -environment_type LOOPBACK", "-format-out table: want the embedded runner"},
		{"-input IN -endpoint localhost:8099", "-endpoint: want -runner flink"},
		{"-input IN -runner direct -environment_type LOOPBACK", "-environment_type: want -runner flink or dataflow"},
		{"-input IN -project shop", "-project: want -runner dataflow"},
		{"-input IN -runner flink -endpoint x:1 -environment_type LOOPBACK -update", "-update: want -runner dataflow"},
		{"-input IN -detach", "-detach: want -runner flink"},
		{"-input IN -resume /chk-1", "-resume: want -runner flink"},
		{"-input IN -flink-options a=1", "-flink-options: want -runner flink"},
		{"-input IN -flink-options a", `invalid value "a" for flag -flink-options: got "a", want NAME=VALUE`},
		{"-input IN -runner flink", "-endpoint: want the address of Flink's job server"},
		{"-input IN -runner flink -endpoint x:1", `-environment_type "": want LOOPBACK`},
		{"-input IN -runner flink -endpoint x:1 -environment_type DOCKER -success none -timeouts none -metrics :1", "-metrics :1: the workers are other processes"},
		{"-input mqtt://x", "mqtt"},
		{"-input demo: -input IN", "-input: demo: and 1 more inputs: want the simulated shop alone"},
		{"-input demo:?rate=x", "-input: demo: rate"},
	} {
		replace := strings.NewReplacer("IN", in, "DIR", dir, "BASE", filepath.Base(dir))
		r := run1(t, "", strings.Fields(replace.Replace(test.args))...)
		first, rest, _ := strings.Cut(r.stderr, "\n")
		if r.status != 2 || r.stdout != "" || !strings.HasPrefix(first, "ordertimeout: ") || !strings.Contains(first, replace.Replace(test.want)) || strings.Count(rest, "\n") > 1 {
			t.Errorf("%s: status %d, stdout %q, stderr:\n%swant: %s", test.args, r.status, r.stdout, r.stderr, replace.Replace(test.want))
		}
	}
	if got := read(t, in); got != line("o1", "create", 0) {
		t.Errorf("the input was changed: %q", got)
	}
}

// A run that cannot succeed says why in one line, after what was read has been
// delivered.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0)+line("o1", "pay", 1)+line("o2", "create", 2)+line("o3", "create", 700))
	packed := compress(t, read(t, in))
	write(t, dir, "cut.jsonl.gz", packed[:len(packed)-10])
	write(t, dir, "notgz.jsonl.gz", "plain")
	write(t, dir, "headless.csv", "a,b,c\n1,2,3\n")
	secret := write(t, dir, "secret.jsonl", "")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args, want string
		outcomes   []string
	}{
		{"-input DIR/missing.jsonl", `DIR/missing.jsonl": no such file`, nil},
		{"-input DIR/*.xml", "DIR/*.xml", nil},
		{"-input DIR", "DIR", nil},
		{"-input DIR/in.jsonl -input DIR/missing.jsonl", "missing.jsonl", nil},
		{"-input DIR/headless.csv", "headless.csv", nil},
		{"-input DIR/notgz.jsonl.gz", "notgz.jsonl.gz", nil},
		{"-input DIR/cut.jsonl.gz -disorder 0s", "cut.jsonl.gz", []string{"success o1", "timeout o2"}},
		{"-input IN -success /dev/full", "/dev/full: no space left on device", nil},
		{"-input IN -success IN/x", "IN/x", nil},
		{"-input IN -success DIR", "DIR", nil},
		{"-input IN -summary IN/such", "-summary: localfile: IN/such: its directory: mkdir IN: not a directory", []string{"success o1", "timeout o2"}},
	} {
		replace := strings.NewReplacer("IN", in, "DIR", dir)
		r := run1(t, "", strings.Fields(replace.Replace("-quiet "+test.args))...)
		if r.status != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "ordertimeout: ") || !strings.Contains(r.stderr, replace.Replace(test.want)) {
			t.Errorf("%s: status %d, stderr:\n%swant one line with %q", test.args, r.status, r.stderr, replace.Replace(test.want))
		}
		if got := brief(t, r.stdout); len(test.outcomes) > 0 && !slices.Equal(got, test.outcomes) {
			t.Errorf("%s: delivered %q, want %q", test.args, got, test.outcomes)
		}
	}
	if os.Getuid() != 0 { // root may read everything
		if r := run1(t, "", "-input", secret); r.status != 1 || !strings.Contains(r.stderr, "permission denied") {
			t.Errorf("unreadable file: %+v", r)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	r := run1(t, "", "-h")
	if lines := strings.Count(r.stdout, "\n"); r.status != 0 || r.stderr != "" || lines > 44 {
		t.Errorf("-h: status %d, stderr %q, %d lines: want at most 44, a screen", r.status, r.stderr, lines)
	}
	for line := range strings.Lines(r.stdout) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 110 {
			t.Errorf("-h: %d characters, want at most 110: %s", n, line)
		}
	}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	o := options{config: pipeline.Default()}
	define(fs, &o)
	fs.VisitAll(func(f *flag.Flag) {
		if !regexp.MustCompile(`(?m)[ ,]-` + f.Name + `[ ,;]`).MatchString(r.stdout) {
			t.Errorf("-h does not name -%s", f.Name)
		}
	})
	if r := run1(t, "", "-version"); r.status != 0 || !strings.HasPrefix(r.stdout, "ordertimeout ") || !strings.Contains(r.stdout, "v2.77.0") {
		t.Errorf("-version: %+v", r)
	}
}

func TestFlagsThatChangeTheOutcome(t *testing.T) {
	log := line("o1", "create", 0) + line("o2", "create", 10) + line("o1", "view", 20) + line("o1", "pay", 50) + line("o2", "pay", 70)
	const csv = "o1,create,0\no2,create,10\no1,pay,50\no2,pay,75\n"
	for _, test := range []struct {
		args, pattern, stdin string
		want                 []string
	}{
		{"-within 1m", "", log, []string{"success o1", "timeout o2"}},
		{"", "create next pay within 2m", log, []string{"success o2"}}, // o1 is broken by the view
		{"-within 2m", "", log, []string{"success o1", "success o2"}},
		{"-within 65s -at-end timeout", "", log + line("o3", "create", 71), []string{"success o1", "success o2", "timeout o3"}},
		{"-within 1m -success none", "", log, []string{"timeout o2"}},
		{"-within 1m -timeouts none", "", log, []string{"success o1"}},
		{"-within 1m -format csv -columns orderId,type,time -time-unit s", "", csv, []string{"success o1", "timeout o2"}},
		{"-within 1m -format csv", "", "orderId,type,time\no1,create,2026-01-01T00:00:00Z\n\"o1\",pay,2026-01-01T00:00:59.999Z\n", []string{"success o1"}},
		{"-within 1m -tick 1ms -shards 1 -disorder 0s -remember 0s -max-ahead 0s", "", log, []string{"success o1", "timeout o2"}},
	} {
		args := append([]string{"-input", "-", "-quiet"}, strings.Fields(test.args)...)
		if test.pattern != "" {
			args = append(args, "-pattern", test.pattern)
		}
		r := run1(t, test.stdin, args...)
		if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, test.want) || r.stderr != "" {
			t.Errorf("%s: status %d, outcomes %q, want %q; stderr %q", args, r.status, got, test.want, r.stderr)
		}
	}
}

func TestKeyOrderPairsPaymentsThatNameNoUser(t *testing.T) {
	log := `{"orderId":"o1","userId":"ann","type":"create","time":1000}` + "\n" + `{"orderId":"o1","type":"pay","time":2000}` + "\n"
	if r := run1(t, log, "-input", "-", "-quiet"); r.status != 0 || r.stdout != "" {
		t.Errorf("-key user: %+v, want no outcome", r)
	}
	r := run1(t, log, "-input", "-", "-quiet", "-key", "order")
	if !strings.Contains(r.stdout, `"outcome":"success"`) || !strings.Contains(r.stdout, `"userId":"ann"`) {
		t.Errorf("-key order: %+v, want a success of ann's", r)
	}
}

// What is open at the end of one run is the start of the next one.
func TestOpenOrdersGoOnInTheNextRun(t *testing.T) {
	dir := t.TempDir()
	first := write(t, dir, "1.jsonl", line("o1", "create", 0)+line("o2", "create", 60)+line("o3", "create", 61)+line("o3", "pay", 62))
	second := write(t, dir, "2.jsonl", line("o1", "pay", 300)+line("o4", "create", 700))
	if r := run1(t, "", "-input", first, "-open", dir+"/open.jsonl", "-quiet"); r.status != 0 || r.stdout != "" {
		t.Errorf("first run: %+v, want no outcome within the disorder of the end", r)
	}
	if got, want := read(t, dir+"/open.jsonl"), read(t, first); got != want {
		t.Errorf("open:\n%swant\n%s", got, want)
	}
	r := run1(t, "", "-input", dir+"/open.jsonl", "-input", second)
	if got, want := brief(t, r.stdout), []string{"success o1", "success o3", "timeout o2"}; !slices.Equal(got, want) {
		t.Errorf("second run: %q, want %q", got, want)
	}
}

// What is left of rows is read beside the next rows, with the flags of both.
func TestOpenOrdersOfRowsGoOnWithTheSameFlags(t *testing.T) {
	dir := t.TempDir()
	flags := []string{"-format", "csv", "-columns", "orderId,type,time", "-time-unit", "s", "-quiet"}
	first := write(t, dir, "1", "o1,create,1767225600\no2,create,1767225601\no3,create,1767225602\no3,pay,1767225660\no5,view,1767225700\n")
	second := write(t, dir, "2", "o1,pay,1767225900\no4,create,1767226300\n")
	r := run1(t, "", append(flags, "-input", first, "-open", dir+"/open")...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o3"}) {
		t.Errorf("first run: %q, %+v", got, r)
	}
	r = run1(t, "", append(flags, "-input", dir+"/open", "-input", second)...)
	if got, want := brief(t, r.stdout), []string{"success o1", "timeout o2"}; r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("second run: %q, want %q, %+v", got, want, r)
	}
}

func TestSeveralFilesAreOneLog(t *testing.T) {
	dir := t.TempDir()
	var creates, pays string
	var want []string
	for i := range 100 {
		order := fmt.Sprintf("o%02d", i)
		creates += line(order, "create", float64(i*20))
		if i%2 == 0 {
			pays += line(order, "pay", float64(i*20+500))
			want = append(want, "success "+order)
		} else if i*20+600 <= 98*20+500 {
			want = append(want, "timeout "+order)
		}
	}
	slices.Sort(want)
	write(t, dir, "creates.jsonl", creates)
	write(t, dir, "pays.jsonl.gz", compress(t, pays))
	r := run1(t, "", "-input", dir+"/*.jsonl*", "-input", dir+"/pays.jsonl.gz", "-disorder", "0s", "-summary", dir+"/out/../s")
	if got := brief(t, r.stdout); !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q, stderr %s", got, want, r.stderr)
	}
	if !strings.HasPrefix(r.stderr, "150 events read") {
		t.Errorf("a file named twice is to be read once: %s", r.stderr)
	}
}

func TestTwoOutputsOneFile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "both.jsonl")
	write(t, filepath.Dir(out), "both.jsonl", "what was there before\n")
	log := line("o1", "create", 0) + line("o2", "create", 1) + line("o1", "pay", 2) + line("o3", "create", 900)
	in := write(t, t.TempDir(), "in.jsonl", log)
	want := []string{"success o1", "timeout o2"}
	r := run1(t, "", "-input", in, "-success", out, "-timeouts", filepath.Dir(out)+"/./both.jsonl", "-quiet")
	if got := brief(t, read(t, out)); r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("%+v: file has %q, want %q", r, got, want)
	}
	// A pipe cannot be read again, so what is there stays.
	r = run1(t, log, "-input", "-", "-success", out, "-timeouts", out, "-quiet")
	if got := brief(t, read(t, out)); r.status != 0 || !slices.Equal(got, []string{"success o1", "success o1", "timeout o2", "timeout o2"}) {
		t.Errorf("of a pipe: %+v: file has %q, want %q twice", r, got, want)
	}
}

func TestDirectRunnerIsPrism(t *testing.T) {
	r := run1(t, line("o1", "create", 0), "-input", "-", "-quiet", "-runner", "direct")
	if r.status != 0 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "using the embedded runner, prism") {
		t.Errorf("%+v", r)
	}
}

func TestSecondsTakenForMillisecondsGetAHint(t *testing.T) {
	r := run1(t, `{"orderId":1,"type":"create","time":1558430842}`+"\n", "-input", "-")
	if !strings.Contains(r.stderr, "use -time-unit s") {
		t.Errorf("no hint: %s", r.stderr)
	}
	r = run1(t, `{"orderId":1,"type":"create","time":1558430842}`+"\n", "-input", "-", "-time-unit", "s")
	if strings.Contains(r.stderr, "-time-unit") {
		t.Errorf("a hint without need: %s", r.stderr)
	}
}
