package cep

import (
	"slices"

	"ordertimeout/transforms/cep/syntax"
)

// sortMatches puts the matches of the run at hand into their order.
func (m *Matcher) sortMatches(l *live) {
	if len(m.matches) > 1 {
		slices.SortStableFunc(m.matches, func(a, b match) int { return l.compare(a.node, b.node) })
	}
}

// release gives the matches that are held back, the earliest first, as long as no run is
// open that began before, and ends what each of them skips.
func (m *Matcher) release(l *live, now int64) {
	if !m.anyToRelease(l) {
		return
	}
	slices.SortStableFunc(l.held, func(a, b held) int {
		if c := compareSeq(a.seq, b.seq); c != 0 {
			return c
		}
		return l.compare(a.node, b.node)
	})
	for len(l.held) > 0 {
		h := l.held[0]
		if first := slices.IndexFunc(l.runs, func(r run) bool { return r.branches > 0 }); first >= 0 && l.runs[first].seq < h.seq {
			return
		}
		i, _ := slices.BinarySearchFunc(l.runs, h.seq, func(r run, seq uint64) int { return compareSeq(r.seq, seq) })
		l.held = slices.Delete(l.held, 0, 1)
		l.runs[i].held--
		l.runs[i].matched = true
		m.matched(l, match{h.node, h.endedAt, h.deadline}, now)
		m.prune(l, m.bound(l, h))
		l.release(h.node)
	}
}

// anyToRelease reports whether a match is held back, and no run is open that began before.
func (m *Matcher) anyToRelease(l *live) bool {
	first := slices.IndexFunc(l.runs, func(r run) bool { return r.branches > 0 })
	return slices.ContainsFunc(l.held, func(h held) bool { return first < 0 || h.seq <= l.runs[first].seq })
}

// bound returns the order of the first event that a run may begin with after a match.
func (m *Matcher) bound(l *live, h held) uint64 {
	switch m.prog.skip.To {
	case syntax.SkipToNext:
		return h.seq + 1
	case syntax.SkipPastLast:
		return l.events[l.nodes[h.node].event].order + 1
	}
	bound := uint64(0)
	for n := h.node; n != 0; n = l.nodes[n].prev {
		if int(l.nodes[n].step) != m.prog.skipStep {
			continue
		}
		if bound = l.events[l.nodes[n].event].order; m.prog.skip.To == syntax.SkipToLast {
			break
		}
	}
	return bound
}

// prune ends the runs that begin before a bound, and drops what is held back of them.
func (m *Matcher) prune(l *live, bound uint64) {
	from, kept := 0, l.branches[:0]
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		if r.seq >= bound {
			kept = append(kept, of...)
			continue
		}
		if r.branches == 0 && r.held == 0 {
			continue // it has ended at this moment already
		}
		for _, b := range of {
			l.release(b.node)
		}
		if r.end != Overflowed {
			r.end = Skipped
		}
		m.drop(l, r)
	}
	l.branches = kept
}

// drop makes a run one without branches and without matches that are held back.
func (m *Matcher) drop(l *live, r *run) {
	r.branches = 0
	if r.held == 0 {
		return
	}
	l.held = slices.DeleteFunc(l.held, func(h held) bool {
		if h.seq != r.seq {
			return false
		}
		l.release(h.node)
		return true
	})
	r.held = 0
}

// sweep removes the runs that have ended, and remembers them from a place in time on.
func (m *Matcher) sweep(l *live, at int64) {
	kept := l.runs[:0]
	for i := range l.runs {
		r := l.runs[i]
		if r.branches > 0 || r.held > 0 {
			kept = append(kept, r)
			continue
		}
		if r.matched && r.end != Overflowed {
			r.end = Matched
		}
		m.out.Ends[r.end]++
		if r.lost != nil {
			l.release(r.lost.node)
		}
		extra := m.prog.extra(l, &r)
		l.releaseEvent(r.event)
		l.known.end(r.seq, at, extra)
	}
	clear(l.runs[len(kept):])
	l.runs = kept
}
