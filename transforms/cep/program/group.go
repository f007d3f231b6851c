package program

import (
	"slices"

	"ordertimeout/transforms/cep/syntax"
)

// group is a sequence that is gone through once or several times, or may be left out.
type group struct {
	b           *builder
	element     *syntax.Element
	first       int // the number of its first step
	in          entrance
	least, most int
	optional    bool
	until       []int
	scope       scope
	rest        flow
	// full says that a round takes at least one event. Else one and the same match would be
	// found several times, with empty rounds here or there.
	full bool

	rounds map[int]flow
}

func (b *builder) group(el *syntax.Element, first int, rest flow, in entrance, sc scope) flow {
	g := &group{
		b: b, element: el, first: first, in: in, optional: el.Loop.Optional, until: b.untilTest(el),
		scope: sc, rest: rest, rounds: map[int]flow{},
	}
	g.least, g.most = el.Loop.Times()
	if nullable(el.Group) && (g.optional || g.most != 1) {
		g.full, g.optional, g.least = true, true, 1
	}
	return g
}

// round returns the flow of the n-th round and all that comes behind it.
func (g *group) round(n int) flow {
	if g.most == syntax.Unbounded {
		n = min(n, g.least+1)
	}
	if r := g.rounds[n]; r != nil {
		return r
	}
	in := g.in
	if n > 1 {
		in.link = [...]syntax.Link{syntax.Relaxed: syntax.FollowedBy, syntax.Consecutive: syntax.Next, syntax.Combinations: syntax.FollowedByAny}[g.element.Loop.Inner]
	}
	in.within = 0 // the entry has it
	untils := slices.Concat(g.scope.untils, g.until)
	r := g.b.sequence(g.element.Group, g.first, &roundEnd{g, n}, in, scope{untils, g.scope.ahead})
	g.rounds[n] = r
	return r
}

// enter returns how a branch enters a round.
func (g *group) enter(o origin) origin {
	o.entered = append(slices.Clip(o.entered), entry{g, g.in.within})
	return o
}

func (g *group) ways(s *State, o origin) {
	g.round(1).ways(s, g.enter(o))
	if g.optional {
		g.rest.ways(s, o.met().and(fails(g.scope.untils)...))
	}
}

func (g *group) final(o origin) [][]Literal {
	all := g.round(1).final(g.enter(o))
	if g.optional {
		all = append(all, g.rest.final(o.met().and(fails(g.scope.untils)...))...)
	}
	return all
}

// roundEnd is what comes behind the n-th round of a group: another round, or the rest.
type roundEnd struct {
	group *group
	n     int
}

// left returns o as it is outside of the round; ok is false for a round that must not end,
// as it has taken nothing.
func (e *roundEnd) left(o origin) (_ origin, ok bool) {
	if n := len(o.entered); n > 0 {
		o.entered = o.entered[:n-1]
		return o, !e.group.full
	}
	return o, true
}

func (e *roundEnd) ways(s *State, o origin) {
	g := e.group
	o, ok := e.left(o)
	if !ok {
		return
	}
	if e.n != g.most {
		again := o
		again.guards = slices.Concat(o.guards, g.scope.ahead)
		g.round(e.n+1).ways(s, g.enter(again))
	}
	if e.n >= g.least {
		g.rest.ways(s, o)
	}
}

func (e *roundEnd) final(o origin) [][]Literal {
	g := e.group
	o, ok := e.left(o)
	if !ok || e.n < g.least {
		return nil // another round takes an event
	}
	return g.rest.final(o)
}
