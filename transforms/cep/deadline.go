package cep

import (
	"cmp"
	"math"
	"slices"

	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
)

// deadline returns the time from which on no event can take a branch on.
func (p *Prog) deadline(l *live, r *run, b branch) int64 {
	bound := p.program.States[b.state].Bound
	if bound == 0 {
		return r.deadline
	}
	return min(r.deadline, l.last(b)+bound)
}

// deadlineOf returns the deadline of one way.
func (l *live) deadlineOf(r *run, b branch, w *program.Way) int64 {
	if w.Within == 0 || b.node == 0 {
		return r.deadline
	}
	return min(r.deadline, l.last(b)+w.Within)
}

// due returns the time at which time alone does something to a branch: its deadline, or
// that of a trailing negation, at which it matches.
func (p *Prog) due(l *live, r *run, b branch) int64 {
	s := &p.program.States[b.state]
	if !s.Pending {
		return p.deadline(l, r, b)
	}
	if s.PendingWithin == 0 {
		return r.deadline
	}
	return min(r.deadline, l.last(b)+s.PendingWithin)
}

// firstDue returns the earliest due of all branches, and of reminders; math.MaxInt64
// without one.
func (p *Prog) firstDue(l *live) int64 {
	first, at := int64(math.MaxInt64), 0
	for i := range l.runs {
		r := &l.runs[i]
		for _, b := range l.branches[at : at+int(r.branches)] {
			first = min(first, p.due(l, r, b))
		}
		at += int(r.branches)
		if len(p.remind) > 0 {
			first = min(first, p.reminder(l, r))
		}
	}
	return first
}

// expire brings a key to a place in time: what is due up to it happens, each at its own
// time, the earliest first. A run that ends is remembered from its end, or from since,
// where that is later.
func (m *Matcher) expire(l *live, at, since int64) {
	for {
		due := m.prog.firstDue(l)
		if due > at || due == math.MaxInt64 {
			return
		}
		start := len(m.out.Outcomes)
		m.expireAt(l, due)
		m.release(l, due)
		m.sweep(l, max(due, since))
		if len(m.prog.remind) > 0 {
			m.remindAt(l, due)
		}
		if outcomes := m.out.Outcomes[start:]; len(outcomes) > 1 && (m.prog.skip.To != syntax.NoSkip || len(m.prog.remind) > 0) {
			sortByRun(outcomes)
		}
	}
}

// expireAt does what is due at a moment.
func (m *Matcher) expireAt(l *live, now int64) {
	m.next = m.next[:0]
	from := 0
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		start, had := len(m.next), r.branches
		m.matches = m.matches[:0]
		for _, b := range of {
			m.expireBranch(l, r, b, now)
		}
		m.settle(l, r, start)
		r.branches = uint32(len(m.next) - start)
		if had > 0 && r.branches == 0 {
			r.end = TimedOut
			if !r.matched && r.held == 0 {
				m.timedOut(l, r, now)
			}
		}
	}
	l.branches = append(l.branches[:0], m.next...)
}

func (m *Matcher) expireBranch(l *live, r *run, b branch, now int64) {
	if m.prog.due(l, r, b) > now {
		m.next = append(m.next, b)
		return
	}
	s := &m.prog.program.States[b.state]
	if !s.Pending {
		if !r.matched { // which gives no timeout
			l.lose(m.prog, r, b, now)
		}
		l.release(b.node)
		return
	}
	m.matches = append(m.matches, match{l.hold(b.node), now, now})
	if m.prog.deadline(l, r, b) > now && s.Settled != int(b.state) {
		b.state = uint32(s.Settled)
		m.next = append(m.next, b)
		return
	}
	l.release(b.node)
}

// lose notes a branch that has reached a deadline, if it is the one that a timeout of its
// run is to show.
func (l *live) lose(p *Prog, r *run, b branch, deadline int64) {
	waiting, guards := p.waiting(l, b, deadline), p.guards(b)
	if r.lost == nil {
		r.lost = &lost{l.hold(b.node), deadline, waiting, guards}
		return
	}
	order := cmp.Or(
		cmp.Compare(l.nodes[r.lost.node].len, l.nodes[b.node].len),
		l.compare(b.node, r.lost.node),
		cmp.Compare(r.lost.deadline, deadline))
	switch {
	case order < 0:
		l.hold(b.node)
		l.release(r.lost.node)
		r.lost = &lost{b.node, deadline, waiting, guards}
	case order == 0:
		// They are one branch, which had split by what it could leave out.
		r.lost.waiting, r.lost.guards = merged(r.lost.waiting, waiting), merged(r.lost.guards, guards)
	}
}

// waiting returns the steps that a branch could have gone on with up to its deadline.
func (p *Prog) waiting(l *live, b branch, deadline int64) []int {
	s := &p.program.States[b.state]
	open := func(step int) bool {
		return slices.ContainsFunc(s.Ways, func(w program.Way) bool {
			return w.Op == program.Take && w.Step == step && (w.Within == 0 || l.last(b)+w.Within >= deadline)
		})
	}
	for i, step := range s.Waiting {
		if !open(step) {
			waiting := slices.Clone(s.Waiting[:i])
			for _, step := range s.Waiting[i+1:] {
				if open(step) {
					waiting = append(waiting, step)
				}
			}
			return waiting
		}
	}
	return s.Waiting
}
