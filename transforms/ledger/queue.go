package ledger

import "slices"

// Batch is what to let go of in one request.
type Batch struct {
	Messages []*Message

	circle bool // they wait for one another
}

// settle queues a message whose events are done, or lets it wait.
func (l *Ledger) settle(m *Message) {
	switch {
	case m.stage != open || m.left > 0:
	case m.waits > 0:
		l.waiting = append(l.waiting, m)
	default:
		l.enqueue(m)
	}
}

func (l *Ledger) enqueue(m *Message) {
	m.stage = queued
	if l.queue = append(l.queue, m); len(l.queue) >= l.enough {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// Queue is for a message that is to be let go of whatever the ledger knows of it: one
// that was let go of and came again, or one of a [Batch] that came again meanwhile.
func (l *Ledger) Queue(m *Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.stage != gone {
		l.enqueue(m)
	}
}

// Full has an element when the queue has enough messages: see [New].
func (l *Ledger) Full() <-chan struct{} { return l.full }

// Ready returns how many messages may be let go of in any order.
func (l *Ledger) Ready() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// Next returns what to let go of next: at most max messages, or all of a circle. It is
// empty where there is nothing. The caller says LetGo or Failed of what it got.
func (l *Ledger) Next(max int) Batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.untangle()
	var b Batch
	for len(b.Messages) == 0 {
		switch {
		case len(l.queue) > 0:
			n := min(len(l.queue), max)
			b = Batch{Messages: slices.Clone(l.queue[:n])}
			l.queue = l.queue[n:]
		case len(l.circles) > 0:
			b = Batch{Messages: l.circles[0], circle: true}
			l.circles = l.circles[1:]
		default:
			return Batch{}
		}
		b.Messages = slices.DeleteFunc(b.Messages, func(m *Message) bool { return m.stage == gone })
	}
	for _, m := range b.Messages {
		m.stage = sent
	}
	return b
}

// LetGo says that the source has let go of messages of a [Batch]. Whoever waited for
// them comes next. Those that were given back meanwhile do not count.
func (l *Ledger) LetGo(messages []*Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		if m.stage != sent {
			continue
		}
		m.stage = free
		for _, next := range m.after {
			next.waits--
			l.settle(next)
		}
		m.before, m.after = nil, nil // they would keep all that ever was
	}
}

// Failed says that the source could not let go of a batch. It comes again.
func (l *Ledger) Failed(b Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range b.Messages {
		if m.stage == sent {
			m.stage = queued
		}
	}
	if b.circle {
		l.circles = append(l.circles, b.Messages)
		return
	}
	l.queue = append(l.queue, b.Messages...)
}

// untangle queues the circles among the messages that wait. A message gets on the list
// when its last Ref is let go of, and when one that it waited for is. Nothing else can
// complete a circle, or free one of what it waits for.
func (l *Ledger) untangle() {
	if len(l.waiting) == 0 {
		return
	}
	g, before := waitGraph{}, len(l.circles)
	for _, m := range l.waiting {
		if g[m] == nil && m.stage == open && slices.ContainsFunc(m.before, waits) {
			l.circles = g.visit(m, l.circles, &[]*Message{})
		}
	}
	for _, circle := range l.circles[before:] {
		for _, m := range circle {
			m.stage = queued
		}
	}
	l.waiting = nil
}

// waits reports whether a message is done, but waits for others.
func waits(m *Message) bool { return m.stage == open && m.left == 0 && m.waits > 0 }
