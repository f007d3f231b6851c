package whole

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Shape restricts the patterns that RandomPattern gives. The zero Shape has all of the
// language, but for groups that can take nothing and are optional or in a loop.
type Shape struct {
	// Linear gives sequences of steps under next and followedBy, with negations where
	// Negations says so.
	Linear, Negations bool
	// NoConditions gives patterns without conditions, and so without until.
	NoConditions bool
	// OwnConditions gives conditions that look at the current event alone.
	OwnConditions bool
	// Flink leaves out the shapes in which Flink's code does not follow its own rules.
	Flink bool
	// Roomy gives no patterns with room for a few branches only: all have room for 300.
	Roomy bool
	// EmptyRounds gives groups that can take nothing and are optional or loop, too.
	EmptyRounds bool
}

// RandomPattern returns a valid pattern over the types a to d. Small ones are likely.
func RandomPattern(rnd *rand.Rand, s Shape) Pattern {
	for {
		g := generator{Rand: rnd, Shape: s, names: map[string]bool{}}
		if !s.Linear && g.in(6) {
			g.Linear, g.Negations = true, g.in(2)
		}
		p := g.pattern()
		if valid(p) && (!s.Flink || !slips(p)) && (s.EmptyRounds || !emptyRounds(p.Sequence)) {
			return p
		}
	}
}

// generator makes one pattern.
type generator struct {
	*rand.Rand
	Shape
	names map[string]bool
	seen  []seen // the steps so far that are not negated
}

// seen is a step that a later condition may name.
type seen struct {
	name string
	list bool
}

// in reports true one time in n.
func (g *generator) in(n int) bool { return g.IntN(n) == 0 }

func (g *generator) pattern() Pattern {
	p := Pattern{Every: !g.Linear && !g.in(3), Within: []int64{20, 30, 50, 100}[g.IntN(4)]}
	p.Remember = []int64{0, 1, 20, p.Within}[g.IntN(4)]
	p.Sequence = g.sequence(2, false)
	if g.in(8) && !g.Linear || g.Negations && g.in(4) {
		p.Sequence = append(p.Sequence, g.negation(true))
	}
	if p.Every && g.in(2) {
		p.Skip.To = []SkipTo{ToNext, PastLast, ToFirst, ToLast}[g.IntN(4)]
		if p.Skip.To == ToFirst || p.Skip.To == ToLast {
			p.Skip.Step = g.seen[g.IntN(len(g.seen))].name
		}
	}
	if g.in(8) && linksBound(p.Sequence) {
		p.Within = 0
	}
	p.MaxBranches = 300
	if g.in(10) && !g.Roomy {
		p.MaxBranches = 1 + g.IntN(6)
	}
	return p
}

// linksBound reports whether the windows of the links bound the pattern in time.
func linksBound(seq []Element) bool {
	for i, el := range seq {
		single := el.Group == nil && !el.loop() && !el.Optional
		bound := el.Group == nil && el.Within > 0 || el.Link.Negated() && i < len(seq)-1
		if i == 0 && !single || i > 0 && !bound {
			return false
		}
	}
	return true
}

// sequence returns a sequence. depth is how deep groups may go; inLoop says that it is
// of a group that loops.
func (g *generator) sequence(depth int, inLoop bool) []Element {
	n := []int{1, 2, 2, 2, 3, 3, 4}[g.IntN(7)]
	if depth == 2 {
		n = max(n, 2-g.IntN(8)/7)
	}
	if g.Linear {
		n = max(n, 2)
	}
	var seq []Element
	for i := range n {
		if i > 0 && g.negates() && !seq[len(seq)-1].Optional {
			seq = append(seq, g.negation(false))
		}
		el := Element{Link: Begin, Min: 1, Max: 1}
		if i > 0 {
			links := []Link{Next, FollowedBy, FollowedBy, FollowedByAny}
			if g.Linear {
				links = links[:3]
			}
			el.Link = links[g.IntN(len(links))]
			if g.in(6) {
				el.Within = int64(1 + g.IntN(20))
			}
		}
		g.fill(&el, depth, inLoop)
		seq = append(seq, el)
	}
	return seq
}

func (g *generator) negates() bool {
	if g.Linear {
		return g.Negations && g.in(3)
	}
	return g.in(7)
}

// fill gives an element its step or group, and its quantifier.
func (g *generator) fill(el *Element, depth int, inLoop bool) {
	if !g.Linear && g.in(2) {
		g.quantify(el)
	}
	if depth > 0 && !g.Linear && !el.Greedy && g.in(5) {
		el.Group = g.sequence(depth-1, inLoop || el.loop())
	} else {
		el.Step = g.step(inLoop || el.loop(), false)
	}
	if el.Max == Unbounded && g.in(4) && !g.NoConditions {
		el.Until = g.condition(true)
	}
}

func (g *generator) quantify(el *Element) {
	bounds := [][2]int{{1, 1}, {1, Unbounded}, {1, Unbounded}, {2, 2}, {1, 2}, {2, 3}, {2, Unbounded}}[g.IntN(7)]
	el.Min, el.Max = bounds[0], bounds[1]
	el.Optional = !el.loop() || g.in(4)
	if !el.loop() {
		return
	}
	switch g.IntN(6) {
	case 0:
		el.Greedy = true
	case 1:
		el.Consecutive = true
	case 2:
		el.Combinations = true
	case 3:
		el.Greedy, el.Consecutive = true, true
	}
}

func (g *generator) negation(last bool) Element {
	el := Element{Link: []Link{NotNext, NotFollowedBy, NotFollowedBy}[g.IntN(3)], Min: 1, Max: 1}
	if last && el.Link == NotFollowedBy && g.in(3) {
		el.Within = int64(1 + g.IntN(20))
	}
	el.Step = g.step(false, true)
	return el
}

// step returns a step with a name of its own.
func (g *generator) step(list, negated bool) Step {
	var s Step
	switch g.IntN(8) {
	case 0:
	case 1:
		i := g.IntN(3)
		s.Types = []string{"abcd"[i : i+1], "abcd"[i+1 : i+2]}
	default:
		i := g.IntN(4)
		s.Types = []string{"abcd"[i : i+1]}
	}
	s.Name = defaultName(s.Types)
	if g.names[s.Name] || len(s.Types) != 1 || g.in(8) {
		s.Name = fmt.Sprintf("s%d", len(g.names))
	}
	g.names[s.Name] = true
	if list && !negated {
		g.seen = append(g.seen, seen{s.Name, true})
	}
	if !g.NoConditions && g.in(4) {
		s.Where = g.condition(g.OwnConditions)
	}
	if !list && !negated {
		g.seen = append(g.seen, seen{s.Name, false})
	}
	return s
}

// condition returns a condition on the current event or, unless it looks at that alone,
// also on the steps that have been seen.
func (g *generator) condition(alone bool) Condition {
	own := []string{"n > 0", "n > 1", "n < 2", "n == 2", "n != 1", "m > 0"}
	text := own[g.IntN(len(own))]
	if !alone && len(g.seen) > 0 && !g.in(3) {
		s := g.seen[g.IntN(len(g.seen))]
		forms := []string{"n > %[1]s.n", "%[1]s == nil || n >= %[1]s.n"}
		if s.list {
			forms = []string{"len(%[1]s) < 2", "sum(%[1]s, .n) < 4", "n > last(%[1]s).n", "len(%[1]s) == 0 || n >= first(%[1]s).n"}
		}
		text = fmt.Sprintf(forms[g.IntN(len(forms))], s.name)
	}
	c, err := ParseCondition(text)
	if err != nil {
		panic(err) // All forms are conditions.
	}
	return c
}

// emptyRounds reports whether a group that can take nothing may be taken repeatedly, or
// is optional besides.
func emptyRounds(seq []Element) bool {
	return slices.ContainsFunc(seq, func(el Element) bool {
		return el.Group != nil && (canBeEmpty(el.Group) && (el.loop() || el.Optional) || emptyRounds(el.Group))
	})
}
