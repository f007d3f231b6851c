package whole

import (
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// onTime gives an event that is not late to the runs, opens the run that it opens, and
// returns its class. resolves says that it has resolved a timeout.
func (m *moment) onTime(e event, resolves bool) string {
	open := m.open()
	linear := m.pattern.linearButNegations()
	class := Other
	if linear && len(open) == 1 {
		class = m.beside(open[0], e)
	}
	for _, r := range open {
		m.step(r, e, false)
	}
	m.settle()
	if m.pattern.Every || len(m.open()) == 0 && !m.took {
		m.opens(e)
		m.giveHeld()
	}
	switch {
	case m.opened:
		return Started
	case m.took || m.cancelled:
		return Advanced
	case resolves:
		return Resolved
	case linear && len(open) == 1:
		if class == Duplicate && open[0].how == "" {
			open[0].known = append(open[0].known, e.Event)
			return Duplicate
		}
		return Other
	case len(open) > 0 && m.wouldOpen(e):
		open[0].known = append(open[0].known, e.Event)
		return Duplicate
	case len(open) == 0 && m.holds(e):
		return Held
	case len(open) == 0 && m.orphan(e):
		return Orphan
	}
	return Other
}

// opens opens a run by the event, if the pattern can begin with it.
func (m *moment) opens(e event) {
	f := start(m.pattern, e)
	if !f.took {
		return
	}
	m.opened = true
	r := &run{first: e, deadline: m.pattern.deadlineOf(e), branches: f.branches, known: []ceptest.Event{e.Event}, ages: m.pattern.agesAfter(e.Time, e.At)}
	tooMany := m.tooMany(r, f.branches, f.completed)
	m.runs = append(m.runs, r)
	m.giveStarted(r, f.completed)
	if tooMany {
		m.end(r, Overflow)
		return
	}
	m.complete(r, f.completed)
}

// wouldOpen reports whether an event would have opened a run by a step that names a
// type, had none been open.
func (m *moment) wouldOpen(e event) bool {
	f := start(m.pattern, e)
	all := f.completed
	for _, b := range f.branches {
		all = append(all, completed{taken: b.taken})
	}
	return slices.ContainsFunc(all, func(c completed) bool { return len(c.taken[0].step.Types) > 0 })
}

// orphan reports whether an event fits a step that names a type and is not negated.
func (m *moment) orphan(e event) bool {
	return slices.ContainsFunc(places(m.pattern.Sequence), func(pl place) bool {
		return !pl.negated && len(pl.step.Types) > 0 && fitsAlone(pl.step, e)
	})
}

// fitsAlone reports whether an event fits a step where there is no run: a condition on
// other steps is taken to hold.
func fitsAlone(s *Step, e event) bool {
	if len(s.Types) > 0 && !s.names(e.Type) {
		return false
	}
	return len(s.Where.Steps()) > 0 || s.Where.Holds(e.Event, nil)
}

// beside returns the class of an event that the open run of a linear pattern lets pass:
// Duplicate of its first step or one that it has taken, or Other.
func (m *moment) beside(r *run, e event) string {
	b := r.branches[0]
	for i, t := range b.taken {
		el := m.pattern.Sequence[m.pattern.index(t.step)]
		inTime := i == 0 || el.Within == 0 || e.Time < b.taken[i-1].Time+el.Within
		if len(t.step.Types) > 0 && b.fits(t.step, e) && inTime {
			return Duplicate
		}
	}
	return Other
}
