// Package program compiles a pattern to a program: states, and the ways that an event
// may take from one to another. Package cep runs it. A program is immutable, has no
// state of its own, and knows neither keys nor time.
//
// A branch of a run stands in a state. The ways of a state are flat: what a pattern
// leaves out by being optional, and what it leaves of a loop, is followed while the
// program is made and not while it runs. So a way says all of what it does: which tests
// the event has to pass or to fail, and whether the event is taken. Loops are unrolled: a
// state knows how often a loop was gone through, as far as that matters.
//
// A pattern is gone through from its end to its beginning. Each element becomes a flow,
// which knows the flow behind it and adds the ways to a state that stands before it. A
// state is made for each place where a branch can wait; tidy merges those that are alike.
//
//   - compile.go: the states, their numbers, the bounds of a program's size
//   - flow.go: what a flow is, and how a branch comes to one
//   - loop.go, group.go, negation.go: the flows of the elements
//   - tidy.go: what is done once all states are there
//
// States are numbered in the order in which they are reached. The numbers are part of
// what is stored of a run, so testdata/programs.txt pins them.
package program

import (
	"fmt"
	"slices"
	"strings"

	"ordertimeout/transforms/cep/cond"
)

// Program is a compiled pattern.
type Program struct {
	// Steps are the pattern's steps in its order, the negated ones among them.
	Steps []Step
	// Tests are what is asked of an event. The first len(Steps) of them are the steps'.
	Tests []Test
	// States are what a branch can stand in. The first is where every run begins: its
	// ways only take.
	States []State
}

// Step is a step of the pattern.
type Step struct {
	Name string
	// List says that the step can take several events in one match.
	List bool
	// Negated says that the step must not come.
	Negated bool
	// Any says that the step names no type.
	Any bool
}

// Test is what is asked of an event: that it has one of some types, and that a
// condition holds.
type Test struct {
	// Types are the types of which the event must have one; none means any.
	Types []string
	// Cond is the condition; nil means none.
	Cond *cond.Cond
	// Steps are, for each of Cond.Steps, the number of the step that it names. Lists says
	// that one of them can take several events.
	Steps []int
	Lists bool
}

// Fits reports whether the event's type fits.
func (t *Test) Fits(typ string) bool { return len(t.Types) == 0 || slices.Contains(t.Types, typ) }

// Alone reports whether the test looks at nothing but the event, so that it is the same
// for all branches.
func (t *Test) Alone() bool { return t.Cond == nil || t.Cond.Alone() }

// State is where a branch stands.
type State struct {
	// Ways are what an event may do. All that hold are followed, but that a Stop drops
	// what the others lead to.
	Ways []Way
	// Waiting are the steps that the ways take, in the pattern's order.
	Waiting []int
	// Pending is set where the branch matches by time alone: at the deadline of the
	// trailing negation that it has come to.
	Pending bool
	// PendingWithin is that negation's window in milliseconds; zero: the pattern's.
	PendingWithin int64
	// Settled is the state that the branch stands in once it has matched by time: itself,
	// or of a Pending state with other ways one that has only those.
	Settled int
	// Bound is the largest window of the ways by which a branch goes on, in milliseconds; zero
	// where one of them has none but the pattern's.
	Bound int64
	// Inert says that an event which passes no test leaves the branch as it is.
	Inert bool
}

// Op is what a way does with the event.
type Op uint8

// The operations.
const (
	// Take gives the event to the branch, as a step.
	Take Op = iota
	// Ignore moves the branch on without the event.
	Ignore
	// Stop ends the branch and drops what the event's other ways would have given.
	Stop
	// Accept completes a match without the event.
	Accept
)

// String returns the operation's word in a dump.
func (o Op) String() string { return [...]string{"take", "ignore", "stop", "accept"}[o] }

// Way is one thing that an event may do to a branch.
type Way struct {
	Op Op
	// When must all hold.
	When []Literal
	// Within is a window in milliseconds from the event that the branch took last: from
	// its end on the way is closed. Zero: none.
	Within int64
	// Step is what is taken, or the negation that stops.
	Step int
	// To is the state that the branch is in then.
	To int
	// Final says for a Take when it completes a match: where all literals of one of these
	// hold. Nil: never.
	Final [][]Literal

	pending bool // it waits for the deadline of a trailing negation, and for nothing else
}

// Literal is a test that an event must pass, or fail.
type Literal struct {
	Test int
	Not  bool
}

// String dumps the program: a line for each state, and one for each of its ways.
func (p *Program) String() string {
	var b strings.Builder
	for i := range p.States {
		s := &p.States[i]
		fmt.Fprintf(&b, "%d:", i)
		if s.Pending {
			b.WriteString(" pending")
			if s.PendingWithin > 0 {
				fmt.Fprintf(&b, " within %dms", s.PendingWithin)
			}
			if s.Settled != i {
				fmt.Fprintf(&b, ", then %d", s.Settled)
			}
		}
		b.WriteByte('\n')
		for _, w := range s.Ways {
			p.dumpWay(&b, &w)
		}
	}
	return b.String()
}

func (p *Program) dumpWay(b *strings.Builder, w *Way) {
	fmt.Fprintf(b, "\t%s", w.Op)
	if w.Op == Take {
		fmt.Fprintf(b, " as %s", p.Steps[w.Step].Name)
	}
	if len(w.When) > 0 {
		fmt.Fprintf(b, " if %s", p.literals(w.When))
	}
	if w.Within > 0 {
		fmt.Fprintf(b, " within %dms", w.Within)
	}
	if w.Op == Take || w.Op == Ignore {
		fmt.Fprintf(b, " -> %d", w.To)
	}
	for i, final := range w.Final {
		b.WriteString([]string{", match", " or"}[min(i, 1)])
		if len(final) > 0 {
			fmt.Fprintf(b, " if %s", p.literals(final))
		}
	}
	b.WriteByte('\n')
}

func (p *Program) literals(when []Literal) string {
	texts := make([]string, len(when))
	for i, l := range when {
		t := &p.Tests[l.Test]
		name := ""
		switch {
		case l.Test < len(p.Steps):
			name = p.Steps[l.Test].Name
		default:
			name = "[" + t.Cond.String() + "]"
		}
		if l.Not {
			name = "not " + name
		}
		texts[i] = name
	}
	return strings.Join(texts, " and ")
}
