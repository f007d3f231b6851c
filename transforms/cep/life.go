package cep

import (
	"cmp"
	"math"
	"slices"

	"ordertimeout/transforms/ledger"
)

// allAges is what a run has been reminded of that gives no reminder: one that a program
// without reminders has opened, or that comes from a state that knows none. Prog.Adopt
// says from when on it gives some.
const allAges = math.MaxInt64

// opened adds the outcome of a run that the event at hand has opened, whose branches and
// matches are in next and in matches.
func (m *Matcher) opened(l *live, r *run) {
	node, waiting, deadline := m.shown(l, r, m.next, m.event.Time)
	if node == 0 {
		node = m.matches[0].node
	}
	out := m.outcome(l, node)
	out.How, out.At, out.Deadline, out.Waiting, out.Refs = Opened, m.event.Time, deadline, waiting, nil
	m.out.add(out)
}

// reminder returns the time of the next reminder of a run; math.MaxInt64: none.
func (p *Prog) reminder(l *live, r *run) int64 {
	if r.matched {
		return math.MaxInt64
	}
	for _, age := range p.remind {
		if age > r.reminded {
			return l.first(r) + age
		}
	}
	return math.MaxInt64
}

// remindAt gives the reminders that are due at a moment, of the runs that its deadlines
// have left open.
func (m *Matcher) remindAt(l *live, now int64) {
	from := 0
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		if m.prog.reminder(l, r) != now {
			continue
		}
		r.reminded = now - l.first(r)
		node, waiting, deadline := m.shown(l, r, of, now)
		out := m.outcome(l, node)
		out.How, out.At, out.Deadline, out.Age, out.Waiting, out.Refs = Reminded, now, deadline, r.reminded, waiting, nil
		m.out.add(out)
	}
}

// shown returns what an outcome shows of an open run with these branches: the one that has
// taken most, also as a match that is held back, the steps that can take it on after a
// moment, and the deadline under which the run stands: the last of its branches'.
func (m *Matcher) shown(l *live, r *run, of []branch, now int64) (node uint32, waiting []int, deadline int64) {
	deadline = math.MinInt64
	for _, b := range of {
		node = l.longer(node, b.node)
		deadline = max(deadline, m.prog.end(l, r, b))
	}
	for i := range l.held {
		if h := &l.held[i]; r.held > 0 && h.seq == r.seq {
			node = l.longer(node, h.node)
		}
	}
	if len(of) == 0 {
		deadline = r.deadline
	}
	for _, b := range of {
		// Several may be one branch, which has split by what it can leave out.
		if l.nodes[b.node].len == l.nodes[node].len && l.compare(b.node, node) == 0 {
			waiting = append(waiting, m.prog.waiting(l, b, now+1)...)
		}
	}
	slices.Sort(waiting)
	return node, slices.Compact(waiting), deadline
}

// ended is a branch that the event at hand has ended as a negated step.
type ended struct {
	node uint32
	step int
}

// cancel adds the outcome of a run that the event at hand has ended as a negated step. Of
// its branches that is the one that had taken most. deadline is the one that the run
// stood under.
func (m *Matcher) cancel(l *live, deadline int64) {
	shown := m.ended[0]
	for _, e := range m.ended[1:] {
		order := cmp.Or(cmp.Compare(l.nodes[shown.node].len, l.nodes[e.node].len), l.compare(e.node, shown.node), cmp.Compare(e.step, shown.step))
		if order < 0 {
			shown = e
		}
	}
	run := m.appendRun(l, shown.node, m.out.room(int(l.nodes[shown.node].len)+1))
	run = append(run, m.takenAs(shown.step))
	out := Outcome{Key: m.key, How: Cancelled, At: m.event.Time, EndedAt: m.event.Time, Deadline: deadline, Run: run}
	if m.prog.straight {
		out.Refs = run.Refs()
		m.ending = len(m.out.Outcomes) + 1
	}
	m.out.add(out)
}

// keepLater marks the event at hand in the Refs of the run that it has cancelled, as it
// has opened the next one and stays with that.
func (m *Matcher) keepLater() {
	if refs := m.out.Outcomes[m.ending-1].Refs; refs != nil && refs[len(refs)-1] != 0 {
		refs[len(refs)-1] |= ledger.Later
	}
}

// dropEnded lets go of the branches that the event at hand has ended in a run.
func (m *Matcher) dropEnded(l *live) {
	for _, e := range m.ended {
		l.release(e.node)
	}
	m.ended = m.ended[:0]
}

// lastEnd returns the last deadline of branches: the one that their run stands under.
func (p *Prog) lastEnd(l *live, r *run, of []branch) int64 {
	last := int64(math.MinInt64)
	for _, b := range of {
		last = max(last, p.end(l, r, b))
	}
	return last
}

// end returns the time at which a branch ends if nothing more comes.
func (p *Prog) end(l *live, r *run, b branch) int64 {
	switch s := &p.program.States[b.state]; {
	case !s.Pending:
		return p.deadline(l, r, b)
	case s.Settled == int(b.state):
		return p.due(l, r, b)
	}
	return max(p.due(l, r, b), p.deadline(l, r, b)) // it may take more, and then match without
}

// sortByRun puts outcomes of one moment into the order of the first events of their runs.
func sortByRun(outcomes []Outcome) {
	slices.SortStableFunc(outcomes, func(a, b Outcome) int { return compareSeq(a.Run[0].order, b.Run[0].order) })
}
