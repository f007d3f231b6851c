package pubsub

import (
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
)

// held are the messages of a subscription that are leased to this process and
// not acknowledged yet, and what is known of their events. It decides what is to
// be acknowledged, in which order, and whose lease is to be extended; it makes no
// requests itself.
//
// A message is acknowledged once all of its events are done. Where an event is a
// later step of an order, the message waits until the acknowledgement of the
// first step's message is known: would only the later step's be acknowledged when
// the process dies, the order would start again without its payment, and time
// out. Messages of many events make a graph of such waits, and where they wait in
// a circle all of the circle is acknowledged in one request.
type held struct {
	given    time.Duration    // the lease of a message that is delivered
	lease    time.Duration    // what leases are extended by
	remember time.Duration    // how long an acknowledged message is known
	count    func(n int)      // is told how many messages come and go
	now      func() time.Time // the clock

	mu   sync.Mutex
	size int // how many there are
	// known has the messages that are held, by id, and those acknowledged a short while
	// ago, which are nil or acked.
	known      map[string]*input
	remembered fifo[remembered] // of the latter, by time
	refs       refs             // of the events that are not done

	queue   []*input      // to be acknowledged, in any order
	full    chan struct{} // has an element when the queue is worth a request
	circles [][]*input    // to be acknowledged, each in one request
	waiting []*input      // done, but for others: maybe in a circle

	fresh, renewed, again fifo[renewal] // each by time
}

// input is a message that is held.
type input struct {
	id    string
	ackID string // of its latest delivery
	left  int    // events, or parts, that are not done; more than that until all are known
	stage stage
	again bool // it came again after it was acknowledged
	// waits is how many of before are not acknowledged.
	waits         int
	before, after []*input
}

// stage is how far an input is.
type stage uint8

const (
	open   stage = iota // some event is not done, or another message comes first
	queued              // to be acknowledged
	sent                // being acknowledged
	acked               // acknowledged
	gone                // given back
)

// unknown is how many events more a message has that is not read to its end.
const unknown = 1 << 30

// remembered is an acknowledged message as known has it, and until when.
type remembered struct {
	id    string
	input *input
	until int64 // Unix time in nanoseconds
}

func newHeld(given, lease time.Duration, now func() time.Time, count func(n int)) *held {
	return &held{
		given: given, lease: lease, now: now, count: count,
		// Later than that no delivery is under way that was made before.
		remember: max(given, lease) + 10*time.Second,
		full:     make(chan struct{}, 1),
		known:    map[string]*input{},
	}
}

// receive takes note of deliveries. It returns the message of each that is a new one,
// else nil. One that is held already goes on being held, by the id of this delivery;
// one that was acknowledged is to be acknowledged once more.
func (h *held) receive(delivered []*pubsubpb.ReceivedMessage) []*input {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, size := h.now(), h.size
	h.forgetUntil(now)
	at := now.Add(h.given / 2)
	if h.lease < h.given { // a long one would outlive a crash
		at = now
	}
	fresh := make([]*input, len(delivered))
	for i, d := range delivered {
		id, ackID := d.GetMessage().GetMessageId(), d.GetAckId()
		x, known := h.known[id]
		if x != nil && x.stage != acked {
			x.ackID = ackID
		} else {
			x = &input{id: id, ackID: ackID, left: unknown, again: known}
			h.known[id] = x
			h.size++
			if known {
				x.left = 0
				h.settle(x)
			} else {
				fresh[i] = x
			}
		}
		h.fresh.push(renewal{x, ackID, at})
	}
	h.count(h.size - size)
	return fresh
}

// expect says how many events a part of a message holds, and whether it is the last
// part. It returns the Ref of the first; the others follow.
func (h *held) expect(x *input, events int, last bool) (ref uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x.stage == gone { // at a stop
		return h.refs.add(nil, events)
	}
	h.grow(x, events, last)
	return h.refs.add(x, events)
}

// expectPart is expect for who releases each part of a message as a whole.
func (h *held) expectPart(x *input, last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.grow(x, 1, last)
}

// grow adds to what is left of a message, which is known with its last part.
func (h *held) grow(x *input, by int, last bool) {
	if x.left += by; last {
		x.left -= unknown
		h.settle(x) // all before may be done
	}
}

// done says that nothing more will come of the events with these Refs, by step
// where there are several. Each counts once; zeros and what is not held do not
// count. An event that is marked as order.Later is not done, and follows the first.
func (h *held) done(refs []uint64) {
	if len(refs) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.refs.find(refs[0])
	for _, ref := range refs {
		var x *input
		later := ref&order.Later != 0
		if later {
			x = h.refs.find(ref &^ order.Later)
		} else {
			x = h.refs.take(ref)
		}
		if x == nil {
			continue
		}
		if first != nil && x != first {
			x.waits++
			x.before = append(x.before, first)
			first.after = append(first.after, x)
		}
		if later {
			continue
		}
		if x.left--; x.left == 0 {
			h.settle(x)
		}
	}
}

// release lets go of a part of each message, whatever its events are. A message is
// acknowledged with the last of its parts.
func (h *held) release(inputs []*input) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range inputs {
		if x.stage == open && x.left > 0 {
			x.left--
			h.settle(x)
		}
	}
}

// settle queues a message whose events are done, or lets it wait.
func (h *held) settle(x *input) {
	switch {
	case x.stage != open || x.left > 0:
	case x.waits > 0:
		h.waiting = append(h.waiting, x)
	default:
		x.stage = queued
		if h.queue = append(h.queue, x); len(h.queue) >= maxIDs {
			select {
			case h.full <- struct{}{}:
			default:
			}
		}
	}
}

// give takes messages out, to be given back. It returns the ids of their leases.
// Whatever waits for one of them is never acknowledged.
func (h *held) give(inputs []*input) (ackIDs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range inputs {
		if h.known[x.id] == x && x.stage != acked {
			ackIDs = append(ackIDs, x.ackID)
			x.stage = gone
			delete(h.known, x.id)
		}
	}
	h.size -= len(ackIDs)
	h.count(-len(ackIDs))
	return ackIDs
}

// giveAll is give of all messages.
func (h *held) giveAll() (ackIDs []string) {
	h.mu.Lock()
	all := make([]*input, 0, h.size)
	for _, x := range h.known {
		if x != nil {
			all = append(all, x)
		}
	}
	h.mu.Unlock()
	return h.give(all)
}

// isFull reports whether that many messages are held.
func (h *held) isFull(messages int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.size >= messages
}

// acknowledged takes out a message that is. It is known for a while, as a delivery that
// was made before may still come.
func (h *held) acknowledged(x *input, now time.Time) {
	x.stage = acked
	r := remembered{id: x.id, until: now.Add(h.remember).UnixNano()}
	if x.again { // so that it is not forgotten with its first acknowledgement
		r.input = x
	}
	h.known[x.id] = r.input
	h.remembered.push(r)
	h.size--
}

// forgetUntil forgets what was acknowledged long ago.
func (h *held) forgetUntil(now time.Time) {
	for h.remembered.n > 0 && h.remembered.first().until <= now.UnixNano() {
		if r := h.remembered.pop(); h.known[r.id] == r.input {
			delete(h.known, r.id)
		}
	}
}
