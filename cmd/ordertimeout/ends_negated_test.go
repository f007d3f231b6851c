package main

import (
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// negated is a pattern that waits for what must not come, and a trade for it.
type negated struct {
	name, pattern string
	fates         []fate
}

// negatedPatterns are those of which an event that came again without another would
// tell of a wrong outcome: a create without its cancel, a payment without its create.
var negatedPatterns = []negated{
	{"cancelled", "create notFollowedBy cancel followedBy pay within 10m", []fate{
		{"", "timeout"}, {"pay", "success"}, {"cancel", ""}, {"cancel pay", ""}, {"pay cancel", "success"},
		{"cancel cancel", ""}, {"cancel create pay", "success"}, {"cancel create cancel", ""}, {"view pay", "success"},
		{"create pay", "success"}, {"create cancel", ""},
	}},
	{"absent", "create notFollowedBy pay within 10m", []fate{
		{"", "success"}, {"pay", ""}, {"view", "success"}, {"create", "success"}, {"pay pay", ""}, {"pay create", "success"},
	}},
	{"strict", "create notFollowedBy cancel followedBy pack next ship within 10m", []fate{
		{"", "timeout"}, {"pack", "timeout"}, {"pack ship", "success"}, {"cancel", ""}, {"cancel pack ship", ""},
		{"pack cancel ship", ""}, {"pack view", ""}, {"view pack ship", "success"}, {"pack view create pack ship", "success"},
		{"pack create pack ship", "success"}, {"pack create cancel", ""},
	}},
}

// flags are those of a run of the pattern over the orders.
func (n negated) flags(within time.Duration) []string {
	return liveFlags(within, "-pattern", n.pattern)
}

// However often a run of a subscription is killed or stopped, nothing comes again
// without what changed it: no cancelled order has an outcome, and no paid one a timeout.
func TestEndsOfNegatedPatternsOfASubscription(t *testing.T) {
	const within = 4 * time.Second
	for _, n := range some(negatedPatterns) {
		t.Run(n.name, func(t *testing.T) {
			f := newFake(t)
			single := f.startFatefulTrade("single", 30*time.Millisecond, within, 0, n.fates)
			packed := f.startFatefulTrade("packed", 30*time.Millisecond, within, 1, n.fates)
			stop := sync.OnceFunc(func() {
				single.stop()
				packed.stop()
			})
			t.Cleanup(stop)
			for round := range *rounds {
				f.endOf(n.flags(within), round, syscall.SIGKILL)
				f.endOf(n.flags(within), round, syscall.SIGTERM)
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
			f.setTrap(nil)
			stop()
			want := single.want
			maps.Copy(want, packed.want)
			last := start(t, nil, n.flags(within)...)
			last.await("an acknowledgement of every message", 60*time.Second, func() bool { return f.acked()[0] == 0 })
			last.await("the outcomes of all orders", 30*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
			last.stopWell(false)
			f.checkOutcomes(want)
			f.checkAlertTimes()
			t.Logf("%d orders with an outcome, %d successes and %d timeouts told", len(want), len(f.notices("success")), len(f.notices("timeouts")))
		})
	}
}

// endOf runs the command until a signal ends it at a random moment.
func (f *fake) endOf(args []string, round int, signal syscall.Signal) {
	f.t.Helper()
	p := start(f.t, nil, args...)
	begin := time.Now()
	// It may have ended. A second signal would end it at once.
	moment := f.atTheMoment(rand.IntN(3), sync.OnceFunc(func() { _ = p.cmd.Process.Signal(signal) }))
	r := p.wait()
	left := strings.Contains(r.stderr, "stopped before") && strings.Contains(r.stderr, "for the next run") // this machine is slow
	switch exited := p.cmd.ProcessState.Exited(); {
	case left:
	case signal == syscall.SIGKILL && exited:
		f.t.Errorf("round %d: the command ended by itself with %d: %s", round, r.status, r.stderr)
	case signal != syscall.SIGKILL && (exited && r.status != exitOK || !exited && r.stderr != ""): // or it was just starting
		f.t.Errorf("round %d: %v: %s", round, p.cmd.ProcessState, r.stderr)
	}
	f.t.Logf("round %d: %v %s, after %v, with %d orders told of", round, signal, moment, time.Since(begin).Round(time.Millisecond), len(f.outcomes()))
}

// some are those of the patterns that are tried: with -short the first.
func some[P any](patterns []P) []P {
	if testing.Short() {
		return patterns[:1]
	}
	return patterns
}
