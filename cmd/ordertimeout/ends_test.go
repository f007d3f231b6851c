package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
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

	"ordertimeout/transforms/cep/ceptest"
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
	if signal.Ignored(syscall.SIGHUP) { // the tests run under nohup, and what they start would, too
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGHUP)
		t.Cleanup(func() { signal.Ignore(syscall.SIGHUP) })
	}
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

// endLog is a log, and what is to come of it.
type endLog struct {
	lines []string
	want  []string // "success o1", sorted
}

// newEndLog makes a log of so many orders, out of order within the default disorder.
func newEndLog(rnd *rand.Rand, orders int) endLog {
	const noon, minute = int64(1772366400000), int64(60_000)
	type arrival struct {
		at    int64
		event ceptest.Event
	}
	var all []arrival
	add := func(order, typ string, at int64) {
		e := ceptest.Event{Key: order, Type: typ, ID: fmt.Sprint(len(all)), Time: at}
		e.Data = fmt.Sprintf(`{"orderId":%q,"userId":"u","type":%q,"time":%d,"id":%q}`, order, typ, at, e.ID)
		all = append(all, arrival{at + rnd.Int64N(5000), e})
	}
	for o := range orders {
		at := noon + int64(o)*200 + rnd.Int64N(minute)
		order := fmt.Sprint("o", o)
		add(order, "create", at)
		if rnd.IntN(3) > 0 {
			add(order, "pay", at+rnd.Int64N(11*minute))
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	var l endLog
	var events []ceptest.Event
	for _, a := range all {
		events = append(events, a.event)
		l.lines = append(l.lines, a.event.Data)
	}
	p := ceptest.Pattern{Steps: []string{"create", "pay"}, Strict: []bool{false, false}, Within: 10 * minute, Remember: 10 * minute}
	stamped, last := ceptest.Stamp(events, 5000, 0)
	for _, r := range p.Run(stamped, ceptest.AtEnd(last)).Outcomes {
		l.want = append(l.want, r.How+" "+r.Key)
	}
	slices.Sort(l.want)
	return l
}

// missing returns what of the wanted outcomes was not told, and complains of what was
// told wrongly: an outcome that is not wanted, or two ids of one.
func (l endLog) missing(t *testing.T, told []string) (missing []string) {
	t.Helper()
	ids := map[string]string{}
	for _, line := range told {
		var o struct{ Outcome, OrderID, ID string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		name := o.Outcome + " " + o.OrderID
		if _, ok := slices.BinarySearch(l.want, name); !ok {
			t.Errorf("false: %s", line)
		}
		if id, ok := ids[name]; ok && id != o.ID {
			t.Errorf("%s has the ids %s and %s", name, id, o.ID)
		}
		ids[name] = o.ID
	}
	for _, name := range l.want {
		if _, ok := ids[name]; !ok {
			missing = append(missing, name)
		}
	}
	return missing
}

// ended is the command with an input, in a directory that has its outputs.
type ended struct {
	*testing.T
	dir string
	end ending
}

// args are the flags of a run; where it is the last one, all goes well.
func (e *ended) args(last bool, more ...string) []string {
	success, timeouts := e.dir+"/success", e.dir+"/timeouts"
	if e.end.success != "" && !last {
		success = e.end.success
	}
	if e.end.timeouts != "" && !last {
		timeouts = e.end.timeouts
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
	var counters map[string]int64
	if err := json.Unmarshal([]byte(strings.Join(e.lines("summary"), "")), &counters); err != nil {
		e.Errorf("the summary: %v: %s", err, stderr)
	}
	if strings.Count(stderr, "(adds up)") != 2 {
		e.Errorf("the figures do not add up:\n%s", stderr)
	}
}

// However a run of a file ends, what it told is right, and the same command again tells
// the rest.
func TestEndsOfAFile(t *testing.T) {
	for _, end := range endings(t) {
		t.Run(end.name, func(t *testing.T) {
			for round := range *rounds {
				rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
				log := newEndLog(rnd, 10_000)
				e := &ended{t, t.TempDir(), end}
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

// However a run of a pipe ends, the next one goes on with what it left open and the rest
// of the pipe, and together they tell what the whole would. What a kill loses, and what
// stands in a pipe that someone closed, is said in the README.
func TestEndsOfAPipe(t *testing.T) {
	for _, end := range endings(t) {
		t.Run(end.name, func(t *testing.T) {
			for round := range *rounds {
				rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
				log := newEndLog(rnd, 6000)
				e := &ended{t, t.TempDir(), end}
				e.pipe(rnd, log)
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
		})
	}
}

// pipe reads a log from a pipe in three runs. The first two are ended, so that the second
// goes on with what the first has left open and leaves that in its place.
func (e *ended) pipe(rnd *rand.Rand, log endLog) {
	text := []byte(strings.Join(log.lines, "\n") + "\n")
	open := []string{"-input", "-", "-input-if-any", e.dir + "/open", "-open", e.dir + "/open"}
	var stdout []string
	for range 2 {
		told, left := e.piece(rnd, text, e.args(false, open...))
		stdout = append(stdout, told...)
		e.checkLeft(log, append(stdout, e.told()...), left)
		if e.end.signal == syscall.SIGKILL {
			log.missing(e.T, append(stdout, e.told()...)) // what was told is right
			return
		}
		text = left
	}
	e.end = ending{name: "well"}
	f, err := os.Open(write(e.T, e.dir, "rest", string(text)))
	if err != nil {
		e.Fatal(err)
	}
	defer f.Close()
	e.run(f, time.Hour, append(e.args(true), "-input", "-", "-input-if-any", e.dir+"/open"))
	missing := log.missing(e.T, append(stdout, e.told()...))
	if unread := 2 * (64 << 10) / 300; len(stdout) > 0 && len(missing) <= unread {
		return // they stood in the pipe when it was closed
	}
	if len(missing) > 0 {
		e.Errorf("%d of %d outcomes are missing, %q among them", len(missing), len(log.want), missing[0])
	}
}

// piece runs the command over a text that is written to a pipe in pieces, which end
// anywhere, and returns what is left of the text once the command has ended.
func (e *ended) piece(rnd *rand.Rand, text []byte, args []string) (stdout []string, left []byte) {
	r, w, err := os.Pipe()
	if err != nil {
		e.Fatal(err)
	}
	defer r.Close()
	var writing sync.WaitGroup
	ended := make(chan struct{})
	writing.Go(func() {
		defer w.Close()
		for len(text) > 0 {
			n := min(len(text), 1+rnd.IntN(20_000))
			if _, err := w.Write(text[:n]); err != nil {
				return
			}
			text = text[n:]
			select {
			case <-ended:
			case <-time.After(time.Duration(rnd.IntN(20)) * time.Millisecond):
			}
		}
	})
	stdout = e.run(r, time.Duration(rand.Int64N(int64(700*time.Millisecond))), args)
	close(ended)
	left, err = io.ReadAll(r)
	if err != nil {
		e.Fatal(err)
	}
	writing.Wait()
	if len(left) > 0 && left[0] != '{' && e.end.signal != syscall.SIGKILL {
		e.Errorf("the run ended inside a line: the next one begins with %.60q", left)
	}
	return stdout, left
}

// checkLeft checks that what was read of a pipe was not read for nothing.
func (e *ended) checkLeft(log endLog, told []string, left []byte) {
	read := len(log.lines) - bytes.Count(left, []byte("\n"))
	e.Logf("%s: %d of %d lines were read, %d outcomes told", e.end.name, read, len(log.lines), len(told))
	if e.end.signal == syscall.SIGKILL {
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			e.Fatal(err)
		}
		if want := "What was read of a pipe is lost in a `kill -9`, and only then"; !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), want) {
			e.Errorf("the README does not say %q", want)
		}
		return
	}
	open := map[string]bool{}
	for _, line := range e.lines("open") {
		open[line] = true
	}
	if len(open) == 0 && read > 0 && read < len(log.lines) {
		e.Error("nothing is open in the middle of the log")
	}
	for _, line := range slices.Sorted(maps.Keys(open)) {
		if !slices.Contains(log.lines[:read], line) {
			e.Errorf("open has a line that was not read: %s", line)
			return
		}
	}
}
