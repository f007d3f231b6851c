package whole

import (
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// Classed is an event and what has become of it.
type Classed struct {
	Event ceptest.Event
	Class string
	// Again tells a Duplicate that is the same event again from others.
	Again bool
}

// OpenKey has the events of the runs of a key that are open at the end, as Key.End
// returns them.
type OpenKey struct {
	Key    string
	Events []ceptest.Event
}

// Result is what a log comes to.
type Result struct {
	// Outcomes are in their order within a key. Keys are in the order of their names.
	Outcomes []Outcome
	Open     []OpenKey
	// Overflowed are the first events of the runs that ended as Overflow.
	Overflowed []ceptest.Event
	// Classes has each event, in the order of its key.
	Classes []Classed
	// Counts has the number of events by class, of runs by how they ended, and of
	// matches given, as Success.
	Counts map[string]int
}

// Run runs the pattern over a stamped log, to an end of the input.
func (p Pattern) Run(log []ceptest.Event, end ceptest.End) Result {
	res := Result{Counts: map[string]int{}}
	byKey := map[string][]ceptest.Event{}
	var keys []string
	for _, e := range log {
		if byKey[e.Key] == nil {
			keys = append(keys, e.Key)
		}
		byKey[e.Key] = append(byKey[e.Key], e)
	}
	slices.Sort(keys)
	for _, name := range keys {
		events := byKey[name]
		slices.SortStableFunc(events, p.Compare)
		k := NewKey(p)
		for _, e := range events {
			if e.At >= end.Undecided {
				res.classed(e, Change{Class: Returned})
				continue
			}
			res.add(k.Advance(e.At))
			c := k.Step(e)
			res.classed(e, c)
			res.add(c)
		}
		res.add(k.Advance(end.Limit))
		for _, e := range k.held {
			res.classed(e, Change{Class: Returned})
		}
		open, ends := k.End()
		res.add(Change{Ends: ends})
		if len(open) > 0 {
			res.Open = append(res.Open, OpenKey{name, open})
		}
	}
	return res
}

func (r *Result) classed(e ceptest.Event, c Change) {
	if c.Class != Held {
		r.Classes = append(r.Classes, Classed{e, c.Class, c.Again})
		r.Counts[c.Class]++
	}
}

func (r *Result) add(c Change) {
	r.Outcomes = append(r.Outcomes, c.Outcomes...)
	r.Overflowed = append(r.Overflowed, c.Overflowed...)
	for _, d := range c.Decided {
		r.Classes = append(r.Classes, d)
		r.Counts[d.Class]++
	}
	for _, o := range c.Outcomes {
		if o.Kind == Success {
			r.Counts[Success]++
		}
	}
	for _, how := range c.Ends {
		r.Counts[how]++
	}
}
