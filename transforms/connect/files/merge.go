package files

import (
	"container/heap"
	"io"
	"time"
)

// merge makes one log of several inputs: always the input whose next event is
// the earliest, and of equals the one whose path comes first. What is malformed
// has no time, and comes as soon as it is seen; so does an event whose clock is
// wrong. Each event gets its place in time as it is handed out.
type merge struct {
	clock *clock
	doubt doubt

	unread []*head // inputs whose next event is not known yet, the last first
	heads  heads
	judged bool     // the clock has followed an event, and the heads were judged by it
	wrong  []*head  // inputs whose next event has its turn at once, as its clock is wrong
	last   *head    // the live pipe, until all else is read; nil without one
	ended  []*input // that have come to their ends, for who takes note of it

	unfollowed unfollowed

	dry    []*head // followed inputs that have had nothing to read, when they were polled
	polled time.Time
	calls  int
	// idle is called where there is nothing to read at all, with the time before the look
	// that found so; zero: something may wait that is not read yet. It waits a while. An
	// error ends the reading.
	idle func(at time.Time) error
}

// head is an input and its next event.
type head struct {
	*input
	entry entry
	index int
	// pending are the times of a pipe's events that were handed out before it was known
	// whether the clock is to follow them. The first one is in doubt.
	pending []int64
}

// newMerge returns the log of inputs. A live pipe comes after all others: what a run
// before it has left open must not wait for what is still to happen.
func newMerge(inputs []*input, c *clock, d doubt, live bool) *merge {
	m := &merge{clock: c, doubt: d}
	for i := len(inputs) - 1; i >= 0; i-- {
		h := &head{input: inputs[i], index: i}
		if live && h.pipe != nil {
			m.last = h
			continue
		}
		m.unread = append(m.unread, h)
	}
	return m
}

// next returns the next entry of the log, or io.EOF. After another error there
// is no next entry: an input that breaks off leaves a hole in the log, and
// events of other inputs from behind the hole would make the orders in it look
// unpaid.
func (m *merge) next() (entry, error) {
	for {
		if n := len(m.wrong); n > 0 {
			h := m.wrong[n-1]
			m.wrong = m.wrong[:n-1]
			m.unread = append(m.unread, h)
			m.handOut(&h.entry)
			return h.entry, nil
		}
		if e, done, err := m.look(); done || err != nil {
			return e, err
		}
		switch {
		case len(m.heads) > 0:
			return m.first(), nil
		case len(m.dry) > 0:
			if err := m.idle(m.looked()); err != nil {
				return entry{}, err
			}
		case m.last != nil:
			m.unread, m.last = append(m.unread, m.last), nil
		default:
			return entry{}, io.EOF
		}
	}
}

// look looks for the next events of the inputs that have been read up to now. It returns an
// entry that does not wait for its turn, if there is one.
func (m *merge) look() (e entry, done bool, err error) {
	m.poll()
	for len(m.unread) > 0 {
		h := m.unread[len(m.unread)-1]
		e, err := h.next()
		switch {
		case err == errDry:
			m.settle(h, false)
			m.dry = append(m.dry, h)
		case err == io.EOF:
			m.settle(h, true)
			h.end()
			h.stream.Close()
			m.ended = append(m.ended, h.input)
		case err != nil:
			return entry{}, true, err
		case e.malformed != nil:
			return e, true, nil
		case m.handAtOnce(h, &e):
			return e, true, nil
		default:
			h.entry = e
			heap.Push(&m.heads, h)
		}
		m.unread = m.unread[:len(m.unread)-1]
	}
	return entry{}, false, nil
}

// first hands out the earliest event.
func (m *merge) first() entry {
	h := heap.Pop(&m.heads).(*head)
	m.unread = append(m.unread, h)
	if !m.clock.begun && m.handAtOnce(h, &h.entry) {
		return h.entry
	}
	m.clock.stamp(&h.entry.event)
	m.clock.follow(h.entry.event.Time)
	if !m.judged {
		m.judgeHeads()
	}
	return h.entry
}

// poll lets followed inputs be read again that have had nothing, now and then while others
// have something.
func (m *merge) poll() {
	if len(m.dry) == 0 {
		return
	}
	if m.calls++; len(m.heads) > 0 && (m.calls%64 != 0 || time.Since(m.polled) < pollEvery) {
		return
	}
	m.polled = time.Now()
	m.unread, m.dry = append(m.unread, m.dry...), nil
}

// looked returns the time before the look that found nothing in any input. It is zero while
// one has lost its name: what the next file of that name has waits until its turn.
func (m *merge) looked() time.Time {
	for _, h := range m.dry {
		if tail := h.stream.tail; tail != nil && !tail.gone.IsZero() {
			return time.Time{}
		}
	}
	return m.polled
}

// judgeHeads judges the next events of all inputs once there is a time to judge them
// by. One whose clock is wrong has its turn now, and not by its time.
func (m *merge) judgeHeads() {
	m.judged = true
	var right heads
	for _, h := range m.heads {
		if m.doubt.judge(m.clock, h.entry.event.Time, h.ahead, h.ended) == followed {
			right = append(right, h)
		} else {
			m.wrong = append(m.wrong, h)
		}
	}
	heap.Init(&right)
	m.heads = right
}

// handAtOnce hands an event out that does not wait for its turn, and reports whether it
// did. Such an event has a wrong clock; or it is in doubt and of a pipe that is all there
// is to read, where to look ahead would hold it back.
func (m *merge) handAtOnce(h *head, e *entry) bool {
	at := e.event.Time
	alone := len(m.heads)+len(m.wrong) == 0 && len(m.unread) == 1
	switch {
	case len(h.pending) == 0 && m.doubt.near(m.clock, at):
		return false
	case h.pipe != nil && alone || h.parts != nil:
		m.handOut(e)
		h.pending = append(h.pending, at)
		m.settle(h, false)
		return true
	case !m.clock.begun && !alone:
		return false // there is an earlier one, perhaps
	case m.doubt.judge(m.clock, at, h.ahead, h.ended) == followed:
		return false
	}
	m.handOut(e)
	return true
}

// handOut gives an event its place in time, and does not let the clock follow it.
func (m *merge) handOut(e *entry) {
	m.clock.stamp(&e.event)
	m.unfollowed.add(e.event.Time, m.clock.largest)
}

// settle decides on the pending events of a pipe, as far as that is possible.
func (m *merge) settle(h *head, ended bool) {
	if ended && h.pipe != nil && h.pipe.halted() {
		return // it was stopped and has no end that could decide
	}
	next := func(i int) (int64, bool) {
		if i+1 < len(h.pending) {
			return h.pending[i+1], true
		}
		return 0, false
	}
	for len(h.pending) > 0 {
		switch m.doubt.judge(m.clock, h.pending[0], next, func() bool { return ended }) {
		case unknown:
			return
		case followed:
			m.clock.follow(h.pending[0])
		}
		h.pending = h.pending[1:]
	}
}

// heads is a heap, the earliest event first.
type heads []*head

func (h heads) Len() int { return len(h) }
func (h heads) Less(i, j int) bool {
	if a, b := h[i].entry.event.Time, h[j].entry.event.Time; a != b {
		return a < b
	}
	return h[i].index < h[j].index
}
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)   { *h = append(*h, x.(*head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
