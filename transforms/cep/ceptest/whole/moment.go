package whole

import (
	"cmp"
	"slices"
)

// moment is an event or a deadline, and what it brings about. Runs are worked by their
// first events; then what has become of them is settled, all at once.
type moment struct {
	*Key
	// at is the time of what is given, place where it is given.
	at, place int64
	change    Change
	// event is the one that is given, unless timePasses.
	event      event
	timePasses bool
	given      []outcome
	// took, cancelled and opened say what runs have done with the event.
	took, cancelled, opened bool
}

// outcome is an Outcome with what orders those of one moment.
type outcome struct {
	Outcome
	first int
	taken []taken
	// rank is the place among those of its run and moment: what opens it, what it gives, what
	// resolves it.
	rank int
}

func (k *Key) moment(at, place int64) *moment { return &moment{Key: k, at: at, place: place} }

// expire lets the deadlines of this moment pass in a run.
func (m *moment) expire(r *run) {
	var branches []*branch
	var done []completed
	for _, b := range r.branches {
		f, waited, guards := b.expire(m.at)
		branches = append(branches, f.branches...)
		done = append(done, f.completed...)
		if len(f.branches)+len(f.completed) == 0 {
			r.why = TimedOut
			r.reached = append(r.reached, reached{b.taken, m.at, waited, guards})
		}
	}
	r.branches = branches
	m.complete(r, done)
}

// step gives a run an event. Gently, it changes no branch that it does not fit.
func (m *moment) step(r *run, e event, gently bool) {
	var branches []*branch
	var done []completed
	took, cancels, why := false, false, ""
	r.stopped, r.stoodUnder = nil, -Never
	for _, b := range r.branches {
		r.stoodUnder = max(r.stoodUnder, b.over())
		if gently {
			now, fits := b.gently(e)
			if !fits {
				branches = append(branches, b)
				continue
			}
			b = now
		}
		f := b.step(e, r.deadline)
		if f.cancelled {
			r.stopped = append(r.stopped, cancelled{b.taken, m.pattern.firstOf(f.by)})
		}
		branches = append(branches, f.branches...)
		done = append(done, f.completed...)
		took, cancels = took || f.took, cancels || f.cancelled
		if len(f.branches)+len(f.completed) == 0 && why != Cancelled {
			why = Broken
			if f.cancelled {
				why = Cancelled
			}
		}
	}
	if m.tooMany(r, branches, done) {
		m.end(r, Overflow)
		return
	}
	r.branches, r.why = branches, why
	if took || cancels {
		r.known = append(r.known, e.Event)
	}
	m.took, m.cancelled = m.took || took, m.cancelled || cancels
	m.complete(r, done)
}

// tooMany reports whether a run may not have these branches, beside those of the others
// as they are by now.
func (m *moment) tooMany(r *run, branches []*branch, done []completed) bool {
	n := len(branches)
	for _, other := range m.runs {
		if other != r {
			n += len(other.branches)
		}
	}
	long := func(all []taken) bool { return len(all) > m.pattern.MaxTaken }
	return n > m.pattern.MaxBranches ||
		slices.ContainsFunc(branches, func(b *branch) bool { return long(b.taken) }) ||
		slices.ContainsFunc(done, func(c completed) bool { return long(c.taken) })
}

// complete gives the matches of a run, or holds them back. Without every the first of
// them ends the run.
func (m *moment) complete(r *run, done []completed) {
	if len(done) == 0 {
		return
	}
	slices.SortStableFunc(done, func(a, b completed) int { return m.pattern.compare(a.taken, b.taken) })
	switch {
	case m.pattern.Skip.To != "":
		r.held = append(r.held, done...)
	case m.pattern.Every:
		for _, c := range done {
			m.give(r, c)
		}
	default:
		m.give(r, done[0])
		r.branches = nil
	}
}

// give gives a match.
func (m *moment) give(r *run, c completed) {
	r.given++
	m.given = append(m.given, outcome{Outcome{Kind: Success, Key: r.first.Key, Taken: stepEvents(c.taken), At: m.at,
		StartedAt: r.first.Time, EndedAt: c.endedAt, Deadline: c.deadline}, r.first.number, c.taken, 1})
}

// settle ends the runs that have no branch left. One of which a match is held back has
// not ended.
func (m *moment) settle() {
	for _, r := range m.open() {
		switch {
		case len(r.branches) > 0 || r.given == 0 && len(r.held) > 0:
		case r.given > 0 && len(r.held) == 0:
			m.end(r, Matched)
		case r.given == 0:
			switch m.end(r, r.why); r.why {
			case TimedOut:
				m.giveTimeout(r)
			case Cancelled:
				m.giveCancelled(r)
			}
		}
	}
}

func (m *moment) end(r *run, how string) {
	r.how, r.ended, r.branches = how, m.place, nil
	m.change.Ends = append(m.change.Ends, how)
	if how == Overflow {
		m.change.Overflowed = append(m.change.Overflowed, r.first.given())
	}
}

// giveTimeout shows, of the branches that have reached a deadline, the one that had taken
// most. Of those that had taken the same it shows the one that waited longest, and what
// all waited for that waited as long.
func (m *moment) giveTimeout(r *run) {
	slices.SortStableFunc(r.reached, func(a, b reached) int {
		return cmp.Or(cmp.Compare(len(b.taken), len(a.taken)), m.pattern.compare(a.taken, b.taken), cmp.Compare(b.deadline, a.deadline))
	})
	shown := r.reached[0]
	waits, guards := map[*Step]bool{}, map[*Step]bool{}
	for _, same := range r.reached {
		if m.pattern.compare(same.taken, shown.taken) == 0 && same.deadline == shown.deadline {
			for _, s := range same.waited {
				waits[s] = true
			}
			for _, s := range same.guards {
				guards[s] = true
			}
		}
	}
	o := Outcome{Kind: Timeout, Key: r.first.Key, Taken: stepEvents(shown.taken), At: m.at, StartedAt: r.first.Time, Deadline: shown.deadline}
	for _, pl := range places(m.pattern.Sequence) {
		if waits[pl.step] {
			o.WaitingFor = append(o.WaitingFor, pl.step.Name)
		}
	}
	m.given = append(m.given, outcome{o, r.first.number, shown.taken, 1})
	m.watch(r, o, shown.taken, waits, guards)
}

// close settles what the moment has done, gives what it has released, and puts the
// outcomes in their order.
func (m *moment) close() {
	m.settle()
	for m.release() {
		m.settle()
	}
	if m.timePasses {
		m.remind()
	}
	slices.SortStableFunc(m.given, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.rank, b.rank), m.pattern.compare(a.taken, b.taken))
	})
	for _, o := range m.given {
		m.change.Outcomes = append(m.change.Outcomes, o.Outcome)
	}
	slices.Sort(m.change.Ends)
	m.given = nil
}
