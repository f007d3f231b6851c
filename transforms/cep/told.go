package cep

import "slices"

// matched adds a match of a branch at a place in time.
func (m *Matcher) matched(l *live, match match, at int64) {
	out := m.outcome(l, match.node)
	out.How, out.At, out.EndedAt, out.Deadline = Matched, at, match.endedAt, match.deadline
	m.out.add(out)
}

// timedOut adds the timeout of a run at its deadline.
func (m *Matcher) timedOut(l *live, r *run, at int64) {
	out := m.outcome(l, r.lost.node)
	out.How, out.At, out.Deadline = TimedOut, at, r.lost.deadline
	out.Waiting = r.lost.waiting
	m.out.add(out)
	if m.prog.resolve > 0 {
		m.watch(l, r, &m.out.Outcomes[len(m.out.Outcomes)-1])
	}
}

// outcome returns an outcome with the events that a branch has taken.
func (m *Matcher) outcome(l *live, n uint32) Outcome {
	run := m.appendRun(l, n, m.out.room(int(l.nodes[n].len)))
	o := Outcome{Key: m.key, Run: run}
	if m.prog.straight {
		o.Refs = run.Refs()
	}
	return o
}

// appendRun appends the events that a branch has taken.
func (m *Matcher) appendRun(l *live, n uint32, run Run) Run {
	start := len(run)
	for ; n != 0; n = l.nodes[n].prev {
		run = append(run, m.takenOf(l, l.nodes[n].event, l.nodes[n].step))
	}
	slices.Reverse(run[start:])
	return run
}

// letGo lets go of the events of a branch that ends without an outcome, of a pattern that
// has one branch at a time.
func (m *Matcher) letGo(l *live, n uint32) {
	if !m.prog.straight {
		return
	}
	var refs []uint64
	held := false
	for ; n != 0; n = l.nodes[n].prev {
		ref := l.events[l.nodes[n].event].ref
		refs, held = append(refs, ref), held || ref != 0
	}
	if held {
		slices.Reverse(refs)
		m.out.Settled = append(m.out.Settled, refs)
	}
}
