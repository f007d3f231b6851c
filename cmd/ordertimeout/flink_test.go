package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/cmd/internal/jobserver"
)

// These tests run the command against a real Flink, where TEST_FLINK=1 asks for
// them. The jars come from Maven.

// flinkJars returns the folder of Flink's jars, or skips the test: but not in CI,
// where they are to be there.
func flinkJars(t *testing.T) string {
	t.Helper()
	if os.Getenv("TEST_FLINK") != "1" {
		t.Skip("TEST_FLINK=1 is not set: make test-flink does it")
	}
	lib, err := flinkBuild()
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("no Flink: %v", err)
	}
	if err != nil {
		t.Fatalf("no Flink: %v", err)
	}
	return lib
}

var flinkBuild = sync.OnceValues(func() (string, error) {
	return jobserver.Build(context.Background(), filepath.Join("..", "..", "testdata", "flink"))
})

// newJobServer starts a job server with a cluster in itself.
func newJobServer(t *testing.T, env ...string) *jobserver.Server {
	t.Helper()
	server, err := jobserver.Start(t.Context(), flinkJars(t), jobserver.Config{Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the job server's log:\n%s", lastLines(server.Log(), 15))
		}
	})
	return server
}

func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// onFlink are the flags of a command on a job server, with its workers in its own
// process.
func onFlink(server *jobserver.Server, parallelism int, more ...string) []string {
	return append([]string{
		"-runner", "flink", "-endpoint", server.Endpoint, "-environment_type", "LOOPBACK", "-parallelism", fmt.Sprint(parallelism),
	}, more...)
}

// writtenLines returns the lines of a file, or of the files of a directory, sorted.
func writtenLines(t *testing.T, path string) []string {
	t.Helper()
	paths := []string{path}
	if info, err := os.Stat(path); err != nil || info.IsDir() { // what has no lines has no directory
		if paths, err = filepath.Glob(path + "/*.jsonl"); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	for _, path := range paths {
		for line := range strings.Lines(read(t, path)) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// messyLog is a log of many orders of some users, in which events are out of order,
// late and repeated, and some lines are no events.
func messyLog(orders int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []arrival
	add := func(n int, typ string, at float64) {
		text := fmt.Sprintf(`{"orderId":"o%d","userId":"u%d","type":%q,"time":%d}`+"\n", n, n%97, typ, int64(1.7e12+at*1000))
		delay := rnd.Float64() * 4
		if rnd.IntN(50) == 0 {
			delay = 60
		}
		all = append(all, arrival{at + delay, text})
		if rnd.IntN(50) == 0 {
			all = append(all, arrival{at + delay + rnd.Float64()*30, text})
		}
	}
	for n := range orders {
		at := float64(n) / 10
		add(n, "create", at)
		if paid := at + rnd.Float64()*700; rnd.IntN(5) > 0 && paid < float64(orders)/10 {
			add(n, "pay", paid)
		}
		if n%101 == 0 {
			all = append(all, arrival{at, "an order, please\n"})
		}
	}
	return inOrderOfArrival(all)
}

// arrival is a line of a log, and when it was written, in seconds.
type arrival struct {
	at   float64
	line string
}

// inOrderOfArrival returns the lines as they were written.
func inOrderOfArrival(all []arrival) string {
	sort.SliceStable(all, func(i, j int) bool { return all[i].at < all[j].at })
	var log strings.Builder
	for _, e := range all {
		log.WriteString(e.line)
	}
	return log.String()
}

// Outcomes, their ids, rejects, open orders and counters are those of the embedded
// runner.
func TestFlinkGivesWhatPrismGives(t *testing.T) {
	server := newJobServer(t)
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", messyLog(20000))
	outputs := []string{"success", "timeouts", "rejects", "open"}
	run := func(name string, more ...string) (result, map[string][]string) {
		args := append([]string{"-input", in, "-summary", filepath.Join(dir, name+"-summary")}, more...)
		for _, output := range outputs {
			args = append(args, "-"+output, filepath.Join(dir, name+"-"+output))
		}
		r := run1(t, "", args...)
		lines := map[string][]string{"summary": {read(t, filepath.Join(dir, name+"-summary"))}}
		for _, output := range outputs {
			lines[output] = writtenLines(t, filepath.Join(dir, name+"-"+output))
		}
		return r, lines
	}
	_, want := run("prism")
	for _, output := range outputs {
		if len(want[output]) < 100 {
			t.Fatalf("%d lines of %s: the log is to have more", len(want[output]), output)
		}
	}
	for _, parallelism := range []int{1, 2} {
		r, got := run(fmt.Sprint("flink", parallelism), onFlink(server, parallelism)...)
		if diff := cmp.Diff(want, got); r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 || diff != "" {
			t.Errorf("parallelism %d: status %d, stderr %s(-prism +flink)\n%.4000s", parallelism, r.status, r.stderr, diff)
		}
	}
}

// The workers of LOOPBACK have the standard streams of the command, and stop as they
// do on the embedded runner.
func TestFlinkInTheCommandsProcess(t *testing.T) {
	server := newJobServer(t)
	log := line("o1", "create", 0) + line("o2", "create", 10) + line("o1", "pay", 50) + line("o3", "create", 900)
	r := run1(t, log, onFlink(server, 1, "-input", "-")...)
	if got, want := brief(t, r.stdout), []string{"success o1", "timeout o2"}; r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("%+v: outcomes %q, want %q", r, got, want)
	}
	for _, test := range []struct{ args, want string }{
		{"-flink-options nosuch=1", "-flink-options nosuch=1: the job server knows no such option"},
		{"-flink-options max_bundle_size=big", "-flink-options max_bundle_size=big: want a whole number"},
		{"-resume /nosuch", "cannot resume one"},
	} {
		r := run1(t, log, onFlink(server, 1, append([]string{"-input", "-"}, strings.Fields(test.args)...)...)...)
		if r.status != 2 || r.stdout != "" || !strings.Contains(r.stderr, test.want) {
			t.Errorf("%s: %+v, want %s", test.args, r, test.want)
		}
	}
	r = run1(t, log, onFlink(server, 1, "-input", "-", "-timeouts", "/dev/null/x")...)
	if r.status == 0 || strings.Count(r.stderr, "\n") > 2 {
		t.Errorf("a directory that cannot be: %+v", r)
	}
}

// From topic to topic, with the messages acknowledged once a checkpoint has them, and
// stopped by a signal.
func TestFlinkFromTopicToTopic(t *testing.T) {
	server := newJobServer(t)
	for _, parallelism := range []int{1, 2} {
		f := newFake(t)
		want := f.publishWave("a")
		p := start(t, nil, onFlink(server, parallelism, liveFlags(2*time.Second, "-disorder", "3s", "-flink-options", "checkpointing_interval=1000")...)...)
		p.await("the outcome of an order", time.Minute, func() bool { return len(f.outcomes()) > 0 })
		maps.Copy(want, f.publishWave("b"))
		p.await("the outcomes of all orders", time.Minute, func() bool { return len(f.outcomes()) == len(want) })
		p.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
		if r := p.stop(); r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 {
			t.Errorf("parallelism %d: %+v", parallelism, r)
		}
		f.checkOutcomes(want)
		f.checkAlertTimes()
		eventually(t, "the rejects", 30*time.Second, func() bool { return len(f.notices("rejects")) >= 12 })
		reasons := map[string]int{}
		for _, n := range f.notices("rejects") {
			var r struct{ Reason string }
			if err := json.Unmarshal(n.body, &r); err != nil {
				t.Error(err)
			}
			reasons[r.Reason]++
		}
		if diff := cmp.Diff(map[string]int{"duplicate": 2, "orphan": 2, "malformed": 8}, reasons); diff != "" {
			t.Errorf("parallelism %d: reasons of the rejects (-want +got):\n%s", parallelism, diff)
		}
	}
}
