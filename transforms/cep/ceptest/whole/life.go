package whole

import (
	"cmp"
	"slices"
)

// Life is what is told of runs beside their matches and timeouts. It is no part of a
// pattern's text.
type Life struct {
	// Started and Cancelled say that an outcome is made of each run that opens, and of
	// each that a negation ends.
	Started, Cancelled bool
	// Remind are ages at which a run that is open and has given no match is told of,
	// ascending.
	Remind []int64
	// Resolve is for how long after its deadline a timeout may be resolved, 0 for never.
	Resolve int64
	// Early is by how much an event of a later step may be before that of the first.
	Early int64
	// Window gives each run a window of its own, in place of the pattern's; the zero Window:
	// none does.
	Window Window
}

// cancelled is a branch that an event has ended as a negated step.
type cancelled struct {
	taken []taken
	step  *Step
}

// reminder returns the time of the run's next reminder.
func (r *run) reminder() int64 {
	if r.given > 0 || len(r.ages) == 0 {
		return Never
	}
	return r.first.Time + r.ages[0]
}

// agesAfter returns the ages that have not passed at a place.
func (p Pattern) agesAfter(first, place int64) []int64 {
	var ages []int64
	for _, age := range p.Remind {
		if first+age > place {
			ages = append(ages, age)
		}
	}
	return ages
}

// remind gives the reminders of a moment of the runs that are still open.
func (m *moment) remind() {
	for _, r := range m.open() {
		if r.reminder() != m.at {
			continue
		}
		r.ages = r.ages[1:]
		o, shown := m.shown(r, Reminder)
		o.Age = m.at - r.first.Time
		m.given = append(m.given, outcome{o, r.first.number, shown, 1})
	}
}

// shown returns what is told of an open run: the branch that has taken most, what can
// take it on after this moment, and the last moment at which the run may end.
func (m *moment) shown(r *run, kind string) (Outcome, []taken) {
	var all [][]taken
	deadline := int64(-Never)
	for _, b := range r.branches {
		all = append(all, b.taken)
		deadline = max(deadline, b.over())
	}
	for _, c := range r.held {
		all = append(all, c.taken)
	}
	if len(r.branches) == 0 {
		deadline = r.deadline
	}
	shown := slices.MinFunc(all, m.pattern.byMost)
	o := Outcome{Kind: kind, Key: r.first.Key, Taken: stepEvents(shown), At: m.at, StartedAt: r.first.Time, Deadline: deadline}
	for _, pl := range places(m.pattern.Sequence) {
		if slices.ContainsFunc(r.branches, func(b *branch) bool {
			return m.pattern.compare(b.taken, shown) == 0 && slices.ContainsFunc(b.ways, func(w *way) bool { return w.step == pl.step && w.deadline > m.at })
		}) {
			o.WaitingFor = append(o.WaitingFor, pl.step.Name)
		}
	}
	return o, shown
}

// byMost orders branches: the one that has taken most first.
func (p Pattern) byMost(a, b []taken) int {
	return cmp.Or(cmp.Compare(len(b), len(a)), p.compare(a, b))
}

// over returns the last deadline of a branch.
func (b *branch) over() int64 {
	last := int64(-Never)
	for _, w := range b.ways {
		last = max(last, w.deadline)
	}
	return last
}

// giveStarted tells that a run has opened, with what was complete at once.
func (m *moment) giveStarted(r *run, done []completed) {
	if !m.pattern.Started {
		return
	}
	with := *r
	with.held = done
	o, shown := m.shown(&with, StartedRun)
	m.given = append(m.given, outcome{o, r.first.number, shown, 0})
}

// giveCancelled tells that an event has ended a run as a negated step.
func (m *moment) giveCancelled(r *run) {
	if !m.pattern.Cancelled {
		return
	}
	shown := slices.MinFunc(r.stopped, func(a, b cancelled) int {
		return cmp.Or(m.pattern.byMost(a.taken, b.taken), cmp.Compare(m.pattern.index(a.step), m.pattern.index(b.step)))
	})
	o := Outcome{Kind: CancelledRun, Key: r.first.Key, At: m.at, StartedAt: r.first.Time, EndedAt: m.at, Deadline: r.stoodUnder}
	o.Taken = append(stepEvents(shown.taken), StepEvent{shown.step.Name, m.event.given()})
	m.given = append(m.given, outcome{o, r.first.number, shown.taken, 1})
}
