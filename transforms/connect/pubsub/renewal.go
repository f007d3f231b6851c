package pubsub

import "time"

// renewal is when a lease is to be extended.
type renewal struct {
	input *input
	ackID string
	at    time.Time
}

// renewals returns leases to be extended now, at most max. The caller says
// extended or notExtended before it asks again.
func (h *held) renewals(max int) []renewal {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	var due []renewal
	for _, list := range []*fifo[renewal]{&h.again, &h.fresh, &h.renewed} {
		for list.n > 0 && len(due) < max && !list.first().at.After(now) {
			if r := list.pop(); h.holds(r) {
				due = append(due, r)
			}
		}
	}
	return due
}

// holds reports whether the lease is the one that its message is held by.
func (h *held) holds(r renewal) bool { return r.input.held && r.input.ackID == r.ackID }

// extended says that the leases were extended.
func (h *held) extended(due []renewal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.now().Add(h.lease / 2)
	for _, r := range due {
		if h.holds(r) {
			r.at = at
			h.renewed.push(r)
		}
	}
}

// notExtended says that the request failed. It is made again.
func (h *held) notExtended(due []renewal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range due {
		h.again.push(r)
	}
}
