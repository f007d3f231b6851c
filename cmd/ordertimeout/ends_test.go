package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 2, "how often each way to end is tried, at random moments")

// ending is a way in which a run ends at a random moment.
type ending struct {
	name string
	// signal ends it from outside; 0: what it writes to does.
	signal syscall.Signal
	// success and timeouts are written to in place of files.
	success, timeouts string
	// status is the exit status, -1 where it is killed.
	status int
}

// endings are those of the run before the last, which always goes well. A receiver that
// never answers well stands for itself.
func endings(t *testing.T) []ending {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "down", http.StatusInternalServerError)
	}))
	t.Cleanup(receiver.Close)
	heedHangup(t)
	return []ending{
		{name: "SIGTERM", signal: syscall.SIGTERM},
		{name: "SIGINT", signal: syscall.SIGINT},
		{name: "SIGHUP", signal: syscall.SIGHUP},
		{name: "kill -9", signal: syscall.SIGKILL, status: -1},
		{name: "full disk", success: "/dev/full", status: 1},
		{name: "closed pipe", success: "-", status: 1},
		{name: "failing webhook", signal: syscall.SIGTERM, timeouts: receiver.URL + "/secret#retries=9", status: 1},
	}
}

// heedHangup lets what is started get SIGHUP, also where the tests run under nohup.
func heedHangup(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGHUP)
		t.Cleanup(func() { signal.Ignore(syscall.SIGHUP) })
	}
}

// ended is the command with an input, in a directory that has its outputs.
type ended struct {
	*testing.T
	dir string
	end ending
	// ruled says that the pattern is that of a rule, beside another which tells nothing.
	ruled bool
}

// twoRules is a file of the default pattern, and of a rule with the other key that tells
// nothing.
const twoRules = `{"rules": [{"name": "unpaid", "pattern": "create followedBy pay within 10m"},
	{"name": "quiet", "pattern": "create followedBy pay within 10m", "key": "order", "remind": ["1m"], "resolve": "1ms", "outcomes": ["resolved"]}]}`

// args are the flags of a run; where it is the last one, all goes well.
func (e *ended) args(last bool, more ...string) []string {
	success, timeouts := e.dir+"/success", e.dir+"/timeouts"
	if e.end.success != "" && !last {
		success = e.end.success
	}
	if e.end.timeouts != "" && !last {
		timeouts = e.end.timeouts
	}
	if e.ruled {
		more = append(more, "-rules", write(e.T, e.dir, "rules.yaml", twoRules))
	}
	return append([]string{"-success", success, "-timeouts", timeouts, "-rejects", e.dir + "/rejects", "-summary", e.dir + "/summary"}, more...)
}

// told are the outcomes in the outputs, those that were not delivered among them.
func (e *ended) told() (lines []string) {
	e.Helper()
	for _, name := range []string{"success", "timeouts"} {
		lines = append(lines, e.lines(name)...)
	}
	for _, line := range e.lines("rejects") {
		var r struct{ Reason, Input string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			e.Fatalf("reject %q: %v", line, err)
		}
		if r.Reason == "undelivered" {
			lines = append(lines, r.Input)
		}
	}
	return lines
}

// lines are the whole lines of a file. A killed process may have torn the last one.
func (e *ended) lines(name string) (lines []string) {
	text, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil && !os.IsNotExist(err) {
		e.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if whole, ok := strings.CutSuffix(line, "\n"); ok {
			lines = append(lines, whole)
		}
	}
	return lines
}

// run runs the command over an input that is written while it runs, ends it after a
// while, and returns what it has written to standard output.
func (e *ended) run(stdin *os.File, after time.Duration, args []string) (stdout []string) {
	e.Helper()
	before, _ := filepath.Glob(e.dir + "/*")
	cmd := command(e.T, args...)
	cmd.Env = append(cmd.Env, "ORDERTIMEOUT_WEBHOOK_SECRET="+webhookSecret)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if stdin != nil {
		cmd.Stdin = stdin
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		e.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		e.Fatal(err)
	}
	var reading sync.WaitGroup
	var text bytes.Buffer
	reading.Go(func() { _, _ = io.Copy(&text, out) }) // ends when the pipe is closed
	var signaled time.Time
	ended := make(chan struct{})
	timer := time.AfterFunc(after, func() {
		defer close(ended)
		signaled = time.Now()
		if e.end.signal != 0 {
			_ = cmd.Process.Signal(e.end.signal)
		} else if e.end.success == "-" {
			out.Close()
		}
	})
	reading.Wait()
	err = cmd.Wait()
	if !timer.Stop() {
		<-ended
		if took := time.Since(signaled); e.end.signal != 0 && took > stopTime {
			e.Errorf("it took %v to end", took)
		}
	}
	if state := cmd.ProcessState; !state.Exited() && e.end.signal != 0 && e.end.signal != syscall.SIGKILL { // the process was just starting
		if names, _ := filepath.Glob(e.dir + "/*"); !slices.Equal(names, before) {
			e.Errorf("%v, and outputs are opened: %q", state, names)
		}
		return nil
	}
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != e.end.status) {
		e.Errorf("%v, want status %d: %s", err, e.end.status, &stderr)
	}
	if e.end.status >= 0 {
		e.checkSummary(stderr.String())
	}
	for line := range strings.Lines(text.String()) {
		if whole, ok := strings.CutSuffix(line, "\n"); ok {
			stdout = append(stdout, whole)
		}
	}
	return stdout
}

// checkSummary checks that whatever happened the run has told what it did.
func (e *ended) checkSummary(stderr string) {
	e.Helper()
	var counters map[string]any
	if err := json.Unmarshal([]byte(strings.Join(e.lines("summary"), "")), &counters); err != nil {
		e.Errorf("the summary: %v: %s", err, stderr)
	}
	figures := 2
	if e.ruled {
		figures *= 2
	}
	if strings.Count(stderr, "(adds up)") != figures {
		e.Errorf("the figures do not add up:\n%s", stderr)
	}
}

// However a run of a file ends, what it told is right, and the same command again tells
// the rest: with a pattern, and with rules.
func TestEndsOfAFile(t *testing.T) {
	for _, end := range endings(t) {
		t.Run(end.name, func(t *testing.T) {
			for round := range *rounds {
				rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
				log := newEndLog(rnd, 10_000)
				e := &ended{T: t, dir: t.TempDir(), end: end, ruled: round%2 == 1}
				in := write(t, e.dir, "log.jsonl", strings.Join(log.lines, "\n")+"\n")
				stdout := e.run(nil, time.Duration(rnd.Int64N(int64(600*time.Millisecond))), e.args(false, "-input", in))
				first := log.missing(t, append(stdout, e.told()...))
				e.end = ending{name: "well"}
				e.run(nil, time.Hour, e.args(true, "-input", in))
				if missing := log.missing(t, e.told()); len(missing) > 0 {
					t.Fatalf("round %d: %d outcomes are missing after the second run, %q among them", round, len(missing), missing[0])
				}
				t.Logf("round %d: %d of %d outcomes were not told by the first run", round, len(first), len(log.want))
			}
		})
	}
}
