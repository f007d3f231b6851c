package program

import "slices"

// guard is a notFollowedBy with a step behind it: it holds until that takes an event.
type guard struct {
	negation
	rest flow
}

func (g *guard) ways(s *State, o origin) { g.rest.ways(s, g.guarded(o)) }

func (g *guard) final(o origin) [][]Literal { return g.rest.final(g.guarded(o)) }

func (g *guard) guarded(o origin) origin {
	o.guards = append(slices.Clip(o.guards), g.negation)
	return o
}

// bar is a notNext with a step behind it: it holds for the very next event, which is then
// offered to that.
type bar struct {
	negation
	rest flow
}

func (b *bar) ways(s *State, o origin) {
	o = o.met()
	s.stop([]negation{b.negation}, o.when)
	b.rest.ways(s, b.passed(o))
}

func (b *bar) final(o origin) [][]Literal { return b.rest.final(b.passed(o.met())) }

func (b *bar) passed(o origin) origin {
	return o.and(Literal{Test: b.step, Not: true}).and(fails(b.untils)...)
}

// pending is a notFollowedBy at the end of the pattern: the branch matches if nothing ends
// it before a deadline.
type pending struct {
	negation
	b      *builder
	within int64 // milliseconds; zero: none of its own

	states map[string]int
}

func (p *pending) ways(s *State, o origin) {
	o.guards = append(slices.Clip(o.guards), p.negation)
	p.waysOf(s, o.met().when, o.guards, memo(p.b, p.states, o.key(), func(self int) func(*State) {
		return func(s *State) { p.waysOf(s, o.greedy, o.guards, self) }
	}))
}

func (p *pending) waysOf(s *State, when []Literal, guards []negation, self int) {
	s.Pending, s.PendingWithin = true, p.within
	from := len(s.Ways)
	s.stop(guards, when)
	s.add(Way{Op: Ignore, When: when, To: self})
	for i := from; i < len(s.Ways); i++ {
		s.Ways[i].pending = true
	}
}

func (p *pending) final(origin) [][]Literal { return nil }

// accept is a notNext at the end of the pattern: the next event completes the match by not
// being the step.
type accept struct{ negation }

func (a *accept) ways(s *State, o origin) {
	o = o.met()
	s.stop(append(slices.Clip(o.guards), a.negation), o.when)
	s.add(Way{Op: Accept, When: join(o.when, []Literal{{Test: a.step, Not: true}})})
}

func (a *accept) final(origin) [][]Literal { return nil }
