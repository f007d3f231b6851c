package lease

import "time"

// Renewal is when a lease is to be extended.
type Renewal struct {
	input *input
	// AckID is the id of the lease.
	AckID string
	at    time.Time
}

// Renewals returns leases to be extended now, at most max. The caller says
// Extended or NotExtended before it asks again.
func (h *Table) Renewals(max int) []Renewal {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	var due []Renewal
	for _, list := range []*fifo[Renewal]{&h.again, &h.fresh, &h.renewed} {
		for list.n > 0 && len(due) < max && !list.first().at.After(now) {
			if r := list.pop(); h.holds(r) {
				due = append(due, r)
			}
		}
	}
	return due
}

// holds reports whether the lease is the one that its message is held by.
func (h *Table) holds(r Renewal) bool { return r.input.held && r.input.ackID == r.AckID }

// Extended says that the leases were extended.
func (h *Table) Extended(due []Renewal) {
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

// NotExtended says that the request failed. It is made again.
func (h *Table) NotExtended(due []Renewal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range due {
		h.again.push(r)
	}
}

// Tick returns how often to look for renewals.
func (h *Table) Tick() time.Duration { return min(h.given, h.lease) / 10 }
