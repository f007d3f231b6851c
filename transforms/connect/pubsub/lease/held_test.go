package lease

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/ledger"
)

// holding is a table with a clock that is set by hand.
type holding struct {
	*Table
	t     *testing.T
	clock time.Time
	size  int
}

func newHolding(t *testing.T) *holding {
	h := &holding{t: t, clock: time.UnixMilli(0)}
	h.Table = New(10*time.Second, 20*time.Second, 1, func() time.Time { return h.clock }, func(n int) { h.size += n })
	return h
}

// Receive receives a message, and returns it if it is new.
func (h *holding) receive(id, ackID string) *ledger.Message {
	return h.Table.Receive([]*pubsubpb.ReceivedMessage{{AckId: ackID, Message: &pubsubpb.PubsubMessage{MessageId: id}}})[0]
}

// message receives a new message and returns the Refs of its events.
func (h *holding) message(id string, events int) []uint64 {
	h.t.Helper()
	x := h.receive(id, id+":1")
	if x == nil {
		h.t.Fatalf("message %s is not new", id)
	}
	first := h.Ledger.Expect(x, events, 0, true)
	refs := make([]uint64, events)
	for i := range refs {
		refs[i] = first + uint64(i)
	}
	return refs
}

// acks acknowledges all there is, and returns a string for each request.
func (h *holding) acks() (requests []string) {
	for {
		a := h.NextAck(1000)
		if len(a.IDs) == 0 {
			return requests
		}
		requests = append(requests, names(a))
		h.Succeeded(a)
	}
}

func names(a Ack) string {
	ids := slices.Clone(a.IDs)
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (h *holding) wantAcks(reason string, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.acks()); diff != "" {
		h.t.Errorf("%s: (-want +got)\n%s", reason, diff)
	}
}

func TestRedeliveryOfAHeldMessageGoesOnBeingHeld(t *testing.T) {
	h := newHolding(t)
	a := h.message("a", 1)
	if h.receive("a", "a:2") != nil {
		t.Error("it is taken for a new message")
	}
	h.wantAcks("it is no duplicate to be acknowledged")
	h.Ledger.Done(a)
	h.wantAcks("by the id of the last delivery", "a:2")
	if h.size != 0 {
		t.Errorf("%d messages counted", h.size)
	}
}

func TestRedeliveryDuringTheAcknowledgementIsAcknowledged(t *testing.T) {
	h := newHolding(t)
	create, pay := h.message("create", 1), h.message("pay", 1)
	h.Ledger.Done(slices.Concat(create, pay))
	a := h.NextAck(1000)
	h.receive("create", "create:2")
	h.Succeeded(a)
	h.wantAcks("the last delivery, and only then what waits for it", "create:2", "pay:1")
}

func TestRedeliveryOfAnAcknowledgedMessageIsAcknowledgedAgain(t *testing.T) {
	for _, test := range []struct {
		reason string
		after  time.Duration
		fresh  bool
	}{
		{"at once", 0, false},
		{"the longest lease and some seconds later", 29 * time.Second, false},
		{"when no delivery of before can be under way", 2 * 30 * time.Second, true},
	} {
		h := newHolding(t)
		h.clock = h.clock.Add(time.Hour)
		h.Ledger.Done(h.message("a", 1))
		h.acks()
		h.clock = h.clock.Add(test.after)
		if x := h.receive("a", "a:2"); (x != nil) != test.fresh {
			t.Errorf("%s: a new message is %t, want %t", test.reason, x != nil, test.fresh)
		}
		if !test.fresh {
			h.wantAcks(test.reason, "a:2")
		}
	}
}

func TestAcknowledgedMessageIsRememberedFromItsLastAcknowledgement(t *testing.T) {
	h := newHolding(t)
	h.Ledger.Done(h.message("a", 1))
	h.acks()
	for _, want := range []string{"a:2", "a:3"} {
		h.clock = h.clock.Add(20 * time.Second)
		if h.receive("a", want) != nil {
			t.Errorf("%s is taken for a new message", want)
		}
		h.wantAcks("again", want)
	}
	h.clock = h.clock.Add(30 * time.Second)
	h.message("b", 1)
	if len(h.known) != 1 || h.remembered.n != 0 {
		t.Errorf("in the end %d messages are known, want 1, and %d to be forgotten", len(h.known), h.remembered.n)
	}
	h.message("a", 1)
}

func TestMessageOfAFailedRequestIsAcknowledgedByItsLastDelivery(t *testing.T) {
	h := newHolding(t)
	h.Ledger.Done(h.message("a", 1))
	a := h.NextAck(1000)
	h.receive("a", "a:2")
	h.Failed(a)
	h.wantAcks("again", "a:2")
}

func TestWhatWaitsForAMessageThatWasGivenBackIsNotAcknowledged(t *testing.T) {
	h := newHolding(t)
	x := h.receive("create", "create:1")
	create, pay := h.Ledger.Expect(x, 2, 0, true), h.message("pay", 1)
	h.Ledger.Done([]uint64{create, pay[0]})
	if got := h.Give([]*ledger.Message{x}); !slices.Equal(got, []string{"create:1"}) {
		t.Errorf("gave %q", got)
	}
	h.Ledger.Done([]uint64{create + 1})
	h.wantAcks("its order starts again")
	if got := h.GiveAll(); !slices.Equal(got, []string{"pay:1"}) {
		t.Errorf("then gave %q", got)
	}
	if h.GiveAll() != nil || h.size != 0 {
		t.Errorf("%d messages are left", h.size)
	}
	if h.receive("create", "create:2") == nil {
		t.Error("what was given back is not new when it comes again")
	}
}

// Three ways in which a message may be done are one to the service.
func TestHeldMessageIsAcknowledgedOnce(t *testing.T) {
	h := newHolding(t)
	a, b := h.message("a", 3), h.message("b", 1)
	h.Ledger.Done([]uint64{a[0], b[0]})
	h.Ledger.Done(a[1:2])
	h.wantAcks("an event is not done")
	h.Ledger.Done(a)
	h.wantAcks("all are, and b follows a", "a:1", "b:1")
	h.Ledger.Done(a)
	h.wantAcks("it is acknowledged once")
	if h.size != 0 || h.Table.size != 0 || h.Ledger.Held(a[:1]) {
		t.Errorf("%d counted, still held: %d messages", h.size, h.Table.size)
	}
}
