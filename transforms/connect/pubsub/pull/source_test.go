package pull

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

func TestEveryMessageIsReadAndAcknowledgedOnce(t *testing.T) {
	for _, ack := range []string{"outcome", "bundle"} {
		t.Run(ack, func(t *testing.T) {
			server := pubsubtest.NewServer(t, 10)
			j := startJob(t, server, "ack="+ack, true, "")
			const n = 500
			for i := range n {
				server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
			}
			j.await("all events", func() bool { return len(j.events) == n })
			j.await("all acknowledgements", func() bool { return j.unacked() == 0 })
			if err := j.stop(); err != nil {
				t.Error(err)
			}
			pubsubtest.WantAckedOnce(t, server)
			for place, times := range j.events {
				if times != 1 {
					t.Errorf("%s came %d times", place, times)
				}
			}
			if hasRefs := j.refs["o0"] != 0; hasRefs != (ack == "outcome") {
				t.Errorf("events have Refs: %t", hasRefs)
			}
			if got := j.run.Counters()["read"]; got != n || j.late > 0 {
				t.Errorf("counted %d events, %d of them placed before their element", got, j.late)
			}
		})
	}
}

func TestMessageOfManyEventsIsAcknowledgedAfterTheLast(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	j := startJob(t, server, "", false, "")
	id := server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")+"\n\n"+pubsubtest.Event("b")+"\r\n"+pubsubtest.Event("c")+"\n"), nil)
	j.await("three events", func() bool { return len(j.events) == 3 })
	want := map[string]int{"message " + id + ":1 a": 1, "message " + id + ":3 b": 1, "message " + id + ":4 c": 1}
	if diff := cmp.Diff(want, j.events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	j.run.Done([]uint64{j.refs["c"], j.refs["a"]})
	if got := j.unacked(); got != 1 {
		t.Errorf("with one event left, %d messages are held", got)
	}
	j.run.Done([]uint64{j.refs["b"]})
	j.await("the acknowledgement", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	pubsubtest.WantAckedOnce(t, server)
}

func TestWhatIsNoEventIsRejectedAndAcknowledged(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	j := startJob(t, server, "time=attribute:at", true, "")
	now := map[string]string{"at": fmt.Sprint(time.Now().UnixMilli())}
	m := func(text string, attributes map[string]string) string {
		return "message " + server.Publish(pubsubtest.Topic, []byte(text), attributes)
	}
	want := map[string]int{
		m("x", now) + `:1 not JSON: invalid character 'x' looking for beginning of value at byte 1`:                                                            1,
		m("", now) + ` empty: no event in the message, want JSON, one object a line`:                                                                           1,
		m(" \n\r\n", now) + ` empty: no event in the message, want JSON, one object a line`:                                                                    1,
		m("\x1f\x8b\x08", now) + ` compressed (gzip): want JSON text, one object a line`:                                                                       1,
		m(pubsubtest.Event("a"), nil) + ` attribute "at": missing, want the time of the event`:                                                                 1,
		m(pubsubtest.Event("a"), map[string]string{"at": "noon"}) + ` attribute "at": time: got "noon", want RFC 3339 with an offset, or integer milliseconds`: 1,
		m(pubsubtest.Event("a")+"\n{}", now) + `:2 type: missing, want a non-empty string`:                                                                     1,
		m(`{"type":"`+string(make([]byte, order.MaxLine))+`"}`, now) + `:1 oversized: got a line of more than 1048576 bytes, want at most that`:                1,
	}
	j.await("all rejects", func() bool { return len(j.rejects) == len(want) })
	j.await("all acknowledgements", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, j.rejects); diff != "" || len(j.events) != 1 {
		t.Errorf("%d events, want 1 (-want +got)\n%s", len(j.events), diff)
	}
	pubsubtest.WantAckedOnce(t, server)
}

func TestRedeliveryWhileHeldGivesNoEventAndIsHeld(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	j := startJob(t, server, "", false, "")
	id := server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	// A lease that ends is as good as one that is given back: the server delivers
	// the message again.
	if _, err := server.GServer.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{
		Subscription: pubsubtest.Subscription, AckIds: []string{id + ":1"},
	}); err != nil {
		t.Fatal(err)
	}
	j.await("the second delivery", func() bool { return server.Message(id).Deliveries == 2 })
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("b")), nil)
	j.await("the next event", func() bool { return len(j.events) == 2 })
	if got := server.Message(id).Acks; got != 0 {
		t.Errorf("acknowledged %d times before its event was done", got)
	}
	if got := j.run.Counters()[count.Redelivered]; got != 1 {
		t.Errorf("%d redeliveries counted, want 1", got)
	}
	j.run.Done([]uint64{j.refs["a"]})
	j.await("the acknowledgement", func() bool { return server.Message(id).Acks == 1 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	for place, times := range j.events {
		if times != 1 {
			t.Errorf("%s came %d times", place, times)
		}
	}
}

func TestLeaseOfAHeldMessageIsExtended(t *testing.T) {
	server := pubsubtest.NewServer(t, 1)
	j := startJob(t, server, "lease=1s", false, "")
	id := server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	j.await("some extensions", func() bool { return len(server.Message(id).Modacks) >= 6 })
	if got := server.Message(id).Deliveries; got != 1 {
		t.Errorf("delivered %d times in three leases", got)
	}
	j.run.Done([]uint64{j.refs["a"]})
	j.await("the acknowledgement", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

// A stop under load: what no bundle has taken, and what is not done, is given back
// at once, what is done is acknowledged, and nothing is lost between the two.
func TestStopUnderLoadGivesBackWhatIsNotDone(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	j := startJob(t, server, "batch=100", false, "")
	const n = 3000
	for i := range n {
		server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
	}
	j.await("some events", func() bool { return len(j.events) > n/3 })
	j.Lock()
	var done []uint64
	for _, ref := range j.refs {
		if done = append(done, ref); len(done) == n/10 {
			break
		}
	}
	j.Unlock()
	for _, ref := range done {
		j.run.Done([]uint64{ref})
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	acked := 0
	for _, m := range server.Messages() {
		acked += m.Acks
	}
	left, err := server.GServer.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: pubsubtest.Subscription, MaxMessages: n})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(left.GetReceivedMessages()); acked != n/10 || got != n-n/10 {
		t.Errorf("%d acknowledged, %d back; want %d, %d", acked, got, n/10, n-n/10)
	}
	if got := j.unacked(); got != 0 {
		t.Errorf("%d messages are counted as held", got)
	}
}

// All that was handed out before a stop has gone through the pipeline when it is
// quiet, so nothing is acknowledged that was not processed.
func TestStopUnderLoadLosesNothingThatIsAcknowledged(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	j := startJob(t, server, "ack=bundle&batch=100", true, "")
	const n = 3000
	for i := range n {
		server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
	}
	j.await("some events", func() bool { return len(j.events) > n/3 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	acked := 0
	for _, m := range server.Messages() {
		acked += m.Acks
	}
	if len(j.events) != acked || acked == 0 {
		t.Errorf("%d events, %d messages acknowledged", len(j.events), acked)
	}
}

func TestFailedBundleIsGivenBackAndReadAgain(t *testing.T) {
	for _, ack := range []string{"outcome", "bundle"} {
		t.Run(ack, func(t *testing.T) {
			server := pubsubtest.NewServer(t, 10)
			for i := range 100 {
				server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
			}
			j := startJob(t, server, "ack="+ack, true, "o50")
			if err := <-j.ended; err == nil {
				t.Fatal("the bundle did not fail")
			}
			j.run.Close()
			for _, m := range server.Messages() {
				if givenBack(m) == 0 && (m.Acks == 0 || bytes.Contains(m.Data, []byte(`"o50"`))) {
					t.Errorf("message %s was not given back", m.ID)
				}
			}
			j = startJob(t, server, "ack="+ack, true, "")
			j.await("the event", func() bool { return j.refs["o50"] != 0 || ack == "bundle" && len(j.refs) > 0 })
			j.await("all acknowledgements", func() bool {
				for _, m := range server.Messages() {
					if m.Acks != 1 {
						return false
					}
				}
				return true
			})
			if err := j.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The server delivers in a random order, and the publisher sends some messages
// twice.
func TestEventsOfABacklogInRandomOrderAreNotLate(t *testing.T) {
	server := pubsubtest.NewServer(t, 1)
	dice := rand.New(rand.NewPCG(1, 2))
	const n = 1000
	begin := time.Now().Add(-20 * time.Second)
	for i := range n {
		text := fmt.Sprintf(`{"orderId":"o%d","type":"create","time":%d}`, i, begin.Add(time.Duration(i)*20*time.Millisecond).UnixMilli())
		server.Publish(pubsubtest.Topic, []byte(text), nil)
		if dice.IntN(5) == 0 {
			server.Publish(pubsubtest.Topic, []byte(text), nil)
		}
	}
	j := startJob(t, server, "lease=1s&batch=50", true, "")
	j.await("all events", func() bool { return len(j.refs) == n })
	j.await("all acknowledgements", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if w := j.run.Counters()[count.WatermarkTime]; w > begin.UnixMilli() && len(j.marks) > 0 {
		for _, mark := range j.marks {
			if mark > begin.UnixMilli() {
				t.Errorf("the watermark was promised at %v behind the first event while events came", time.Duration(mark-begin.UnixMilli())*time.Millisecond)
				break
			}
		}
	}
	pubsubtest.WantAckedOnce(t, server)
}

func TestWatermarkMovesOnBehindTheLastEvent(t *testing.T) {
	server := pubsubtest.NewServer(t, 1)
	j := startJob(t, server, "lease=1s", true, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	last := time.Now().UnixMilli()
	j.await("the watermark to pass it", func() bool { return j.run.Counters()[count.WatermarkTime] > last+500 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

func TestSubscriptionThatIsGoneFailsTheRun(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	j := startJob(t, server, "", true, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	if _, err := server.GServer.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: pubsubtest.Subscription}); err != nil {
		t.Fatal(err)
	}
	if err := <-j.ended; err == nil {
		t.Error("the pipeline did not fail")
	}
	j.run.Close()
	if err, want := j.run.Err(), `pubsub: -input "pubsub://shop/orders?window=50ms&": does not exist`; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
