package cep

// history has the ended runs of a key that are remembered behind State.ended, in the
// order in which they are forgotten. Few keys have any, and most of those have one. But
// where all events are of one key, it has as many as there are orders in the time of the
// window. So once there are many, neither a look-up nor forgetting goes over all of them.
type history struct {
	runs []past // those before head are forgotten
	head int
	// latest is the end of the run that ended last. It is right until the history is
	// empty: by the time that a run is forgotten, all that ended before it are.
	latest int64
	prints int // how many all runs have together
	// index has the prints of all runs, each with the number of runs that have it; nil
	// where they are few.
	index map[uint64]uint32
}

// len returns the number of runs: 0 where there is no history.
func (h *history) len() int { return len(h.all()) }

// all returns the runs: none where there is no history.
func (h *history) all() []past {
	if h == nil {
		return nil
	}
	return h.runs[h.head:]
}

// knows reports whether an event with this print is one of the runs', and how many
// sets of prints it has looked at, which is never many.
func (h *history) knows(print uint64) (known bool, looked int) {
	if h.index != nil {
		return h.index[print] > 0, 1
	}
	for i, runs := 0, h.all(); i < len(runs); i++ {
		if runs[i].prints.has(print) {
			return true, i + 1
		}
	}
	return false, h.len()
}

// push adds a run behind the others.
func (h *history) push(p past) {
	if h.len() == 0 || p.ended > h.latest {
		h.latest = p.ended
	}
	h.runs = append(h.runs, p)
	h.prints += p.prints.len()
	switch {
	case h.index != nil:
		for print := range p.prints.all {
			h.index[print]++
		}
	case h.prints >= indexFrom:
		h.makeIndex()
	}
}

func (h *history) makeIndex() {
	h.index = make(map[uint64]uint32, h.prints)
	for _, p := range h.all() {
		for print := range p.prints.all {
			h.index[print]++
		}
	}
}

// pop removes the first run and returns it. There is one.
func (h *history) pop() past {
	p := h.runs[h.head]
	h.runs[h.head] = past{}
	h.head++
	h.prints -= p.prints.len()
	if h.index != nil {
		for print := range p.prints.all {
			if h.index[print]--; h.index[print] == 0 {
				delete(h.index, print)
			}
		}
	}
	if h.head >= h.len() {
		h.tidy()
	}
	return p
}

// tidy moves the runs to the front. That costs no more than it took to forget those
// that were there. Much memory is given back where little of it is used.
func (h *history) tidy() {
	live := h.all()
	h.head = 0
	if cap(h.runs) >= indexFrom && len(live) < cap(h.runs)/8 {
		h.runs = append([]past(nil), live...)
		if h.index = nil; h.prints >= indexFrom {
			h.makeIndex()
		}
		return
	}
	n := copy(h.runs, live)
	clear(h.runs[n:])
	h.runs = h.runs[:n]
}
