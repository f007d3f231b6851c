package pubsub

import (
	"time"

	"ordertimeout/transforms/ledger"
)

// ack is a request that acknowledges messages.
type ack struct {
	batch ledger.Batch
	ids   []string // the leases, by message
}

// nextAck returns what to acknowledge next: at most max messages, but where they
// wait for one another. It is empty where there is nothing. The caller says
// succeeded or failed before the next one.
func (h *held) nextAck(max int) ack {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := ack{batch: h.ledger.Next(max)}
	for _, m := range a.batch.Messages {
		a.ids = append(a.ids, m.Owner.(*input).ackID)
	}
	return a
}

// succeeded says that the messages are acknowledged. One that was delivered again
// in the meantime has another lease, and is to be acknowledged by that.
func (h *held) succeeded(a ack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, size := h.now(), h.size
	done := make([]*ledger.Message, 0, len(a.ids))
	for i, m := range a.batch.Messages {
		switch x := m.Owner.(*input); {
		case !x.held:
		case x.ackID != a.ids[i]:
			h.ledger.Queue(m)
		default:
			h.acknowledged(x, now)
			done = append(done, m)
		}
	}
	h.ledger.LetGo(done)
	h.count(h.size - size)
}

// failed says that the request failed. It is made again.
func (h *held) failed(a ack) { h.ledger.Failed(a.batch) }

// acknowledged takes out a message that is. It is known for a while, as a delivery that
// was made before may still come.
func (h *held) acknowledged(x *input, now time.Time) {
	x.held = false
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
