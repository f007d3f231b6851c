package pubsub

import "slices"

// ack is a request that acknowledges messages.
type ack struct {
	inputs []*input
	ids    []string // the leases, by input
	circle bool     // the messages wait for one another
}

// ready returns how many messages are to be acknowledged, in any order.
func (h *held) ready() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.queue)
}

// nextAck returns what to acknowledge next: at most max messages, but where they
// wait for one another. It is empty where there is nothing. The caller says
// succeeded or failed before the next one.
func (h *held) nextAck(max int) ack {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.untangle()
	var a ack
	for len(a.inputs) == 0 {
		switch {
		case len(h.queue) > 0:
			n := min(len(h.queue), max)
			a = ack{inputs: slices.Clone(h.queue[:n])}
			h.queue = h.queue[n:]
		case len(h.circles) > 0:
			a = ack{inputs: h.circles[0], circle: true}
			h.circles = h.circles[1:]
		default:
			return ack{}
		}
		a.inputs = slices.DeleteFunc(a.inputs, func(x *input) bool { return x.stage == gone })
	}
	for _, x := range a.inputs {
		x.stage = sent
		a.ids = append(a.ids, x.ackID)
	}
	return a
}

// succeeded says that the messages are acknowledged. One that was delivered again
// in the meantime has another lease, and is to be acknowledged by that.
func (h *held) succeeded(a ack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, size := h.now(), h.size
	for i, x := range a.inputs {
		switch {
		case x.stage == gone:
		case x.ackID != a.ids[i]:
			x.stage = queued
			h.queue = append(h.queue, x)
		default:
			h.acknowledged(x, now)
			for _, next := range x.after {
				next.waits--
				h.settle(next)
			}
			x.before, x.after = nil, nil // they would keep all that ever was
		}
	}
	h.count(h.size - size)
}

// failed says that the request failed. It is made again.
func (h *held) failed(a ack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range a.inputs {
		if x.stage == sent {
			x.stage = queued
		}
	}
	if a.circle {
		h.circles = append(h.circles, a.inputs)
		return
	}
	h.queue = append(h.queue, a.inputs...)
}

// untangle looks for circles among the messages that wait. It is enough to look
// when the last event of a message is done, or a message that it waited for is
// acknowledged: nothing else closes a circle or lays one open.
func (h *held) untangle() {
	if len(h.waiting) == 0 {
		return
	}
	t, before := tangle{}, len(h.circles)
	for _, x := range h.waiting {
		if t[x] == nil && x.stage == open && slices.ContainsFunc(x.before, waits) {
			h.circles = t.visit(x, h.circles, &[]*input{})
		}
	}
	for _, circle := range h.circles[before:] {
		for _, x := range circle {
			x.stage = queued
		}
	}
	h.waiting = nil
}

// waits reports whether a message is done, but waits for others.
func waits(x *input) bool { return x.stage == open && x.left == 0 && x.waits > 0 }
