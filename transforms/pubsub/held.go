package pubsub

import (
	"sync"
	"time"
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

	mu      sync.Mutex
	byID    map[string]*input
	byRef   map[uint64]*input // of the events that are not done
	lastRef uint64

	queue   []*input      // to be acknowledged, in any order
	full    chan struct{} // has an element when the queue is worth a request
	circles [][]*input    // to be acknowledged, each in one request
	waiting []*input      // done, but for others: maybe in a circle

	acked, ackedBefore map[string]struct{} // ids, of two spans of remember
	rotated            time.Time

	fresh, renewed, again []renewal // each by time
}

// input is a message that is held.
type input struct {
	id    string
	ackID string // of its latest delivery
	left  int    // events that are not done; more than that until they are known
	stage stage
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

// unknown is how many events a message has that was not read yet.
const unknown = 1 << 30

func newHeld(given, lease time.Duration, now func() time.Time, count func(n int)) *held {
	return &held{
		given: given, lease: lease, now: now, count: count,
		// Later than that no delivery is under way that was made before.
		remember: max(given, lease) + 10*time.Second,
		full:     make(chan struct{}, 1),
		byID:     map[string]*input{},
		byRef:    map[uint64]*input{},
		acked:    map[string]struct{}{},
	}
}

// receive takes note of a delivery. It returns the message if it is a new one.
// One that is held already goes on being held, by the id of this delivery; one
// that was acknowledged is to be acknowledged once more.
func (h *held) receive(id, ackID string) *input {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	x := h.byID[id]
	known := x != nil
	if known {
		x.ackID = ackID
	} else {
		x = &input{id: id, ackID: ackID, left: unknown}
		h.byID[id] = x
		h.count(1)
	}
	at := now.Add(h.given / 2)
	if h.lease < h.given { // a long one would outlive a crash
		at = now
	}
	h.fresh = append(h.fresh, renewal{x, ackID, at})
	if known {
		return nil
	}
	if h.wasAcked(id, now) {
		x.left = 0
		h.settle(x)
		return nil
	}
	return x
}

// expect says how many events a message holds, at least one. It returns the Ref
// of the first; the others follow.
func (h *held) expect(x *input, events int) (ref uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ref = h.lastRef + 1
	h.lastRef += uint64(events)
	if x.stage == gone { // at a stop
		return ref
	}
	x.left = events
	for r := ref; r <= h.lastRef; r++ {
		h.byRef[r] = x
	}
	return ref
}

// done says that nothing more will come of the events with these Refs, by step
// where there are several. Each counts once; zeros and what is not held do not
// count.
func (h *held) done(refs []uint64) {
	if len(refs) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.byRef[refs[0]]
	for _, ref := range refs {
		x := h.byRef[ref]
		if x == nil {
			continue
		}
		delete(h.byRef, ref)
		if first != nil && x != first {
			x.waits++
			x.before = append(x.before, first)
			first.after = append(first.after, x)
		}
		if x.left--; x.left == 0 {
			h.settle(x)
		}
	}
}

// release acknowledges messages whatever their events are.
func (h *held) release(inputs []*input) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range inputs {
		if x.stage == open {
			x.left = 0
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
		if h.byID[x.id] == x {
			ackIDs = append(ackIDs, x.ackID)
			h.forget(x, gone)
		}
	}
	return ackIDs
}

// giveAll is give of all messages.
func (h *held) giveAll() (ackIDs []string) {
	h.mu.Lock()
	all := make([]*input, 0, len(h.byID))
	for _, x := range h.byID {
		all = append(all, x)
	}
	h.mu.Unlock()
	return h.give(all)
}

func (h *held) forget(x *input, how stage) {
	delete(h.byID, x.id)
	x.stage = how
	h.count(-1)
}

// size returns how many messages are held.
func (h *held) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.byID)
}

// wasAcked reports whether a message was acknowledged a short while ago.
func (h *held) wasAcked(id string, now time.Time) bool {
	h.rotate(now)
	_, last := h.acked[id]
	_, before := h.ackedBefore[id]
	return last || before
}

func (h *held) rotate(now time.Time) {
	if now.Sub(h.rotated) < h.remember {
		return
	}
	h.ackedBefore, h.acked = h.acked, map[string]struct{}{}
	if now.Sub(h.rotated) >= 2*h.remember {
		h.ackedBefore = nil
	}
	h.rotated = now
}
