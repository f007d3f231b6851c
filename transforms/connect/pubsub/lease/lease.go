// Package lease has the messages of a subscription that are leased to this process. It says
// what to acknowledge, in which order, and whose lease to extend. It makes no requests.
package lease

import (
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/ledger"
)

// MaxIDs is how many leases a request may name: it is limited to 512 KiB, and an
// id may have more than 200 bytes.
const MaxIDs = 1000

// Table has the messages that are leased and not acknowledged yet. It knows their
// deliveries and leases, and recognizes one that comes again. Its ledger knows their
// events, and so which message to acknowledge, and after which other one. It is safe for
// concurrent use.
type Table struct {
	// Ledger is told what each message holds, and what becomes of it.
	Ledger *ledger.Ledger

	given    time.Duration    // the lease of a message that is delivered
	lease    time.Duration    // what leases are extended by
	remember time.Duration    // how long an acknowledged message is known
	count    func(n int)      // is told how many messages come and go
	now      func() time.Time // the clock

	// Acknowledged is called with the id of each message that is; nil: with none. It must
	// not block.
	Acknowledged func(id string)

	mu   sync.Mutex // of what follows; the ledger may be called with it
	size int        // how many there are
	// known has the messages that are held, by id, and those acknowledged a short while
	// ago, which are nil or not held.
	known      map[string]*input
	remembered fifo[remembered] // of the latter, by time

	fresh, renewed, again fifo[Renewal] // each by time
}

// input is a message that was delivered.
type input struct {
	ledger.Message // its Owner is the input

	id    string
	ackID string // of its latest delivery
	held  bool   // it is neither acknowledged nor given back
	again bool   // it came again after it was acknowledged
}

// ID returns the id of a message of a Table.
func ID(m *ledger.Message) string { return m.Owner.(*input).id }

// remembered is an acknowledged message as known has it, and until when.
type remembered struct {
	id    string
	input *input
	until int64 // Unix time in nanoseconds
}

// New returns an empty table. Given is the lease of a message that is delivered, and extend
// what leases are extended by. Consumers is how many steps take the events, and now the
// clock. Count is told by how many the messages that are held get more, or less.
func New(given, extend time.Duration, consumers int, now func() time.Time, count func(n int)) *Table {
	return &Table{
		Ledger: ledger.New(consumers, MaxIDs),
		given:  given, lease: extend, now: now, count: count,
		// Later than that no delivery is under way that was made before.
		remember: max(given, extend) + 10*time.Second,
		known:    map[string]*input{},
	}
}

// Receive takes note of deliveries. It returns the message of each that is a new one, else
// nil. A message that is held stays the same, and takes the id of its latest delivery. One
// that was acknowledged is to be acknowledged once more.
func (h *Table) Receive(delivered []*pubsubpb.ReceivedMessage) []*ledger.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, size := h.now(), h.size
	h.forgetUntil(now)
	at := now.Add(h.given / 2)
	if h.lease < h.given { // a long one would outlive a crash
		at = now
	}
	fresh := make([]*ledger.Message, len(delivered))
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
				h.Ledger.Queue(&x.Message)
			} else {
				fresh[i] = &x.Message
			}
		}
		h.fresh.push(Renewal{x, ackID, at})
	}
	h.count(h.size - size)
	return fresh
}

// Give takes messages out, to be given back. It returns the ids of their leases.
// Whatever waits for one of them is never acknowledged.
func (h *Table) Give(messages []*ledger.Message) (ackIDs []string) {
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
	h.Ledger.GiveBack(given)
	h.size -= len(ackIDs)
	h.count(-len(ackIDs))
	return ackIDs
}

// GiveAll is Give of all messages that are held.
func (h *Table) GiveAll() (ackIDs []string) {
	h.mu.Lock()
	all := make([]*ledger.Message, 0, h.size)
	for _, x := range h.known {
		if x != nil {
			all = append(all, &x.Message)
		}
	}
	h.mu.Unlock()
	return h.Give(all)
}

// IsFull reports whether that many messages are held.
func (h *Table) IsFull(messages int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.size >= messages
}
