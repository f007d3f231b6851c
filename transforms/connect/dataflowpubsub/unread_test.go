package dataflowpubsub

import (
	"testing"
	"time"

	"ordertimeout/transforms/order"
)

func TestRejectsThatNobodyReadsAreNotEmitted(t *testing.T) {
	for _, unread := range []bool{false, true} {
		fn := newDecodeFn(t, Config{Subscription: "pubsub://shop/orders", RejectsUnread: unread})
		events, rejects := 0, 0
		event, reject := func([]order.Event) { events++ }, func(order.Reject) { rejects++ }
		fn.StartBundle(event, reject)
		fn.ProcessElement(100_000, encoded(t, "7", "x\n"+event1()), event, reject)
		fn.ProcessElement(100_000, []byte{0xff}, event, reject)
		want := 2
		if unread {
			want = 0
		}
		if events != 1 || rejects != want || fn.counts.Records != 3 || fn.counts.Malformed != 2 {
			t.Errorf("unread %t: %d blocks of events, %d rejects, %d read, %d malformed, want 1, %d, 3, 2", unread, events, rejects, fn.counts.Records, fn.counts.Malformed, want)
		}
	}
}

func event1() string { return event("create", "o1", 95_000) }

func TestTheWindowReachesTheDecoder(t *testing.T) {
	c := Config{DecoderConfig: order.DecoderConfig{Within: time.Minute}}
	if got := c.Decoder().Within; got != c.Within {
		t.Errorf("the decoder has a window of %v, want %v", got, c.Within)
	}
}
