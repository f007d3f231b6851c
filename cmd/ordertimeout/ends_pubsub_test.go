//go:build linux

// A disk that is full at a random moment is a limit that Linux sets to another process.

package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"golang.org/x/sys/unix"
)

// However a run of a subscription ends, the next one adds to the same files what is not
// told: nothing is acknowledged before it is in a file, also where a message has events
// of several orders.
func TestEndsOfASubscription(t *testing.T) {
	const within = 4 * time.Second
	f := newFake(t)
	single := f.startPackedTrade("single", 50*time.Millisecond, within, 0)
	packed := f.startPackedTrade("packed", 50*time.Millisecond, within, 1)
	stop := sync.OnceFunc(func() {
		single.stop()
		packed.stop()
	})
	t.Cleanup(stop)
	ends := endings(t)
	e := &subscribed{ended: &ended{T: t, dir: t.TempDir()}, fake: f}
	rounds := *rounds
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		rand.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
		for _, end := range ends {
			e.end = end
			e.endOnce(within, round)
			if t.Failed() {
				t.Fatalf("round %d, %s", round, end.name)
			}
		}
	}
	f.setTrap(nil)
	stop()
	last := start(t, nil, e.args(true, e.input(within)...)...)
	last.await("an acknowledgement of every message", 60*time.Second, func() bool { return f.acked()[0] == 0 })
	last.stopWell(false)
	want := single.want
	maps.Copy(want, packed.want)
	e.check(want)
}

// subscribed is the command with a subscription as its input, run again and again.
type subscribed struct {
	*ended
	*fake
	piped []string // the outcomes that came by a pipe
	torn  int      // how many ends may have torn the last line of each file
}

func (e *subscribed) input(within time.Duration) []string {
	return []string{"-input", ordersURI, "-within", within.String(), "-disorder", "1s"}
}

// endOnce runs the command until it has ended in its way.
func (e *subscribed) endOnce(within time.Duration, round int) {
	e.Helper()
	more, fills := e.vary(round)
	_ = os.Remove(e.dir + "/summary")
	var stdout *pipe
	var writer *os.File
	if e.end.success == "-" {
		stdout = newPipe(e.ended.T)
		writer = stdout.w
	}
	secret := []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret}
	p := startTo(e.ended.T, writer, secret, e.args(false, append(e.input(within), more...)...)...)
	begin := time.Now()
	if stdout != nil {
		writer.Close()
	}
	var signaled atomic.Pointer[time.Time]
	signal := e.end.signal // the moment may come when the next end is tried
	moment := e.atAMoment(fills, func() {
		switch {
		case signal != 0:
			now := time.Now()
			signaled.Store(&now)
			_ = p.cmd.Process.Signal(signal) // may have ended
		case stdout != nil:
			stdout.closeAtOnce(p)
		case fills:
			e.fillDisk(p)
		}
	})
	r := p.wait()
	if at := signaled.Load(); at != nil && time.Since(*at) > stopTime {
		e.Errorf("it took %v to end", time.Since(*at))
	}
	if stdout != nil {
		e.piped = append(e.piped, stdout.lines()...)
	}
	e.checkEnd(p, r)
	e.Logf("round %d: %s %s, over after %v with status %d", round, e.end.name, moment, time.Since(begin).Round(time.Millisecond), r.status)
}

// vary chooses between the ways in which an end may come about. A disk is full in the
// middle of a file that there is, or from the start and in turn for the rejects, too. A
// receiver is given up at once, and the run goes on to its stop; or the stop comes while
// it is tried again: what it was not told is then held.
func (e *subscribed) vary(round int) (more []string, fills bool) {
	switch {
	case e.end.timeouts != "" && round%2 == 0:
		e.end.timeouts = strings.Replace(e.end.timeouts, "retries=9", "retries=0", 1)
	case e.end.name != "full disk":
	case round%2 == 0:
		e.end.success, fills = "", true
	case round%4 == 1:
		more = []string{"-rejects", e.end.success}
	}
	if fills || e.end.signal == syscall.SIGKILL {
		e.torn++
	}
	return more, fills
}

// checkEnd checks that a run has ended as it should, and has told what it did.
func (e *subscribed) checkEnd(p *child, r result) {
	e.Helper()
	if e.end.signal == syscall.SIGKILL || !p.cmd.ProcessState.Exited() && r.stderr == "" { // the process was just starting
		if e.end.signal == 0 || p.cmd.ProcessState.Exited() {
			e.Errorf("%v: %s", p.cmd.ProcessState, r.stderr)
		}
		return
	}
	want := e.end.status
	if e.end.timeouts != "" && !strings.Contains(r.stderr, "nothing was delivered") {
		want = exitOK
	}
	if r.status != want {
		e.Errorf("status %d, want %d: %s", r.status, want, r.stderr)
	}
	e.checkSummary(r.stderr)
}

// atAMoment ends a run at a random moment, or as one of its first acknowledgements comes,
// when it has written something and the server has not heard of it. A disk fills once
// the run has begun to write.
func (e *subscribed) atAMoment(fills bool, end func()) (moment string) {
	end = sync.OnceFunc(end)
	e.setTrap(nil)
	if !fills {
		latest := time.AfterFunc(rand.N(longestRound), end)
		e.Cleanup(func() { latest.Stop() })
		if rand.IntN(2) == 0 {
			return "at any moment"
		}
		latest.Reset(longestRound)
	}
	left := 1 + rand.IntN(6)
	e.setTrap(func(request any) {
		if r, ok := request.(*pubsubpb.AcknowledgeRequest); ok && r.Subscription == ordersSub {
			if left--; left == 0 {
				end()
			}
		}
	})
	return "as messages were acknowledged"
}

// fillDisk lets the files of a process grow no more than a few bytes beyond what the
// successes have.
func (e *subscribed) fillDisk(p *child) {
	info, err := os.Stat(e.dir + "/success")
	if err != nil {
		e.Error(err)
		return
	}
	size := uint64(info.Size()) + rand.Uint64N(600)
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: size}, nil); err != nil {
		e.Error(err)
	}
}

// check checks that the outputs tell what is wanted of each order, and nothing else.
func (e *subscribed) check(want map[string]string) {
	e.Helper()
	type outcome struct{ Outcome, OrderID, ID string }
	told := map[string]outcome{}
	repeats, torn := 0, 0
	for _, line := range e.told() {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			if torn++; strings.Count(line, `{"outcome":`)+strings.Count(line, `{"reason":`) > 1 {
				e.Errorf("a line is glued to a torn one: %s", line)
			}
			continue
		}
		if before, ok := told[o.OrderID]; ok {
			repeats++
			if o != before {
				e.Errorf("%v and %v of one order", before, o)
			}
		}
		told[o.OrderID] = o
		if o.Outcome != want[o.OrderID] {
			e.Errorf("want %q: %s", want[o.OrderID], line)
		}
	}
	var missing []string
	for orderID, outcome := range want {
		if _, ok := told[orderID]; !ok {
			missing = append(missing, outcome+" of "+orderID)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		e.Errorf("%d of %d outcomes are missing, %q among them", len(missing), len(want), missing[:min(len(missing), 5)])
	}
	if files := 3; torn > e.torn*files {
		e.Errorf("%d lines are torn, by %d ends", torn, e.torn)
	}
	e.Logf("%d orders, %d repeats, %d torn lines", len(want), repeats, torn)
}

// told are the lines of the outputs that are outcomes, or what an end has left of one.
func (e *subscribed) told() (lines []string) {
	lines = slices.Concat(e.piped, e.lines("success"), e.lines("timeouts"))
	for _, line := range e.lines("rejects") {
		var r struct{ Reason, Input string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			lines = append(lines, line)
		} else if r.Reason == "undelivered" {
			lines = append(lines, r.Input)
		}
	}
	return lines
}
