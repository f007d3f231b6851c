package pubsub

import (
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/ledger"
)

// held are the messages of a subscription that are leased to this process and not
// acknowledged yet. It knows their deliveries and leases, and recognizes one that comes
// again. Its ledger knows their events, and so which message to acknowledge, and after
// which other one. It makes no requests itself.
type held struct {
	ledger   *ledger.Ledger
	given    time.Duration    // the lease of a message that is delivered
	lease    time.Duration    // what leases are extended by
	remember time.Duration    // how long an acknowledged message is known
	count    func(n int)      // is told how many messages come and go
	now      func() time.Time // the clock

	mu   sync.Mutex // of what follows; the ledger may be called with it
	size int        // how many there are
	// known has the messages that are held, by id, and those acknowledged a short while
	// ago, which are nil or not held.
	known      map[string]*input
	remembered fifo[remembered] // of the latter, by time

	fresh, renewed, again fifo[renewal] // each by time
}

// input is a message that was delivered.
type input struct {
	ledger.Message // its Owner is the input

	id    string
	ackID string // of its latest delivery
	held  bool   // it is neither acknowledged nor given back
	again bool   // it came again after it was acknowledged
}

// remembered is an acknowledged message as known has it, and until when.
type remembered struct {
	id    string
	input *input
	until int64 // Unix time in nanoseconds
}

// newHeld returns a held without a message. Consumers is how many steps take the events.
func newHeld(given, lease time.Duration, consumers int, now func() time.Time, count func(n int)) *held {
	return &held{
		ledger: ledger.New(consumers, maxIDs),
		given:  given, lease: lease, now: now, count: count,
		// Later than that no delivery is under way that was made before.
		remember: max(given, lease) + 10*time.Second,
		known:    map[string]*input{},
	}
}

// receive takes note of deliveries. It returns the message of each that is a new one, else
// nil. A message that is held stays the same, and takes the id of its latest delivery. One
// that was acknowledged is to be acknowledged once more.
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
		if x != nil && x.held {
			x.ackID = ackID
		} else {
			x = &input{id: id, ackID: ackID, held: true, again: known}
			x.Owner = x
			h.known[id] = x
			h.size++
			if known {
				h.ledger.Queue(&x.Message)
			} else {
				fresh[i] = x
			}
		}
		h.fresh.push(renewal{x, ackID, at})
	}
	h.count(h.size - size)
	return fresh
}

// give takes messages out, to be given back. It returns the ids of their leases.
// Whatever waits for one of them is never acknowledged.
func (h *held) give(messages []*ledger.Message) (ackIDs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var given []*ledger.Message
	for _, m := range messages {
		if x := m.Owner.(*input); x.held {
			x.held = false
			ackIDs = append(ackIDs, x.ackID)
			given = append(given, m)
			delete(h.known, x.id)
		}
	}
	h.ledger.GiveBack(given)
	h.size -= len(ackIDs)
	h.count(-len(ackIDs))
	return ackIDs
}

// giveAll is give of all messages.
func (h *held) giveAll() (ackIDs []string) {
	h.mu.Lock()
	all := make([]*ledger.Message, 0, h.size)
	for _, x := range h.known {
		if x != nil {
			all = append(all, &x.Message)
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
