package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
