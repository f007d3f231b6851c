package pubsub

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// holding is a held with a clock that is set by hand.
type holding struct {
	*held
	t     *testing.T
	clock time.Time
	size  int
}

func newHolding(t *testing.T) *holding {
	h := &holding{t: t, clock: time.UnixMilli(0)}
	h.held = newHeld(10*time.Second, 20*time.Second, func() time.Time { return h.clock }, func(n int) { h.size += n })
	return h
}

// receive receives a message, and returns it if it is new.
func (h *holding) receive(id, ackID string) *input {
	return h.held.receive([]*pubsubpb.ReceivedMessage{{AckId: ackID, Message: &pubsubpb.PubsubMessage{MessageId: id}}})[0]
}

// message receives a new message and returns the Refs of its events.
func (h *holding) message(id string, events int) []uint64 {
	h.t.Helper()
	x := h.receive(id, id+":1")
	if x == nil {
		h.t.Fatalf("message %s is not new", id)
	}
	first := h.expect(x, events, true)
	refs := make([]uint64, events)
	for i := range refs {
		refs[i] = first + uint64(i)
	}
	return refs
}

// acks acknowledges all there is, and returns a string for each request.
func (h *holding) acks() (requests []string) {
	for {
		a := h.nextAck(1000)
		if len(a.inputs) == 0 {
			return requests
		}
		requests = append(requests, names(a))
		h.succeeded(a)
	}
}

func names(a ack) string {
	ids := slices.Clone(a.ids)
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (h *holding) wantAcks(reason string, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.acks()); diff != "" {
		h.t.Errorf("%s: (-want +got)\n%s", reason, diff)
	}
}

func TestMessageIsAcknowledgedOnceAllOfItsEventsAreDone(t *testing.T) {
	h := newHolding(t)
	a := h.message("a", 3)
	h.wantAcks("none is done")
	h.done(a[:1])
	h.done(a[:1])
	h.done([]uint64{a[1], 0, a[1]})
	h.wantAcks("two are done, each of them twice")
	h.done([]uint64{0, a[2], 4711})
	h.wantAcks("the last one is done", "a:1")
	h.done(a)
	h.wantAcks("it is acknowledged once")
	if h.size != 0 || h.held.size+h.refs.size() != 0 {
		t.Errorf("%d counted, still held: %d messages and %d events", h.size, h.held.size, h.refs.size())
	}
}

func TestMessageThatIsNotReadYetIsNotAcknowledged(t *testing.T) {
	h := newHolding(t)
	h.receive("a", "a:1")
	h.done([]uint64{1})
	h.wantAcks("it may hold any number of events")
}

func TestLaterStepWaitsForTheAcknowledgementOfTheFirst(t *testing.T) {
	h := newHolding(t)
	create, ship, pay := h.message("create", 1), h.message("ship", 1), h.message("pay", 1)
	h.done(slices.Concat(create, ship, pay))
	first := h.nextAck(1000)
	if names(first) != "create:1" {
		t.Fatalf("first request: %s", names(first))
	}
	if a := h.nextAck(1000); len(a.ids) > 0 {
		t.Errorf("while the first request is under way: %s", names(a))
	}
	h.failed(first)
	if first = h.nextAck(1000); names(first) != "create:1" {
		t.Fatalf("after it failed: %s", names(first))
	}
	h.succeeded(first)
	h.wantAcks("after it succeeded", "pay:1 ship:1")
}

func TestLaterStepWaitsForAFirstThatIsNotDone(t *testing.T) {
	h := newHolding(t)
	creates, pay := h.message("creates", 2), h.message("pay", 1)
	h.done([]uint64{creates[0], pay[0]})
	h.wantAcks("another order of the first message is open")
	h.done(creates[1:])
	h.wantAcks("its run has ended", "creates:1", "pay:1")
}

// The first event of a broken run goes before the one that broke it, which opened the
// next run, and that before what its run has taken.
func TestWhatBrokeARunFollowsIt(t *testing.T) {
	h := newHolding(t)
	first, next, pay := h.message("create", 2), h.message("again", 1), h.message("pay", 1)
	h.done([]uint64{first[0], next[0] | order.Later})
	h.done([]uint64{next[0], pay[0]})
	h.wantAcks("the first message has another event, which is not done")
	h.done(first[1:])
	h.wantAcks("it is", "create:1", "again:1", "pay:1")
	if h.refs.size() != 0 {
		t.Errorf("%d events are left", h.refs.size())
	}
}

func TestStepsInOneMessageDoNotWait(t *testing.T) {
	h := newHolding(t)
	a := h.message("a", 2)
	h.done(a)
	h.wantAcks("it would wait for itself", "a:1")
}

func TestChainOfMessagesIsAcknowledgedLinkByLink(t *testing.T) {
	h := newHolding(t)
	a, b, c := h.message("a", 1), h.message("b", 2), h.message("c", 1)
	h.done([]uint64{b[1], c[0]}) // the end first
	h.done([]uint64{a[0], b[0]})
	h.wantAcks("each waits for the one before", "a:1", "b:1", "c:1")
}

func TestCircleOfMessagesIsAcknowledgedInOneRequest(t *testing.T) {
	h := newHolding(t)
	a, b, c := h.message("a", 3), h.message("b", 2), h.message("c", 1)
	h.done([]uint64{a[0], b[0]}) // a before b
	h.done([]uint64{b[1], a[1]}) // b before a
	h.done([]uint64{a[2], c[0]}) // c behind the circle
	h.wantAcks("the circle, then who waits for it", "a:1 b:1", "c:1")
}

func TestCircleWaitsForWhatComesBeforeIt(t *testing.T) {
	h := newHolding(t)
	first, a, b := h.message("first", 2), h.message("a", 3), h.message("b", 2)
	h.done([]uint64{first[0], a[2]})
	h.done([]uint64{a[0], b[0]})
	h.done([]uint64{b[1], a[1]})
	h.wantAcks("the first one is not done")
	h.done(first[1:])
	h.wantAcks("it is", "first:1", "a:1 b:1")
}

func TestCircleWhoseRequestFailedIsSentAsOne(t *testing.T) {
	h := newHolding(t)
	a, b := h.message("a", 2), h.message("b", 2)
	h.done([]uint64{a[0], b[0]})
	h.done([]uint64{b[1], a[1]})
	h.failed(h.nextAck(1))
	h.wantAcks("again", "a:1 b:1")
}

func TestRedeliveryOfAHeldMessageGoesOnBeingHeld(t *testing.T) {
	h := newHolding(t)
	a := h.message("a", 1)
	if h.receive("a", "a:2") != nil {
		t.Error("it is taken for a new message")
	}
	h.wantAcks("it is no duplicate to be acknowledged")
	h.done(a)
	h.wantAcks("by the id of the last delivery", "a:2")
	if h.size != 0 {
		t.Errorf("%d messages counted", h.size)
	}
}

func TestRedeliveryDuringTheAcknowledgementIsAcknowledged(t *testing.T) {
	h := newHolding(t)
	create, pay := h.message("create", 1), h.message("pay", 1)
	h.done(slices.Concat(create, pay))
	a := h.nextAck(1000)
	h.receive("create", "create:2")
	h.succeeded(a)
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
		h.done(h.message("a", 1))
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
	h.done(h.message("a", 1))
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
	h.done(h.message("a", 1))
	a := h.nextAck(1000)
	h.receive("a", "a:2")
	h.failed(a)
	h.wantAcks("again", "a:2")
}

func TestWhatWaitsForAMessageThatWasGivenBackIsNotAcknowledged(t *testing.T) {
	h := newHolding(t)
	x := h.receive("create", "create:1")
	create, pay := h.expect(x, 2, true), h.message("pay", 1)
	h.done([]uint64{create, pay[0]})
	if got := h.give([]*input{x}); !slices.Equal(got, []string{"create:1"}) {
		t.Errorf("gave %q", got)
	}
	h.done([]uint64{create + 1})
	h.wantAcks("its order starts again")
	if got := h.giveAll(); !slices.Equal(got, []string{"pay:1"}) {
		t.Errorf("then gave %q", got)
	}
	if h.giveAll() != nil || h.size != 0 {
		t.Errorf("%d messages are left", h.size)
	}
	if h.receive("create", "create:2") == nil {
		t.Error("what was given back is not new when it comes again")
	}
}

func TestMessageGivenBackWhileItIsReadIsForgotten(t *testing.T) {
	h := newHolding(t)
	x := h.receive("a", "a:1")
	h.give([]*input{x})
	h.done([]uint64{h.expect(x, 1, true)})
	h.wantAcks("it is not held")
	if h.refs.size() != 0 {
		t.Errorf("%d events are left", h.refs.size())
	}
}

func TestMessageIsAcknowledgedWhenAllOfItsPartsAreReleased(t *testing.T) {
	h := newHolding(t)
	x := h.receive("a", "a:1")
	h.expectPart(x, false)
	h.release([]*input{x})
	h.wantAcks("of a committed bundle, but there is more of it")
	h.expectPart(x, false)
	h.expectPart(x, true)
	h.release([]*input{x})
	h.wantAcks("one part is in no bundle that is committed")
	h.release([]*input{x})
	h.release([]*input{x})
	h.wantAcks("all are", "a:1")
}

// The events of a part may be done before the next part is read.
func TestMessageOfPartsIsAcknowledgedOnceAllOfItsEventsAreDone(t *testing.T) {
	h := newHolding(t)
	x := h.receive("a", "a:1")
	first := h.expect(x, 2, false)
	h.done([]uint64{first})
	h.done([]uint64{first + 1})
	h.wantAcks("there is more of it")
	h.done([]uint64{h.expect(x, 1, false)})
	h.wantAcks("there is still more of it")
	h.expect(x, 0, true)
	h.wantAcks("the last part is blank", "a:1")
}

func TestRequestsAreOfLimitedSize(t *testing.T) {
	h := newHolding(t)
	for i := range 5 {
		h.done(h.message(fmt.Sprint(i), 1))
	}
	var sizes []int
	for {
		a := h.nextAck(2)
		if len(a.ids) == 0 {
			break
		}
		sizes = append(sizes, len(a.ids))
		h.succeeded(a)
	}
	if diff := cmp.Diff([]int{2, 2, 1}, sizes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Whatever the messages and orders are, and however often requests fail: each
// message is acknowledged once all is done, and none of a later step before or
// without that of the first, unless both are in a circle.
func TestEveryMessageIsAcknowledgedInOrder(t *testing.T) {
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 1))
		h := newHolding(t)
		messages := 1 + dice.IntN(12)
		perMessage := 1 + dice.IntN(4)
		type event struct {
			message string
			ref     uint64
		}
		var events []event
		for i := range messages {
			id := fmt.Sprint("m", i)
			for _, ref := range h.message(id, perMessage) {
				events = append(events, event{id, ref})
			}
		}
		dice.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		before := map[string][]string{} // message -> those it waits for
		acked := map[string]int{}       // by message, the number of its request
		requests := 0
		for len(events) > 0 || h.size > 0 {
			if len(events) > 0 {
				n := min(len(events), 1+dice.IntN(3))
				refs := make([]uint64, n)
				for i, e := range events[:n] {
					refs[i] = e.ref
					if e.message != events[0].message {
						before[e.message] = append(before[e.message], events[0].message)
					}
				}
				h.done(refs)
				events = events[n:]
			}
			a := h.nextAck(1 + dice.IntN(3))
			if len(a.ids) == 0 && len(events) == 0 && h.size > 0 {
				t.Fatalf("seed %d: %d messages are never acknowledged", seed, h.size)
			}
			if dice.IntN(3) == 0 {
				h.failed(a)
				continue
			}
			requests++
			for _, x := range a.inputs {
				if _, again := acked[x.id]; again {
					t.Fatalf("seed %d: %s is acknowledged twice", seed, x.id)
				}
				acked[x.id] = requests
			}
			h.succeeded(a)
		}
		for id, firsts := range before {
			for _, first := range firsts {
				if acked[first] > acked[id] || acked[first] == acked[id] && !reaches(before, first, id) {
					t.Fatalf("seed %d: %s in request %d, and %s, of a first step, in %d", seed, id, acked[id], first, acked[first])
				}
			}
		}
	}
}

// reaches reports whether a message waits for another one, at first hand or not.
func reaches(before map[string][]string, from, to string) bool {
	seen, next := map[string]bool{}, []string{from}
	for len(next) > 0 {
		id := next[0]
		next = next[1:]
		if id == to {
			return true
		}
		if !seen[id] {
			seen[id] = true
			next = append(next, before[id]...)
		}
	}
	return false
}
