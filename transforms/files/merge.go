package files

import (
	"container/heap"
	"io"
)

// merge makes one log of several inputs: always the input whose next event is
// the earliest, and of equals the one whose path comes first. What is malformed
// has no time, and comes as soon as it is seen.
type merge struct {
	unread []*head // inputs whose next event is not known yet, the last first
	heads  heads
}

// head is an input and its next event.
type head struct {
	*input
	entry entry
	index int
}

func newMerge(inputs []*input) *merge {
	m := &merge{}
	for i := len(inputs) - 1; i >= 0; i-- {
		m.unread = append(m.unread, &head{input: inputs[i], index: i})
	}
	return m
}

// next returns the next entry of the log, or io.EOF. After another error there
// is no next entry: an input that breaks off leaves a hole in the log, and
// events of other inputs from behind the hole would make the orders in it look
// unpaid.
func (m *merge) next() (entry, error) {
	for len(m.unread) > 0 {
		last := len(m.unread) - 1
		h := m.unread[last]
		e, err := h.next()
		switch {
		case err == io.EOF:
			h.stream.Close()
		case err != nil:
			return entry{}, err
		case e.malformed != nil:
			return e, nil
		default:
			h.entry = e
			heap.Push(&m.heads, h)
		}
		m.unread = m.unread[:last]
	}
	if len(m.heads) == 0 {
		return entry{}, io.EOF
	}
	h := heap.Pop(&m.heads).(*head)
	m.unread = append(m.unread, h)
	return h.entry, nil
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
