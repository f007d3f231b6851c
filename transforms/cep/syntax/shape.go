package syntax

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Linear reports whether the pattern is a sequence of steps, each once, under next and
// followedBy, without every. Conditions, names and windows do not matter.
func (p Pattern) Linear() bool {
	return p.Straight() && !slices.ContainsFunc(p.Sequence, func(e Element) bool { return e.Link.Negated() })
}

// Straight is Linear with negations allowed.
func (p Pattern) Straight() bool {
	return !p.Every && !slices.ContainsFunc(p.Sequence, func(e Element) bool {
		return e.Group != nil || e.Loop != Quantifier{} || e.Link == FollowedByAny
	})
}

// Bounded returns an error where a pattern, valid otherwise, could wait without end:
// where it has no window, and a wait in it has no window of its own. Then Within has to be set. Parse
// does not ask for that, since a window may come from elsewhere; Validate does.
func (p Pattern) Bounded() error {
	if p.Within != 0 {
		return nil
	}
	if len(p.Sequence) > 0 && !p.Sequence[0].takesOne() {
		return errors.New("cep: pattern without a window, and its first element can take more than one event: want within and a duration")
	}
	return boundedSequence(p.Sequence)
}

// boundedSequence returns the first wait of the elements that has no window, but for
// that of the first element's first event, which stands behind the link before them.
func boundedSequence(elements []Element) error {
	for i, e := range elements {
		_, most := e.Loop.Times()
		switch {
		case e.Link == NotNext && i == len(elements)-1:
			return errors.New("cep: pattern without a window, and notNext at its end: want within and a duration")
		case e.Link == NotFollowedBy && i == len(elements)-1 && e.Within == 0:
			return fmt.Errorf("cep: pattern without a window, and none on notFollowedBy %s: want within and a duration", e.name())
		case i > 0 && !e.Link.Negated() && e.Within == 0:
			return fmt.Errorf("cep: pattern without a window, and none on %v %s: want within and a duration", e.Link, e.name())
		case i == 0 && most != 1:
			return fmt.Errorf("cep: pattern without a window, and none between the events of the loop of %s, which begins a group: want within and a duration", e.name())
		}
		if err := boundedSequence(e.Group); err != nil {
			return err
		}
	}
	return nil
}

// takesOne reports whether the element takes one event at most.
func (e Element) takesOne() bool {
	_, most := e.Loop.Times()
	return most == 1 && (e.Group == nil || len(e.Group) == 1 && e.Group[0].takesOne())
}

// name names the element in an error.
func (e Element) name() string {
	if e.Group != nil {
		return "a group"
	}
	return strconv.Quote(e.Step.Name())
}
