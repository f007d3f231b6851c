package lease

import (
	"time"

	"ordertimeout/transforms/ledger"
)

// Ack is a request that acknowledges messages.
type Ack struct {
	batch ledger.Batch
	IDs   []string // the leases, by message
}

// NextAck returns what to acknowledge next: at most max messages, but where they
// wait for one another. It is empty where there is nothing. The caller says
// Succeeded or Failed before the next one.
func (h *Table) NextAck(max int) Ack {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := Ack{batch: h.Ledger.Next(max)}
	for _, m := range a.batch.Messages {
		a.IDs = append(a.IDs, m.Owner.(*input).ackID)
	}
	return a
}

// Succeeded says that the messages are acknowledged. One that was delivered again
// in the meantime has another lease, and is to be acknowledged by that.
func (h *Table) Succeeded(a Ack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, size := h.now(), h.size
	done := make([]*ledger.Message, 0, len(a.IDs))
	for i, m := range a.batch.Messages {
		switch x := m.Owner.(*input); {
		case !x.held:
		case x.ackID != a.IDs[i]:
			h.Ledger.Queue(m)
		default:
			h.acknowledged(x, now)
			done = append(done, m)
		}
	}
	h.Ledger.LetGo(done)
	h.count(h.size - size)
}

// Failed says that the request failed. It is made again.
func (h *Table) Failed(a Ack) { h.Ledger.Failed(a.batch) }

// acknowledged takes out a message that is. It is known for a while, as a delivery that
// was made before may still come.
func (h *Table) acknowledged(x *input, now time.Time) {
	x.held = false
	if h.Acknowledged != nil {
		h.Acknowledged(x.id)
	}
	r := remembered{id: x.id, until: now.Add(h.remember).UnixNano()}
	if x.again { // so that it is not forgotten with its first acknowledgement
		r.input = x
	}
	h.known[x.id] = r.input
	h.remembered.push(r)
	h.size--
}

// forgetUntil forgets what was acknowledged long ago.
func (h *Table) forgetUntil(now time.Time) {
	for h.remembered.n > 0 && h.remembered.first().until <= now.UnixNano() {
		if r := h.remembered.pop(); h.known[r.id] == r.input {
			delete(h.known, r.id)
		}
	}
}
