package program

import (
	"fmt"
	"slices"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// maxStates and maxWays bound what a pattern compiles to. Loops are unrolled, so that a
// loop of a thousand within another one would need a million states.
const (
	maxStates = 100_000
	maxWays   = 1_000_000
)

// Compile returns the program of a pattern that Validates. It is an error if the program
// would be too large.
func Compile(p syntax.Pattern) (*Program, error) {
	b := &builder{program: &Program{}, until: map[*syntax.Element]int{}}
	if err := b.steps(p.Places()); err != nil {
		return nil, err
	}
	if err := b.untils(p); err != nil {
		return nil, err
	}
	whole := b.sequence(p.Sequence, 0, end{}, entrance{link: syntax.Begin}, scope{})
	b.state(func(s *State) { whole.ways(s, origin{}) })
	for n := 0; n < len(b.fills) && b.err == nil; n++ {
		b.fill(n)
	}
	if b.err != nil {
		return nil, b.err
	}
	start := &b.program.States[0]
	start.Ways = slices.DeleteFunc(start.Ways, func(w Way) bool { return w.Op != Take })
	start.Pending = false
	b.program.tidy()
	return b.program, nil
}

// builder makes the states of a program. A state is numbered when a way first leads to
// it, and filled later, so that ways may lead back. The numbers depend on nothing but the
// pattern, and not on its window: stored branches speak of states by number.
type builder struct {
	program *Program
	fills   []func(*State) // of the states, by number
	ways    int            // how many there are
	work    int            // how many flows were gone through
	until   map[*syntax.Element]int
	err     error
}

// steps makes the steps and their tests.
func (b *builder) steps(places []syntax.Place) error {
	numbers := map[string]int{}
	for i, place := range places {
		numbers[place.Name] = i
	}
	for _, place := range places {
		b.program.Steps = append(b.program.Steps, Step{
			Name: place.Name, List: place.List, Negated: place.Negated, Any: len(place.Step.Types) == 0,
		})
		t := Test{Types: place.Step.Types}
		if err := t.compile(place.Step.Where, place.Names, numbers); err != nil {
			return err
		}
		b.program.Tests = append(b.program.Tests, t)
	}
	return nil
}

func (t *Test) compile(text string, names cond.Names, numbers map[string]int) error {
	if text == "" {
		return nil
	}
	c, err := cond.Compile(text, names)
	if err != nil {
		return fmt.Errorf("cep: condition [%s]: %w", text, err)
	}
	t.Cond = c
	for _, i := range c.Steps() {
		t.Steps = append(t.Steps, numbers[names.Steps[i].Name])
		t.Lists = t.Lists || names.Steps[i].List
	}
	return nil
}

// untils makes the tests of the conditions that end loops.
func (b *builder) untils(p syntax.Pattern) error {
	numbers := map[string]int{}
	for i := range b.program.Steps {
		numbers[b.program.Steps[i].Name] = i
	}
	loops := loopsWithUntil(nil, p.Sequence)
	for i, until := range p.Untils() {
		var t Test
		if err := t.compile(until.Where, until.Names, numbers); err != nil {
			return err
		}
		b.until[loops[i]] = len(b.program.Tests)
		b.program.Tests = append(b.program.Tests, t)
	}
	return nil
}

// loopsWithUntil appends the elements that have an until, in the order of Pattern.Untils.
func loopsWithUntil(loops []*syntax.Element, elements []syntax.Element) []*syntax.Element {
	for i := range elements {
		el := &elements[i]
		loops = loopsWithUntil(loops, el.Group)
		if el.Loop.Until != "" {
			loops = append(loops, el)
		}
	}
	return loops
}

// untilTest returns the test that ends an element's loop, if there is one.
func (b *builder) untilTest(el *syntax.Element) []int {
	if t, ok := b.until[el]; ok {
		return []int{t}
	}
	return nil
}

// state numbers a state that fill will make.
func (b *builder) state(fill func(*State)) int {
	if len(b.fills) >= maxStates && b.err == nil {
		b.err = fmt.Errorf("cep: pattern needs more than %d states: want fewer repetitions within repetitions", maxStates)
	}
	if b.err != nil {
		return 0
	}
	b.fills = append(b.fills, fill)
	b.program.States = append(b.program.States, State{})
	return len(b.fills) - 1
}

// memo returns the state that is known by a key, or a new one, which fill makes for its
// number.
func memo[K comparable](b *builder, known map[K]int, key K, fill func(self int) func(*State)) int {
	if n, ok := known[key]; ok {
		return n
	}
	n := b.state(nil)
	known[key] = n
	if b.err == nil {
		b.fills[n] = fill(n)
	}
	return n
}

// fill makes a state.
func (b *builder) fill(n int) {
	var s State
	b.fills[n](&s)
	s.Settled = n
	if s.Pending && len(s.Waiting) > 0 {
		s.Settled = b.state(func(settled *State) {
			for _, w := range s.Ways {
				if !w.pending {
					settled.add(w)
				}
			}
		})
	}
	if b.ways += len(s.Ways); b.ways > maxWays {
		b.tooWide()
	}
	b.program.States[n] = s
}

// walked counts a flow that was gone through, and reports whether there have been too many
// of them.
func (b *builder) walked() bool {
	if b.work++; b.work > 10*maxWays {
		b.tooWide()
	}
	return b.err != nil
}

func (b *builder) tooWide() {
	if b.err == nil {
		b.err = fmt.Errorf("cep: pattern needs more than %d ways between its states: want fewer optional elements in a row", maxWays)
	}
}
