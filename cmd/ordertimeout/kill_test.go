package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Whenever the process is killed, the next one gives every order the outcome that
// it would have had: Pub/Sub is the log of all that is in memory.
func TestKilledAtAnyMoment(t *testing.T) {
	const within = 4 * time.Second
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	f := newFake(t)
	tr := f.startTrade("o", 20*time.Millisecond, within)
	for round := range rounds {
		p := start(t, nil, liveFlags(within)...)
		begin := time.Now()
		moment := f.killLater(p, round)
		<-p.ended
		if p.cmd.ProcessState.Exited() { // not by a signal
			t.Fatalf("round %d: the command ended by itself: %v: %s", round, p.err, &p.stderr)
		}
		t.Logf("round %d: killed %s, after %v, with %d outcomes told", round, moment, time.Since(begin).Round(time.Millisecond), len(f.outcomes()))
	}
	f.setTrap(nil)
	want := tr.stop()
	last := start(t, nil, liveFlags(within)...)
	last.await("the outcomes of all orders", 60*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
	last.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
	last.stopWell(false)
	f.checkOutcomes(want)
	f.checkAlertTimes()
	t.Logf("%d orders, %d successes and %d timeouts told", len(want), len(f.notices("success")), len(f.notices("timeouts")))
}

// longestRound is when a process is killed at the latest. One begins to tell
// outcomes after 2 s, when what the one before it had leased has come back.
const longestRound = 4 * time.Second

// killLater chooses the moment of a kill, and says what it is.
func (f *fake) killLater(p *child, round int) (moment string) {
	return f.atTheMoment(round, func() { _ = p.cmd.Process.Kill() }) // may have ended
}

// atTheMoment ends a run, and says at which moment: in turn any moment, the one in
// which an outcome is published, so that nothing of it can be acknowledged yet, and the
// one between two requests to acknowledge.
func (f *fake) atTheMoment(round int, end func()) (moment string) {
	latest := time.AfterFunc(longestRound, end)
	f.t.Cleanup(func() { latest.Stop() })
	switch round % 3 {
	case 0:
		f.setTrap(nil)
		latest.Reset(rand.N(longestRound))
		return "at any moment"
	case 1:
		left := 1 + rand.IntN(20)
		f.setTrap(func(request any) {
			if r, ok := request.(*pubsubpb.PublishRequest); ok && r.Topic != ordersTopic {
				if left--; left == 0 {
					end()
				}
			}
		})
		return "as an outcome was published"
	}
	left := 1 + rand.IntN(6)
	f.setTrap(func(request any) {
		if r, ok := request.(*pubsubpb.AcknowledgeRequest); ok && r.Subscription == ordersSub {
			if left--; left == 0 {
				end()
			}
		}
	})
	return "as messages were acknowledged"
}
