package pull

import (
	"testing"

	"ordertimeout/transforms/connect/pubsub/pubsubtest"
)

// Two steps on one collection are executed one after the other: the first one is done
// with an event when the second one has not got it.
func TestMessageOfTwoConsumersIsAcknowledgedOnceBothAreDone(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	one, two := newTally(false), newTally(false)
	j := startJobFor(t, server, "", one, two)
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	for _, step := range []*tally{one, two} {
		j.await("the event", func() bool {
			if step == two { // await holds the lock of the first
				two.Lock()
				defer two.Unlock()
			}
			return len(step.events) == 1
		})
	}
	ref := one.refs["a"]
	if ref == 0 || two.refs["a"] != ref {
		t.Fatalf("the event has Ref %d in one step and %d in the other", ref, two.refs["a"])
	}
	j.run.Done([]uint64{ref})
	acked := func() bool { return server.Messages()[0].Acks > 0 }
	held := pullersOf(j.run.ID)[0].held
	if n, err := pullersOf(j.run.ID)[0].flush(t.Context(), 0); n != 0 || err != nil || acked() || !held.IsFull(1) {
		t.Errorf("one step is done: %d messages are acknowledged, %v; want none", n, err)
	}
	j.run.Done([]uint64{ref})
	j.await("the acknowledgement", acked)
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	pubsubtest.WantAckedOnce(t, server)
}
