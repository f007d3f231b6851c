package whole

import "slices"

// late is what a late event does where the pattern is linear but for negations, and what
// becomes of it. It breaks no run, and lets none go on that it does not fit.
func (m *moment) late(e event, resolves bool) string {
	if open := m.open(); len(open) == 1 {
		return m.lateBeside(open[0], e, resolves)
	}
	first := &m.pattern.Sequence[0].Step
	switch {
	case fitsAlone(first, e) && m.mayOpenLate(e):
		m.opens(e)
		m.giveHeld()
		return Started
	case resolves:
		return Resolved
	case !fitsAlone(first, e) && m.holds(e):
		return Held
	case slices.ContainsFunc(places(m.pattern.Sequence), func(pl place) bool { return fitsAlone(pl.step, e) }):
		return Late
	}
	return Other
}

// mayOpenLate reports whether no remembered run has ended at the time of the event or
// after it, and the event is not older than what is remembered.
func (m *moment) mayOpenLate(e event) bool {
	for _, r := range m.runs {
		if e.At <= r.ended+m.pattern.rememberOf(r.first) && r.ended >= e.Time {
			return false
		}
	}
	return e.Time >= e.At-m.pattern.rememberOf(e)
}

// lateBeside gives a late event to the open run, if the run can take it or is ended by
// it as by a payment that came late.
func (m *moment) lateBeside(r *run, e event, resolves bool) string {
	b := r.branches[0] // A linear run has one, which waits on one way.
	w := b.ways[0]
	fits := func(s *Step) bool { return b.fits(s, e) }
	if len(b.taken) == 1 && r.first.Time-e.Time < m.pattern.Early {
		e = e.from(r.first.Time)
	}
	if e.Time >= b.last() {
		forbids := func(n negation) bool { return fits(n.step) }
		forbidden := slices.ContainsFunc(w.guards, forbids) || b.fresh && slices.ContainsFunc(w.nots, forbids)
		takes := w.step != nil && w.link == FollowedBy && e.Time < w.deadline && fits(w.step)
		if slices.ContainsFunc(w.guards, forbids) || takes && !forbidden {
			m.at, m.event = e.Time, e
			m.step(r, e, false)
			return Advanced
		}
	}
	first := &m.pattern.Sequence[0].Step
	switch {
	case resolves:
		return Resolved
	case slices.ContainsFunc(places(m.pattern.Sequence), func(pl place) bool { return pl.negated && fits(pl.step) }):
		return Late // also where it is a first step
	case len(first.Types) > 0 && fits(first):
		r.known = append(r.known, e.Event)
		return Duplicate
	case slices.ContainsFunc(places(m.pattern.Sequence), func(pl place) bool { return fits(pl.step) }):
		return Late
	}
	return Other
}
