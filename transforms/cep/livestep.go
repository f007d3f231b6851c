package cep

import (
	"math"
	"slices"

	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/ledger"
)

// stepLive is Step by the machine.
func (m *Matcher) stepLive(key string, s *State, e *Event, out *Output) Result {
	l := m.wake(s)
	m.begin(key, e, out)
	foreign := m.foreign()
	if foreign && (e.Time < e.At || l == nil || l.inert(m.prog.program)) {
		return m.other()
	}
	if l == nil {
		l = m.blank()
	}
	if !foreign {
		m.print = m.prog.fingerprint(e)
		if l.known.knows(m.print, l.runs) || len(l.early()) > 0 && l.holds(m.print) {
			m.duplicate(l)
			return Result{Class: Duplicate, Redelivered: true}
		}
	}
	var r Result
	switch {
	case e.Time >= e.At:
		r = m.stepOnTime(l)
	case m.prog.straight:
		r = m.stepLate(l)
	case m.resolve(l):
		r.Class = Resolved
	case m.prog.early > 0 && len(l.runs) == 0 && !m.opens(false) && !m.opens(true) && m.hold(l):
		r.Held = true
	case m.names():
		r.Class = Late
	default:
		r.Class = Other
	}
	m.finish(l, r)
	m.sleep(s, l)
	return r
}

// duplicate notes that the event is a duplicate of the open run, of a pattern that has one
// at a time.
func (m *Matcher) duplicate(l *live) {
	if m.prog.straight && len(l.runs) > 0 {
		m.out.before(m.event.Ref, l.events[l.runs[0].event].ref)
	}
}

// other is what becomes of an event that the pattern does not see.
func (m *Matcher) other() Result {
	if m.event.Ref != 0 {
		m.out.Settled = append(m.out.Settled, []uint64{m.event.Ref})
	}
	return Result{Class: Other}
}

// finish ends the step: an event that was taken gets memory of its own, and Refs are let
// go of that nobody needs any more.
func (m *Matcher) finish(l *live, r Result) {
	if m.ending != 0 && r.Class == Started {
		m.keepLater()
	}
	taken := m.stored != 0
	if taken {
		if e := &l.events[m.stored]; e.refs > 1 {
			e.own(m.event)
		}
		l.releaseEvent(m.stored)
		m.stored = 0
	}
	l.due = m.prog.firstDue(l)
	m.free(l)
	if ref := m.event.Ref; ref != 0 && !r.Held {
		if r.Class == Resolved {
			m.out.Outcomes[m.calledOff-1].Refs = []uint64{ref}
		}
		m.settleEvent(ref, r.Class, taken, len(m.out.Settled) > m.settled)
	}
}

// settleEvent lets go of an event that neither a branch nor a reject has. ended says that
// Refs were let go of in this step.
func (m *Matcher) settleEvent(ref uint64, class Class, taken, ended bool) {
	rejected := class == Duplicate || class == Orphan || class == Late
	switch {
	case !m.prog.straight && (taken || rejected):
		// It was let go of with the last branch, or will be.
	case m.prog.straight && ended && (class == Started || class == Resolved):
		// The ended run's first event must not come again without what ended it.
		list := &m.out.Settled[len(m.out.Settled)-1]
		*list = append(*list, ref|ledger.Later)
	case m.prog.straight && ended && (class == Other || class == Advanced):
		list := &m.out.Settled[len(m.out.Settled)-1]
		*list = append(*list, ref)
	case class == Resolved:
		// It is let go of with its outcome.
	case !m.prog.straight, class == Other:
		m.out.Settled = append(m.out.Settled, []uint64{ref})
	}
}

// free lets go of the events that nobody has any more. Those of a pattern that has one
// branch at a time are let go of with their run.
func (m *Matcher) free(l *live) {
	if !m.prog.straight {
		for _, ref := range l.freed {
			m.out.Settled = append(m.out.Settled, []uint64{ref})
		}
	}
	l.freed = l.freed[:0]
}

// stepOnTime gives the event to the open runs, and lets it open one.
func (m *Matcher) stepOnTime(l *live) Result {
	open := len(l.runs) > 0
	waiting := l.waiting(m.prog.program)
	start := len(m.out.Outcomes)
	resolves := m.resolve(l)
	var s summary
	m.give(l, &s)
	if m.prog.every || !s.taken && !slices.ContainsFunc(l.runs, func(r run) bool { return r.branches > 0 }) {
		if m.open(l, &s); s.opened {
			m.giveHeld(l)
		}
	}
	m.release(l, m.event.At)
	m.sweep(l, m.event.At)
	if outcomes := m.out.Outcomes[start:]; len(outcomes) > 1 && (m.prog.cancelled || m.prog.started) && m.prog.skip.To != syntax.NoSkip {
		sortByRun(outcomes) // a match that was held back may be of a run before one that is told of
	}
	switch steps := len(m.prog.program.Steps); {
	case s.opened:
		return Result{Class: Started}
	case s.taken || s.stopped:
		return Result{Class: Advanced}
	case resolves:
		return Result{Class: Resolved}
	case open && len(l.runs) == 0:
		// It has ended the run, and is none of its steps.
	case open && m.prog.straight && m.again(l, waiting), open && !m.prog.straight && !m.prog.every && m.opens(false):
		m.know(l, 0)
		m.duplicate(l)
		return Result{Class: Duplicate}
	case !open && m.hold(l):
		return Result{Held: true}
	case !open && m.fitsStep(l, branch{}, steps, false, true):
		return Result{Class: Orphan}
	}
	return Result{Class: Other}
}

// waiting returns, of a pattern that has one branch at a time, the step that the open run
// waits for: the number of the steps where it waits for none.
func (l *live) waiting(p *program.Program) int {
	if len(l.branches) > 0 {
		if w := p.States[l.branches[0].state].Waiting; len(w) > 0 {
			return w[0]
		}
	}
	return len(p.Steps)
}

// inert reports whether a foreign event leaves all branches as they are.
func (l *live) inert(p *program.Program) bool {
	for _, b := range l.branches {
		if !p.States[b.state].Inert {
			return false
		}
	}
	return true
}

// advanceLive is Advance by the machine.
func (m *Matcher) advanceLive(key string, l *live, at, limit int64, out *Output) {
	if l.due <= min(at, limit) {
		m.key, m.out, m.stored = key, out, 0
		m.expire(l, min(at, limit), math.MinInt64)
		l.due = m.prog.firstDue(l)
		m.free(l)
	}
	if len(l.early()) > 0 {
		m.key, m.out = key, out
		m.decide(l, min(at, limit))
	}
	l.known.forget(at-m.prog.remember, l.runs)
	if len(l.alerts()) > 0 {
		l.forgetAlerts(at)
	}
}

// closeLive is Close by the machine.
func (m *Matcher) closeLive(l *live, out *Output) (open int64, run Run) {
	nodes, events := make([]bool, len(l.nodes)), make([]bool, len(l.events))
	add := func(n uint32) {
		for ; n != 0 && !nodes[n]; n = l.nodes[n].prev {
			nodes[n] = true
			if e := l.nodes[n].event; !events[e] {
				events[e] = true
				run = append(run, l.events[e].taken(l.nodes[n].step))
			}
		}
	}
	from := 0
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		if r.matched {
			out.Ends[Matched]++
			continue
		}
		open++
		for _, b := range of {
			add(b.node)
		}
		for _, h := range l.held {
			if h.seq == r.seq {
				add(h.node)
			}
		}
	}
	slices.SortFunc(run, func(a, b Taken) int { return compareSeq(a.order, b.order) })
	return open, run
}
