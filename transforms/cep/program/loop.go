package program

import (
	"fmt"

	"ordertimeout/transforms/cep/syntax"
)

// loop is a step that is taken once or several times, or may be left out.
type loop struct {
	b           *builder
	step        int
	link        syntax.Link
	within      int64 // milliseconds; zero: none
	least, most int   // most may be syntax.Unbounded
	optional    bool
	greedy      bool
	inner       syntax.Inner
	until       []int // the test of until, if there is one
	scope       scope
	rest        flow

	first map[string]int // states that wait for the first event, by what else holds
	after map[int]int    // states, by how many events were taken
	again map[int]int    // the same, once an event was ignored
}

func (b *builder) loop(el *syntax.Element, step int, rest flow, in entrance, sc scope) flow {
	l := &loop{
		b: b, step: step, link: in.link, within: in.within,
		optional: el.Loop.Optional, greedy: el.Loop.Greedy, inner: el.Loop.Inner,
		until: b.untilTest(el), scope: sc, rest: rest,
		after: map[int]int{}, again: map[int]int{}, first: map[string]int{},
	}
	l.least, l.most = el.Loop.Times()
	l.greedy = l.greedy && l.least != l.most
	return l
}

// takes returns when an event is taken, and skips when it is ignored on the way to the
// next one of the loop.
func (l *loop) takes() []Literal {
	return join([]Literal{{Test: l.step}}, fails(append(l.until, l.scope.untils...)))
}

func (l *loop) skips() []Literal {
	when := fails(append(l.until, l.scope.untils...))
	if l.inner == syntax.Relaxed {
		when = join([]Literal{{Test: l.step, Not: true}}, when)
	}
	return when
}

// skipsFirst returns when an event is ignored on the way to the first one of the loop.
func (l *loop) skipsFirst() []Literal {
	when := fails(l.scope.untils)
	if l.link == syntax.FollowedBy {
		when = join([]Literal{{Test: l.step, Not: true}}, when)
	}
	return when
}

// ways: the first event is taken, or ignored, or the loop is left out.
func (l *loop) ways(s *State, o origin) {
	if l.b.walked() {
		return
	}
	keep := o.greedy
	if l.optional {
		keep = nil
	}
	o = o.met()
	l.waysToFirst(s, o.when, keep, o.guards, o.window(l.within), -1)
	if l.optional {
		for _, o := range l.leave(o) {
			l.rest.ways(s, o)
		}
	}
}

// waysToFirst adds the ways to the first event. An event that is ignored leads to the
// state self, or, where that is negative, to one that waits for nothing else.
func (l *loop) waysToFirst(s *State, when, keep []Literal, guards []negation, within int64, self int) {
	s.stop(guards, when)
	s.add(Way{Op: Take, When: join(when, l.takes()), Within: within, Step: l.step, To: l.state(1), Final: l.finals(1)})
	if l.link != syntax.FollowedBy && l.link != syntax.FollowedByAny {
		return
	}
	if self < 0 {
		self = l.waiting(keep, guards, within)
	}
	s.add(Way{Op: Ignore, When: join(when, l.skipsFirst()), Within: within, To: self})
}

// waiting returns the state of a branch that waits for the first event, has ignored
// others, and so cannot leave the loop out any more.
func (l *loop) waiting(keep []Literal, guards []negation, within int64) int {
	return memo(l.b, l.first, fmt.Sprint(keep, guards, within), func(self int) func(*State) {
		return func(s *State) { l.waysToFirst(s, keep, keep, guards, within, self) }
	})
}

// state returns the state of a branch that has taken n events, the last one just now.
func (l *loop) state(n int) int {
	n = l.count(n)
	return memo(l.b, l.after, n, func(int) func(*State) {
		return func(s *State) {
			if n != l.most {
				l.waysToNext(s, n)
			}
			if n >= l.least {
				for _, o := range l.end(n) {
					l.rest.ways(s, o)
				}
			}
		}
	})
}

// count returns up to what n the states differ.
func (l *loop) count(n int) int {
	if l.most == syntax.Unbounded {
		return min(n, l.least)
	}
	return n
}

// waysToNext adds the ways to the event after the n-th.
func (l *loop) waysToNext(s *State, n int) {
	s.stop(l.scope.ahead, nil)
	s.add(Way{Op: Take, When: l.takes(), Within: l.within, Step: l.step, To: l.state(n + 1), Final: l.finals(n + 1)})
	if l.inner != syntax.Consecutive {
		s.add(Way{Op: Ignore, When: l.skips(), Within: l.within, To: l.waitingAgain(n)})
	}
}

// waitingAgain returns the state of a branch that has taken n events and ignored others
// since, and so cannot leave the loop before it has taken another.
func (l *loop) waitingAgain(n int) int {
	if n < l.least {
		return l.state(n)
	}
	return memo(l.b, l.again, l.count(n), func(int) func(*State) {
		return func(s *State) { l.waysToNext(s, n) }
	})
}

// leave returns how a branch leaves out the loop, or more of it: one way or, where until
// decides, two. Nothing is left out once a group around the loop has come to its end.
func (l *loop) leave(o origin) []origin { return l.behind(o.and(fails(l.scope.untils)...)) }

// end returns how a branch comes to the end of the loop with its n-th event. With the last
// one that the loop can have, nothing is left out.
func (l *loop) end(n int) []origin {
	if n == l.most {
		return l.behind(origin{})
	}
	return l.leave(origin{})
}

// behind returns what a branch brings to what is behind the loop.
func (l *loop) behind(o origin) []origin {
	if !l.greedy {
		return []origin{o}
	}
	greedy := o
	greedy.greedy = []Literal{{Test: l.step, Not: true}}
	if len(l.until) == 0 {
		return []origin{greedy}
	}
	return []origin{o.and(Literal{Test: l.until[0]}), greedy.and(fails(l.until)...)}
}

// finals returns when the branch has matched with its n-th event.
func (l *loop) finals(n int) [][]Literal {
	if n < l.least {
		return nil
	}
	var all [][]Literal
	for _, o := range l.end(n) {
		all = append(all, l.rest.final(o)...)
	}
	return all
}

func (l *loop) final(o origin) [][]Literal {
	if !l.optional || l.b.walked() {
		return nil
	}
	var all [][]Literal
	for _, o := range l.leave(o.met()) {
		all = append(all, l.rest.final(o)...)
	}
	return all
}
