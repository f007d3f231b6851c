package cep

import (
	"errors"
	"slices"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/program"
)

// Matcher runs a Prog over the states of keys. It has memory to work in, and is not safe
// for concurrent use; a Prog may have any number of them.
type Matcher struct {
	prog      *Prog
	evaluator *cond.Evaluator // nil without conditions

	// Of the event at hand.
	key     string
	event   *Event
	print   uint64
	stored  uint32   // in the live state; zero: nobody has taken it
	results []result // of the tests, as far as they are known
	failed  []bool   // the tests that gave an error
	walked  int      // how many events of branches were looked at
	given   int      // how many events its matches have
	out     *Output
	settled int // how many lists of Refs there were before it
	// window is that of a run that the event opens, in milliseconds, windowErr why the
	// expression for it fails; zero: not yet known.
	window    int64
	windowErr error

	// Of the branch at hand.
	results1 []result // of the tests that are not the same for all branches
	lists    [][]cond.Event

	next    []branch // the branches after the event
	matches []match  // of the run at hand
	ended   []ended  // of the run at hand, where that is told
	// ending is the outcome of the run that the event has ended, which has the event's Ref,
	// by its place plus one; zero: none.
	ending int
	// calledOff is the outcome that the event resolves, by its place plus one; zero: none.
	calledOff int
	// early is by how much the event's own time is before that which it counts as, shifted the
	// event as of that. gentle says that it must break nothing: it was held.
	early   int64
	shifted Event
	gentle  bool
	held    int // where the event stands that the last step has held

	spare *live // memory: see wake
}

// result is that of a test.
type result uint8

const (
	unknown result = iota
	fails
	passes
)

// match is a match that a run gives at the moment at hand.
type match struct {
	node              uint32
	endedAt, deadline int64
}

// Matcher returns a new Matcher of p.
func (p *Prog) Matcher() *Matcher {
	m := &Matcher{prog: p}
	var conds []*cond.Cond
	for i := range p.program.Tests {
		if c := p.program.Tests[i].Cond; c != nil {
			conds = append(conds, c)
		}
	}
	if p.window != nil {
		conds = append(conds, p.window)
	}
	if len(conds) > 0 {
		m.evaluator = cond.NewEvaluator(p.fields, conds)
	}
	m.results = make([]result, len(p.program.Tests))
	m.results1 = make([]result, len(p.program.Tests))
	m.failed = make([]bool, len(p.program.Tests))
	return m
}

// begin makes an event the one at hand.
func (m *Matcher) begin(key string, e *Event, out *Output) {
	m.key, m.event, m.out, m.stored, m.walked, m.given = key, e, out, 0, 0, 0
	m.ending, m.calledOff, m.early, m.settled = 0, 0, 0, len(out.Settled)
	m.window, m.windowErr = 0, nil
	clear(m.results)
	clear(m.failed)
	if m.evaluator != nil {
		m.evaluator.Start(cond.Event{Key: key, Type: e.Type, ID: e.ID, Time: e.Time, Data: e.Data, Row: e.Row})
	}
}

// passes reports whether the event passes a test for a branch that took node last.
func (m *Matcher) passes(l *live, n uint32, test int) bool {
	r := m.results[test]
	if r == unknown {
		t := &m.prog.program.Tests[test]
		switch {
		case !t.Fits(m.event.Type):
			r = fails
		case t.Cond == nil:
			r = passes
		case t.Alone():
			r = m.eval(test, nil)
		default:
			return m.passesFor(l, n, test)
		}
		m.results[test] = r
	}
	return r == passes
}

// passesFor is passes for a test that depends on what the branch has taken. What it gives
// is known until the next branch.
func (m *Matcher) passesFor(l *live, n uint32, test int) bool {
	if r := m.results1[test]; r != unknown {
		return r == passes
	}
	switch t := &m.prog.program.Tests[test]; {
	case m.walked > maxWalked:
		m.results1[test] = m.failedTest(test, errWalked)
	case t.Lists && m.evaluator.Spent():
		m.results1[test] = m.eval(test, make([][]cond.Event, len(t.Steps))) // which fails
	default:
		m.results1[test] = m.eval(test, m.listsOf(l, n, t))
	}
	return m.results1[test] == passes
}

// maxWalked is how many events of branches are looked at for the conditions of an event,
// so that long branches, each of which is searched for its first events, are no stall.
const maxWalked = 64 << 20

var errWalked = errors.New("the branches of the key are too many and too long to look for what they have taken")

// listsOf returns what a branch has taken for the steps that a test looks at.
func (m *Matcher) listsOf(l *live, n uint32, t *program.Test) [][]cond.Event {
	for len(m.lists) < len(t.Steps) {
		m.lists = append(m.lists, nil)
	}
	lists, missing := m.lists[:len(t.Steps)], len(t.Steps)
	for i := range lists {
		lists[i] = lists[i][:0]
	}
	for ; n != 0 && (missing > 0 || t.Lists); n = l.nodes[n].prev {
		m.walked++
		if i := slices.Index(t.Steps, int(l.nodes[n].step)); i >= 0 {
			taken := m.takenOf(l, l.nodes[n].event, l.nodes[n].step)
			lists[i] = append(lists[i], cond.Event{Key: m.key, Type: taken.Type, ID: taken.ID, Time: taken.Time, Data: taken.Data, Row: taken.Row})
			missing--
		}
	}
	for i := range lists {
		slices.Reverse(lists[i])
	}
	return lists
}

// takenOf returns an event as a step.
func (m *Matcher) takenOf(l *live, event, step uint32) Taken {
	if event == m.stored && event != 0 {
		taken := m.takenAs(int(step))
		taken.order = l.events[event].order
		return taken
	}
	return l.events[event].taken(step)
}

// takenAs returns the event at hand as a step.
func (m *Matcher) takenAs(step int) Taken {
	e := m.event
	return Taken{Step: step, Time: e.Time - m.early, Type: e.Type, ID: e.ID, Data: e.Data, Row: e.Row, Ref: e.Ref}
}

// eval evaluates a condition. One that fails is false; it is counted once an event.
func (m *Matcher) eval(test int, taken [][]cond.Event) result {
	ok, err := m.evaluator.Eval(m.prog.program.Tests[test].Cond, taken)
	switch {
	case err != nil:
		return m.failedTest(test, err)
	case ok:
		return passes
	}
	return fails
}

// failedTest counts a condition that could not be evaluated.
func (m *Matcher) failedTest(test int, err error) result {
	if !m.failed[test] {
		m.failed[test] = true
		m.out.conditionError(m.event, m.prog.program.Tests[test].Cond, err)
	}
	return fails
}

// nextBranch forgets what depends on the branch.
func (m *Matcher) nextBranch() {
	for _, t := range m.prog.dependent {
		m.results1[t] = unknown
	}
}

// holds reports whether all literals hold for a branch.
func (m *Matcher) holds(l *live, n uint32, when []program.Literal) bool {
	for _, w := range when {
		if m.passes(l, n, w.Test) == w.Not {
			return false
		}
	}
	return true
}

// foreign reports whether the event passes no test, whatever the branch.
func (m *Matcher) foreign() bool {
	for i := range m.prog.program.Tests {
		if m.prog.program.Tests[i].Fits(m.event.Type) {
			return false
		}
	}
	return true
}

// fitsStep reports whether the event is one of the first n steps, of those that are negated
// or of the others, for a branch. For the zero branch a condition holds that depends on
// what a branch has taken. Where named is set, only steps that name a type count.
func (m *Matcher) fitsStep(l *live, b branch, n int, negated, named bool) bool {
	for i := range n {
		s, t := &m.prog.program.Steps[i], &m.prog.program.Tests[i]
		if s.Negated == negated && !(named && s.Any) && t.Fits(m.event.Type) && (b.node == 0 && !t.Alone() || m.passes(l, b.node, i)) {
			return true
		}
	}
	return false
}

// opens reports whether the event would open a run, had none been open: by a step that
// names its type, or by one that names none.
func (m *Matcher) opens(any bool) bool {
	m.nextBranch()
	for i := range m.prog.program.States[0].Ways {
		w := &m.prog.program.States[0].Ways[i]
		if m.prog.program.Steps[w.Step].Any == any && m.holds(nil, 0, w.When) {
			return true
		}
	}
	return false
}

// names reports whether a step names the event's type.
func (m *Matcher) names() bool {
	for i := range m.prog.program.Steps {
		if t := &m.prog.program.Tests[i]; !m.prog.program.Steps[i].Any && t.Fits(m.event.Type) {
			return true
		}
	}
	return false
}
