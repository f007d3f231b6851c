package cep

import (
	"math"
	"slices"

	"ordertimeout/transforms/cep/program"
)

// alert is a timeout that may still be resolved.
type alert struct {
	seq             uint64 // of its run
	first, deadline int64  // of its run, and the timeout's
	until           int64  // the place in time from which on it is not resolved any more
	of              string // what Config.Name called the timeout
	ref             uint64 // of the run's first event
	waiting         []int  // the timeout's
	steps           []int  // that resolve it
	node            uint32 // what the shown branch has taken, where conditions look at it
}

// guards are the steps of the notFollowedBy that a branch stands under.
func (p *Prog) guards(b branch) (steps []int) {
	if p.resolve == 0 {
		return nil
	}
	state := &p.program.States[b.state]
	for i := range state.Ways {
		if w := &state.Ways[i]; w.Op == program.Stop && p.relaxed[w.Step] {
			steps = append(steps, w.Step)
		}
	}
	return merged(steps, nil)
}

// merged returns the steps of both lists in the pattern's order, each once.
func merged(a, b []int) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// watch keeps what is needed of a timeout to resolve it.
func (m *Matcher) watch(l *live, r *run, timeout *Outcome) {
	a := alert{
		seq: r.seq, first: l.first(r), deadline: timeout.Deadline, until: timeout.Deadline + m.prog.resolve,
		ref: l.events[r.event].ref, waiting: timeout.Waiting,
	}
	if m.prog.name != nil {
		a.of = m.prog.name(timeout)
	}
	for _, step := range timeout.Waiting {
		if !slices.ContainsFunc(timeout.Run, func(t Taken) bool { return t.Step == step }) {
			a.steps = append(a.steps, step)
		}
	}
	if a.steps = merged(a.steps, r.lost.guards); len(a.steps) == 0 {
		return // a loop that wants more, of which it has had some
	}
	if slices.ContainsFunc(a.steps, func(step int) bool { return !m.prog.program.Tests[step].Alone() }) {
		a.node = l.hold(r.lost.node)
		l.letGoOf(a.node)
	}
	l.keepAlert(a)
}

// keepAlert keeps a timeout that may be resolved.
func (l *live) keepAlert(a alert) {
	had := len(l.alerts())
	l.setRare(append(l.alerts(), a), l.early())
	if had == 0 {
		l.rare.forgets, l.rare.steps = math.MaxInt64, nil
	}
	l.rare.forgets = min(l.rare.forgets, a.until)
	for _, step := range a.steps {
		if !slices.Contains(l.rare.steps, step) {
			l.rare.steps = append(l.rare.steps, step)
		}
	}
}

// letGoOf lets go of the Refs of the events that a branch has taken, which are kept for
// conditions alone.
func (l *live) letGoOf(n uint32) {
	for ; n != 0; n = l.nodes[n].prev {
		if e := &l.events[l.nodes[n].event]; e.ref != 0 {
			l.freed = append(l.freed, e.ref)
			e.ref = 0
		}
	}
}

// resolve gives the event at hand to the timeouts that may be resolved, in the order of
// their runs, and reports whether it has resolved one. They were there before the event.
func (m *Matcher) resolve(l *live) bool {
	fits := func(step int) bool { return m.prog.program.Tests[step].Fits(m.event.Type) }
	if len(l.alerts()) == 0 || !slices.ContainsFunc(l.rare.steps, fits) {
		return false
	}
	had := len(l.alerts())
	left := slices.DeleteFunc(l.alerts(), func(a alert) bool {
		m.nextBranch()
		i := slices.IndexFunc(a.steps, func(step int) bool { return m.passes(l, a.node, step) })
		if i >= 0 {
			m.callOff(&a, a.steps[i])
			l.known.addEnded(m.print, a.seq)
			l.release(a.node)
		}
		return i >= 0
	})
	l.setRare(left, l.early())
	return len(left) < had
}

// callOff adds the outcome of a timeout that the event at hand has resolved as a step.
func (m *Matcher) callOff(a *alert, step int) {
	run := append(m.out.room(1), m.takenAs(step))
	run[0].order = a.seq
	m.out.add(Outcome{
		Key: m.key, How: CalledOff, At: m.event.Time, EndedAt: m.event.Time, StartedAt: a.first, Deadline: a.deadline,
		Of: a.of, Run: run, Waiting: a.waiting,
	})
	// The run must not be opened again by its first event, with nothing to resolve it.
	m.out.before(a.ref, m.event.Ref)
	m.calledOff = len(m.out.Outcomes)
}

// forgetAlerts forgets the timeouts that cannot be resolved any more.
func (l *live) forgetAlerts(at int64) {
	if l.forgetsAt() > at {
		return
	}
	l.rare.forgets = math.MaxInt64
	left := slices.DeleteFunc(l.alerts(), func(a alert) bool {
		if a.until > at {
			l.rare.forgets = min(l.rare.forgets, a.until)
			return false
		}
		l.release(a.node)
		return true
	})
	l.setRare(left, l.early())
}

// forgetsAt returns the place in time before which no timeout is to be forgotten;
// math.MaxInt64 without one.
func (l *live) forgetsAt() int64 {
	if len(l.alerts()) == 0 {
		return math.MaxInt64
	}
	return l.rare.forgets
}
