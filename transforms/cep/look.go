package cep

import (
	"math"
	"slices"
)

// Look is what a key stands at, for who wants to tell of it.
type Look struct {
	// Runs is how many runs are open. All else is of the one that began last, zero without
	// one.
	Runs int
	// StartedAt is the time of its first event, and LastAt that of the one that it took
	// last, in milliseconds.
	StartedAt, LastAt int64
	// Deadline is when it ends if nothing more comes; math.MaxInt64 where it has a match that
	// waits for other runs.
	Deadline int64
	// Waiting are the steps that could come next, in the pattern's order, and Took is the
	// one that its longest branch took last: indexes of Prog.Steps.
	Waiting []int
	Took    int
}

// Look returns what a key stands at, and changes nothing. At is the place in time that it
// has come to, in milliseconds. It costs about what giving the key an event costs.
func (m *Matcher) Look(s *State, at int64) Look {
	l := m.wake(s)
	switch {
	case l != nil && len(l.runs) > 0:
		return m.lookLive(l, at)
	case !s.running():
		return Look{}
	}
	n := s.taken()
	return Look{
		Runs: 1, StartedAt: s.first.time, LastAt: s.last(), Deadline: s.first.time + m.prog.within,
		Waiting: m.prog.program.States[n].Waiting, Took: n - 1,
	}
}

// lookLive is Look by the machine.
func (m *Matcher) lookLive(l *live, at int64) Look {
	r := &l.runs[len(l.runs)-1]
	look := Look{Runs: len(l.runs), StartedAt: l.first(r), LastAt: l.first(r), Deadline: math.MinInt64}
	var longest uint32
	for _, b := range l.branches[len(l.branches)-int(r.branches):] {
		look.Deadline = max(look.Deadline, m.prog.due(l, r, b))
		for _, step := range m.prog.waiting(l, b, at+1) {
			if !slices.Contains(look.Waiting, step) {
				look.Waiting = append(look.Waiting, step)
			}
		}
		if longest == 0 || l.nodes[b.node].len > l.nodes[longest].len {
			longest = b.node
			look.LastAt, look.Took = l.last(b), int(l.nodes[b.node].step)
		}
	}
	if r.held > 0 {
		look.Deadline = math.MaxInt64
	}
	slices.Sort(look.Waiting)
	return look
}

// Condition is a condition of a pattern, and what it says of an event.
type Condition struct {
	// Step is the name of the step whose condition it is; "" of an until.
	Step string
	// Text is the condition as it was written.
	Text string
	// Alone says that it looks at the event alone. Then it holds for all branches or for
	// none, and Of is 1. Else it holds for Holds branches of the Of that there are.
	Alone     bool
	Holds, Of int
	// Err is why it could not be evaluated, and so was false, if it could not.
	Err error
}

// Conditions returns what the conditions say of an event of a key, to the place of which
// Advance has brought it: those of the steps that its type fits. It changes nothing, and is
// for who wants to tell of it: Step evaluates no more than it needs.
func (m *Matcher) Conditions(key string, s *State, e *Event) (all []Condition) {
	if m.evaluator == nil {
		return nil
	}
	var failures Output
	m.begin(key, e, &failures)
	l := m.wake(s)
	for i := range m.prog.program.Tests {
		t := &m.prog.program.Tests[i]
		if t.Cond == nil || !t.Fits(e.Type) {
			continue
		}
		c := Condition{Text: t.Cond.String(), Alone: t.Alone()}
		if i < len(m.prog.program.Steps) {
			c.Step = m.prog.program.Steps[i].Name
		}
		failures.FirstError = nil
		switch {
		case c.Alone:
			c.count(m.passes(nil, 0, i))
		case l != nil:
			for _, b := range l.branches {
				m.nextBranch()
				c.count(m.passes(l, b.node, i))
			}
		}
		if failures.FirstError != nil {
			c.Err = failures.FirstError.Err
		}
		all = append(all, c)
	}
	return all
}

// Window is that of a run.
type Window struct {
	// Expression is what gives it (Config.Window), and Err why that fails, where it does:
	// then it is the pattern's. "": it is the pattern's.
	Expression string
	Err        error
	// Length is its own, zero for none, and Remember for how long the run is remembered, both
	// in milliseconds.
	Length, Remember int64
}

// Window returns the window of a run of a key that an event would open. It changes nothing.
func (m *Matcher) Window(key string, e *Event) Window {
	m.begin(key, e, new(Output))
	w := Window{Length: m.windowOfRun(), Remember: m.rememberOfRun()}
	if m.prog.window != nil {
		w.Expression, w.Err = m.prog.window.String(), m.windowErr
	}
	return w
}

func (c *Condition) count(holds bool) {
	if c.Of++; holds {
		c.Holds++
	}
}
