package cep

import "ordertimeout/transforms/cep/program"

// stepLate judges an event that came behind the watermark, of a pattern that has one branch
// at a time.
func (m *Matcher) stepLate(l *live) Result {
	e, steps := m.event, len(m.prog.program.Steps)
	resolves := m.resolve(l)
	if len(l.branches) == 0 {
		switch opens := m.opens(false) || m.opens(true); {
		case opens && m.mayOpenLate(l):
			return m.openLate(l)
		case resolves:
			return Result{Class: Resolved}
		case !opens && m.hold(l):
			return Result{Held: true}
		case opens, m.fitsStep(l, branch{}, steps, false, false), m.fitsStep(l, branch{}, steps, true, false):
			return Result{Class: Late}
		}
		return Result{Class: Other}
	}
	r, b := &l.runs[0], l.branches[0]
	if early := l.first(r) - e.Time; 0 < early && early < m.prog.early && l.nodes[b.node].len == 1 {
		m.countFrom(l.first(r))
	}
	possible := m.event.Time >= l.last(b) && m.event.Time < m.prog.due(l, r, b)
	m.nextBranch()
	state := &m.prog.program.States[b.state]
	guarded := m.guarded(l, b, state)
	switch {
	case possible && (guarded || m.takesLate(l, b, state)):
		return m.giveLate(l)
	}
	m.event, m.early = e, 0
	switch {
	case resolves:
		return Result{Class: Resolved}
	case guarded:
	case m.fitsStep(l, b, steps, true, false):
	case m.opens(false):
		m.know(l, 0)
		m.duplicate(l)
		return Result{Class: Duplicate}
	}
	if m.fitsStep(l, b, steps, false, false) || m.fitsStep(l, b, steps, true, false) {
		return Result{Class: Late}
	}
	return Result{Class: Other}
}

// giveLate gives a late event to the open run. What its place in time is beyond happens at
// once.
func (m *Matcher) giveLate(l *live) Result {
	m.give(l, new(summary))
	m.sweep(l, m.event.At)
	m.expire(l, m.event.At, m.event.At)
	return Result{Class: Advanced}
}

// again reports whether the event is a step that the open run has taken already, of a
// pattern that has one branch at a time: one of the first n, within its link's window.
func (m *Matcher) again(l *live, n int) bool {
	b := l.branches[0]
	for i := range n {
		s, t := &m.prog.program.Steps[i], &m.prog.program.Tests[i]
		if s.Negated || s.Any || !t.Fits(m.event.Type) || !m.passes(l, b.node, i) {
			continue
		}
		within := m.prog.places[i].Within.Milliseconds()
		if within == 0 || m.event.Time-l.timeBefore(b.node, i) < within {
			return true
		}
	}
	return false
}

// timeBefore returns the time of the event that a branch took before a step.
func (l *live) timeBefore(n uint32, step int) int64 {
	for l.nodes[n].prev != 0 && int(l.nodes[n].step) >= step {
		n = l.nodes[n].prev
	}
	return l.events[l.nodes[n].event].time
}

// guarded reports whether the event is what a notFollowedBy forbids that the branch stands
// under.
func (m *Matcher) guarded(l *live, b branch, state *program.State) bool {
	for i := range state.Ways {
		if w := &state.Ways[i]; w.Op == program.Stop && m.prog.relaxed[w.Step] && m.holds(l, b.node, w.When) {
			return true
		}
	}
	return false
}

// takesLate reports whether a branch takes the event although others may have come in
// between: by a step under followedBy.
func (m *Matcher) takesLate(l *live, b branch, state *program.State) bool {
	for i := range state.Ways {
		w := &state.Ways[i]
		if w.Op == program.Take && m.prog.relaxed[w.Step] && m.holds(l, b.node, w.When) {
			return w.Within == 0 || m.event.Time-l.last(b) < w.Within
		}
	}
	return false
}

// takes reports whether a branch takes the event, by whatever link.
func (m *Matcher) takes(l *live, b branch, state *program.State) bool {
	for i := range state.Ways {
		w := &state.Ways[i]
		if w.Op == program.Take && (w.Within == 0 || m.event.Time-l.last(b) < w.Within) && m.holds(l, b.node, w.When) {
			return true
		}
	}
	return false
}

// mayOpenLate reports whether a late event may open a run: if it is not older than what is
// remembered, and no remembered run ended at its time or after it, so that no two runs of a
// key begin alike.
func (m *Matcher) mayOpenLate(l *live) bool {
	e := m.event
	return e.Time >= e.At-m.rememberOfRun() && !l.known.endedSince(e.Time)
}

// openLate opens a run by a late event. What its place in time is beyond happens at once.
func (m *Matcher) openLate(l *live) Result {
	e := m.event
	m.open(l, new(summary))
	m.giveHeld(l)
	m.expire(l, e.At, e.At)
	m.sweep(l, e.At)
	return Result{Class: Started}
}
