package cep

import (
	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
)

// give gives the event at hand to all branches, run by run in the order of their first
// events, and ends the runs that have no branch left.
func (m *Matcher) give(l *live, s *summary) {
	m.next = m.next[:0]
	from, rest := 0, len(l.branches)
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		rest -= len(of)
		if len(of) > 0 { // else it has matches alone, which are held back
			m.giveRun(l, i, of, rest, s)
		}
	}
	l.branches = append(l.branches[:0], m.next...)
}

// giveRun gives the event to the branches of a run, and replaces them by what they have
// become. rest is how many branches the runs behind it have.
func (m *Matcher) giveRun(l *live, i int, of []branch, rest int, s *summary) {
	r := &l.runs[i]
	start := len(m.next)
	m.matches = m.matches[:0]
	var given summary
	var deadline int64
	if m.prog.cancelled {
		deadline = m.prog.lastEnd(l, r, of)
		defer m.dropEnded(l)
	}
	for j, b := range of {
		m.giveBranch(l, r, b, &given)
		if len(m.next)+rest > m.prog.maxBranches {
			given.overflow = Branches
		}
		if given.overflow != NoBound {
			for _, b := range of[j+1:] {
				l.release(b.node)
			}
			m.overflow(l, r, start, given.overflow)
			return
		}
	}
	if given.taken || given.stopped {
		m.know(l, i)
	}
	s.taken = s.taken || given.taken
	s.stopped = s.stopped || given.stopped
	m.settle(l, r, start)
	if r.branches = uint32(len(m.next) - start); r.branches > 0 {
		return
	}
	r.end = Broken
	if given.stopped {
		r.end = Cancelled
		if len(m.ended) > 0 && !r.matched && r.held == 0 {
			m.cancel(l, deadline)
		}
	}
}

// summary is what an event has done.
type summary struct {
	opened  bool // it has opened a run
	taken   bool // a branch has taken it
	stopped bool // it has ended a branch by a negation
	// overflow is the bound that the run would exceed.
	overflow Bound
}

// giveBranch adds what becomes of a branch to next and to matches.
func (m *Matcher) giveBranch(l *live, r *run, b branch, s *summary) {
	state := &m.prog.program.States[b.state]
	m.nextBranch()
	if m.gentle && !m.fitsGently(l, r, b) {
		m.next = append(m.next, b)
		return
	}
	if step := m.stops(l, b, state); step >= 0 {
		s.stopped = true
		if m.prog.cancelled {
			m.ended = append(m.ended, ended{b.node, step}) // and the reference with it
			return
		}
		m.letGo(l, b.node)
		l.release(b.node)
		return
	}
	next, matches := len(m.next), len(m.matches)
	for i := range state.Ways {
		w := &state.Ways[i]
		if w.Op == program.Stop || w.Within > 0 && m.event.Time-l.last(b) >= w.Within || !m.holds(l, b.node, w.When) {
			continue
		}
		switch w.Op {
		case program.Take:
			m.take(l, r, b, w, s)
		case program.Ignore:
			m.next = append(m.next, branch{uint32(w.To), l.hold(b.node)})
		case program.Accept:
			m.matches = append(m.matches, match{l.hold(b.node), m.event.Time, l.deadlineOf(r, b, w)})
		}
	}
	if len(m.next) == next && len(m.matches) == matches {
		m.letGo(l, b.node)
	}
	l.release(b.node)
}

// stops returns the negated step as which the event ends the branch, or -1. Of several it
// is the first of the pattern, where that is told.
func (m *Matcher) stops(l *live, b branch, state *program.State) int {
	first := -1
	for i := range state.Ways {
		if w := &state.Ways[i]; w.Op == program.Stop && (first < 0 || w.Step < first) && m.holds(l, b.node, w.When) {
			if first = w.Step; !m.prog.cancelled {
				break
			}
		}
	}
	return first
}

// take gives the event to a branch as a step.
func (m *Matcher) take(l *live, r *run, b branch, w *program.Way, s *summary) {
	s.taken = true
	switch {
	case int(l.nodes[b.node].len) >= m.prog.maxEvents:
		s.overflow = Length
		return
	case int(l.used) >= m.prog.maxKept:
		s.overflow = Kept
		return
	}
	if m.stored == 0 {
		m.stored = l.store(m.event, m.print)
		l.events[m.stored].early = uint32(m.early)
	}
	n := l.grow(m.stored, b.node, uint32(w.Step))
	for _, final := range w.Final {
		if m.holds(l, b.node, final) {
			m.matches = append(m.matches, match{l.hold(n), m.event.Time, l.deadlineOf(r, b, w)})
			if m.given += int(l.nodes[n].len); m.given > m.prog.maxGiven {
				s.overflow = Given
			}
			break
		}
	}
	if len(m.prog.program.States[w.To].Ways) > 0 {
		m.next = append(m.next, branch{uint32(w.To), n})
		return
	}
	l.release(n)
}

// know notes that a run knows the event.
func (m *Matcher) know(l *live, i int) {
	before := uint64(0)
	if i > 0 {
		before = l.runs[i-1].seq
	}
	l.known.add(m.print, l.runs[i].seq, before)
}

// settle gives the matches of a run, the first in their order first: at once, or to those
// that a skip holds back. Without every the first one ends the run, and its branches are
// dropped, which are in next from start on.
func (m *Matcher) settle(l *live, r *run, start int) {
	m.sortMatches(l)
	for i, match := range m.matches {
		switch {
		case m.prog.skip.To != syntax.NoSkip:
			l.held = append(l.held, held{r.seq, match.node, match.endedAt, match.deadline})
			r.held++
			continue // which keeps the reference
		case m.prog.every || i == 0:
			r.matched = true
			m.matched(l, match, match.endedAt)
		}
		l.release(match.node)
	}
	if !m.prog.every && r.matched {
		m.dropNext(l, start)
	}
	m.matches = m.matches[:0]
}

// dropNext drops the branches in next from a place on.
func (m *Matcher) dropNext(l *live, start int) {
	for _, b := range m.next[start:] {
		l.release(b.node)
	}
	m.next = m.next[:start]
}

// open opens a run by the event at hand, if it takes it as a first step.
func (m *Matcher) open(l *live, s *summary) {
	m.nextBranch()
	start := &m.prog.program.States[0]
	m.next, m.matches = m.next[:0], m.matches[:0]
	r := run{deadline: m.deadlineOfRun(), reminded: allAges}
	if len(m.prog.remind) > 0 {
		r.reminded = m.event.At - m.event.Time // ages that have passed are left out
	}
	var given summary
	for i := range start.Ways {
		if w := &start.Ways[i]; m.holds(l, 0, w.When) {
			m.take(l, &r, branch{}, w, &given)
		}
	}
	if !given.taken {
		return
	}
	if m.stored == 0 {
		return // the key keeps as much as it may
	}
	s.opened = true
	if m.windowErr != nil {
		m.out.conditionError(m.event, m.prog.window, m.windowErr)
	}
	r.event, r.seq = m.stored, l.events[m.stored].order
	l.events[m.stored].refs++
	l.runs = append(l.runs, r)
	i := len(l.runs) - 1
	m.know(l, i)
	if m.prog.started {
		m.opened(l, &l.runs[i])
	}
	if len(l.branches)+len(m.next) > m.prog.maxBranches {
		given.overflow = Branches
	}
	if given.overflow != NoBound {
		m.overflow(l, &l.runs[i], 0, given.overflow)
		return
	}
	m.settle(l, &l.runs[i], 0)
	l.runs[i].branches, l.runs[i].end = uint32(len(m.next)), Broken
	l.branches = append(l.branches, m.next...)
}
