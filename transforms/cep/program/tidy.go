package program

import (
	"reflect"
	"slices"
)

// tidy merges each pair of states that differ only in that a branch has ignored an event in
// between, and drops the states that no branch can reach. The rest it numbers in the order
// in which they are reached, and sets their Inert and Bound.
func (p *Program) tidy() {
	for n := range p.States {
		for _, w := range p.States[n].Ways {
			if w.Op == Ignore && w.To != n && p.alike(n, w.To) {
				p.redirect(n, w.To)
			}
		}
	}
	p.renumber()
	for n := range p.States {
		p.States[n].Inert = p.inert(n)
		p.States[n].Bound = p.States[n].bound()
	}
}

// alike reports whether two states are the same, but that ignoring an event in the one
// leads to the other.
func (p *Program) alike(n, m int) bool {
	a, b := &p.States[n], &p.States[m]
	if len(a.Ways) != len(b.Ways) || a.Pending != b.Pending || a.PendingWithin != b.PendingWithin {
		return false
	}
	for i := range a.Ways {
		v, w := a.Ways[i], b.Ways[i]
		if v.Op == Ignore && v.To == m && w.Op == Ignore && w.To == m {
			v.To = w.To
		} else if v.Op != Ignore && v.Op != Take {
			v.To, w.To = 0, 0
		}
		v.pending, w.pending = false, false
		if !reflect.DeepEqual(v, w) {
			return false
		}
	}
	return (a.Settled == n) == (b.Settled == m)
}

func (p *Program) redirect(n, m int) {
	ways := slices.Clone(p.States[n].Ways)
	for i := range ways {
		if ways[i].Op == Ignore && ways[i].To == m {
			ways[i].To = n
		}
	}
	p.States[n].Ways = ways
}

// renumber drops the states that no branch can reach.
func (p *Program) renumber() {
	number := map[int]int{0: 0}
	order := []int{0}
	reach := func(n int) int {
		if _, ok := number[n]; !ok {
			number[n] = len(order)
			order = append(order, n)
		}
		return number[n]
	}
	var states []State
	for i := 0; i < len(order); i++ {
		s := p.States[order[i]]
		ways := slices.Clone(s.Ways)
		for j := range ways {
			if ways[j].Op == Take || ways[j].Op == Ignore {
				ways[j].To = reach(ways[j].To)
			}
		}
		s.Ways, s.Settled = ways, reach(s.Settled)
		states = append(states, s)
	}
	p.States = states
}

// inert reports whether an event that passes no test leaves a branch in a state as it is.
func (p *Program) inert(n int) bool {
	stays := false
	for _, w := range p.States[n].Ways {
		for _, l := range w.When {
			if len(p.Tests[l.Test].Types) == 0 {
				return false // an event of any type may pass it
			}
		}
		if slices.ContainsFunc(w.When, func(l Literal) bool { return !l.Not }) {
			continue
		}
		if w.Op != Ignore || w.To != n || stays {
			return false
		}
		stays = true
	}
	return stays
}

// bound returns the largest window of the ways that take an event or need none; zero where
// there is one without a window, or no such way.
func (s *State) bound() int64 {
	bound := int64(0)
	for _, w := range s.Ways {
		switch {
		case w.Op == Ignore || w.Op == Stop:
		case w.Within == 0:
			return 0
		default:
			bound = max(bound, w.Within)
		}
	}
	return bound
}
