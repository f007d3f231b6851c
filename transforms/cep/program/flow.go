package program

import (
	"fmt"
	"slices"

	"ordertimeout/transforms/cep/syntax"
)

// flow is what is left of the pattern from a place on: an element, and all that comes
// behind it.
type flow interface {
	// ways adds to a state what an event may do to a branch that has come to the flow.
	ways(s *State, o origin)
	// final returns under which literals the branch has matched as it comes to the flow,
	// because all that is left may be left out; nil: never.
	final(o origin) [][]Literal
}

// origin is how a branch has come to a flow.
type origin struct {
	// when must hold of the event at hand, for what the branch has left out on its way.
	when []Literal
	// greedy are the literals of the greedy loops that the branch has left: what such a
	// loop could take, nothing behind it may take or ignore. They must hold of the event
	// at hand, and of each event while the branch waits for an element that must come.
	greedy []Literal
	// guards are the negations that hold until the branch takes an event.
	guards []negation
	// entered are the groups, the outermost first, that the branch has entered without
	// taking an event in them yet.
	entered []entry
}

// entry is the entrance to a round of a group.
type entry struct {
	group  *group
	within int64 // milliseconds, for the round's first event; zero: none
}

// key returns what must hold for as long as a branch waits. States in which a branch waits
// for the same element are told apart by it.
func (o origin) key() string { return fmt.Sprint(o.greedy, o.guards) }

// met returns o as the branch meets the next element: all that must hold of the event at
// hand is in when.
func (o origin) met() origin {
	o = o.and(o.greedy...)
	o.greedy = nil
	return o
}

func (o origin) and(when ...Literal) origin {
	o.when = join(o.when, when)
	return o
}

// window returns the window that the next event is under: the smallest of an element's own
// and those of the groups just entered.
func (o origin) window(own int64) int64 {
	for _, e := range o.entered {
		own = smaller(own, e.within)
	}
	return own
}

// smaller returns the smaller of two windows, of which zero is none.
func smaller(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// join appends without sharing memory, and leaves out what is there already.
func join(a, b []Literal) []Literal {
	joined := slices.Clone(a)
	for _, l := range b {
		if !slices.Contains(joined, l) {
			joined = append(joined, l)
		}
	}
	return joined
}

// fails returns the literals by which an event must fail tests.
func fails(tests []int) []Literal {
	var when []Literal
	for _, t := range tests {
		when = append(when, Literal{Test: t, Not: true})
	}
	return when
}

// end is the end of the pattern.
type end struct{}

func (end) ways(*State, origin) {}

func (end) final(o origin) [][]Literal { return [][]Literal{o.when} }

// entrance is how a branch comes to the first step of a sequence.
type entrance struct {
	link   syntax.Link
	within int64 // milliseconds; zero: none, or the sequence's group has it
}

// scope is what holds for all of a sequence.
type scope struct {
	// untils are the tests that end the groups around it: of an event that passes one
	// nothing in the group can be taken, ignored or left out.
	untils []int
	// ahead is the negation behind the group that the sequence is of: a loop at its end is
	// under it from its first event on.
	ahead []negation
}

// negation is a step that must not come.
type negation struct {
	step int
	// untils are those of the groups that the negation stands in.
	untils []int
}

// sequence returns the flow of elements, the first of which is come to by an entrance, and
// of rest behind them. first is the number of the first step in it.
func (b *builder) sequence(elements []syntax.Element, first int, rest flow, in entrance, sc scope) flow {
	starts := make([]int, len(elements))
	for i := range elements {
		starts[i] = first
		first += countSteps(&elements[i])
	}
	for i := len(elements) - 1; i >= 0; i-- {
		el := &elements[i]
		e := entrance{el.Link, el.Within.Milliseconds()}
		if i == 0 {
			e = in
		}
		_, last := rest.(end)
		inner := scope{sc.untils, ahead(elements[i+1:], starts[i+1:], sc)}
		switch {
		case el.Link == syntax.NotFollowedBy && last:
			rest = &pending{b: b, negation: negation{starts[i], sc.untils}, within: e.within, states: map[string]int{}}
		case el.Link == syntax.NotFollowedBy:
			rest = &guard{negation: negation{starts[i], sc.untils}, rest: rest}
		case el.Link == syntax.NotNext && last:
			rest = &accept{negation{starts[i], sc.untils}}
		case el.Link == syntax.NotNext:
			rest = &bar{negation: negation{starts[i], sc.untils}, rest: rest}
		case el.Group != nil:
			rest = b.group(el, starts[i], rest, e, inner)
		default:
			rest = b.loop(el, starts[i], rest, e, inner)
		}
	}
	return rest
}

// ahead returns the negation that follows an element at once, if one does.
func ahead(behind []syntax.Element, starts []int, sc scope) []negation {
	switch {
	case len(behind) == 0:
		return sc.ahead
	case behind[0].Link == syntax.NotFollowedBy:
		return []negation{{starts[0], sc.untils}}
	}
	return nil
}

func countSteps(el *syntax.Element) int {
	if el.Group == nil {
		return 1
	}
	n := 0
	for i := range el.Group {
		n += countSteps(&el.Group[i])
	}
	return n
}

// nullable reports whether all of a sequence may be left out.
func nullable(elements []syntax.Element) bool {
	for _, el := range elements {
		if !el.Link.Negated() && !el.Loop.Optional && (el.Group == nil || !nullable(el.Group)) {
			return false
		}
	}
	return true
}

// add adds a way to a state.
func (s *State) add(w Way) {
	if w.Op == Take && !slices.Contains(s.Waiting, w.Step) {
		s.Waiting = append(s.Waiting, w.Step)
		slices.Sort(s.Waiting)
	}
	s.Ways = append(s.Ways, w)
}

// stop adds the ways by which negations end a branch.
func (s *State) stop(negations []negation, when []Literal) {
	for _, n := range negations {
		s.add(Way{Op: Stop, When: join(join(when, []Literal{{Test: n.step}}), fails(n.untils)), Step: n.step})
	}
}
