package syntax

import (
	"fmt"
	"time"

	"ordertimeout/transforms/cep/cond"
)

// Place is a step where it stands in a pattern.
type Place struct {
	// Step is the step, Name what it is called.
	Step Step
	Name string
	// Link is what stands before the step or, where the step begins a group, before the
	// group; Within is its window, or zero.
	Link   Link
	Within time.Duration
	// Negated says that the step is one that must not come.
	Negated bool
	// List says that the step can take several events in one match: it, or a group that
	// it is in, is a loop.
	List bool
	// Names are what Step.Where may name. Without Where they are empty.
	Names cond.Names
}

// Until is the condition that ends a loop.
type Until struct {
	// Where is the condition.
	Where string
	// First and Last are the loop's places in [Pattern.Places].
	First, Last int
	// Names are what Where may name: the steps before the loop and those in it.
	Names cond.Names
}

// Places returns the steps of a valid pattern in its order, negated ones too, with
// those of groups where they stand.
func (p Pattern) Places() []Place {
	var w walk
	w.sequence(p.Sequence, false)
	for i := range w.places {
		if place := &w.places[i]; place.Step.Where != "" {
			place.Names = w.names(i, i, place.List)
		}
	}
	return w.places
}

// Untils returns the conditions that end loops of a valid pattern, in the order of its
// text: that of a group comes behind those in it.
func (p Pattern) Untils() []Until {
	var w walk
	w.sequence(p.Sequence, false)
	for i := range w.untils {
		u := &w.untils[i]
		u.Names = w.names(u.First, u.Last, true)
	}
	return w.untils
}

// walk collects the places of a pattern, without names.
type walk struct {
	places []Place
	untils []Until
}

func (w *walk) sequence(elements []Element, list bool) {
	for _, e := range elements {
		_, most := e.Loop.Times()
		several := list || most != 1
		first := len(w.places)
		if len(e.Group) > 0 {
			w.sequence(e.Group, several)
			w.places[first].Link, w.places[first].Within = e.Link, e.Within
		} else {
			w.places = append(w.places, Place{Step: e.Step, Name: e.Step.Name(), Link: e.Link,
				Within: e.Within, Negated: e.Link.Negated(), List: several})
		}
		if e.Loop.Until != "" {
			w.untils = append(w.untils, Until{Where: e.Loop.Until, First: first, Last: len(w.places) - 1})
		}
	}
}

// names returns what a condition may name that stands at the places first to last: the
// steps before them and, where own says so, their own.
func (w *walk) names(first, last int, own bool) cond.Names {
	names := cond.Names{Refused: map[string]string{}}
	for i, place := range w.places {
		if !nameable(place.Name) {
			continue
		}
		var why string
		switch {
		case place.Negated:
			why = "is a negated step, which takes no event"
		case i > last:
			why = "comes later in the pattern"
		case i >= first && !own:
			why = "is the step itself"
		default:
			names.Steps = append(names.Steps, cond.Step{Name: place.Name, List: place.List})
			continue
		}
		names.Refused[place.Name] = fmt.Sprintf("%s %s: want members of the current event bare, such as amount (one called %s: event.%s)",
			place.Name, why, place.Name, place.Name)
	}
	return names
}
