package whole

import (
	"cmp"
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// Key is a key with all the runs that it has had.
type Key struct {
	pattern Pattern
	runs    []*run // in the order of their first events
	events  int    // how many there were
	place   int64  // of the last one
	held    []ceptest.Event
}

// run is a run of the pattern.
type run struct {
	first    event
	deadline int64
	branches []*branch
	// known are the events that are redelivered if they come again.
	known []ceptest.Event
	// given counts the matches given, held are those held back.
	given int
	held  []completed
	// how it ended, "" for open, and at which place.
	how   string
	ended int64
	// why says by what its branches have ended in the present moment: the first of
	// TimedOut, Cancelled, Broken. reached are the branches that ended by deadlines.
	why     string
	reached []reached
	// ages are those at which it is to be reminded of. stopped are the branches that the
	// present event has ended as a negated step, stoodUnder is the run's deadline before.
	ages       []int64
	stopped    []cancelled
	stoodUnder int64
	// alert is the timeout that the run has given, while it is not resolved.
	alert *alert
}

// reached is a branch that a deadline has ended, with the steps that it waited for.
type reached struct {
	taken    []taken
	deadline int64
	waited   []*Step
	// guards are those that would have ended it.
	guards []*Step
}

// NewKey returns a key that has had no event.
func NewKey(p Pattern) *Key {
	if p.MaxBranches == 0 {
		p.MaxBranches = 10_000
	}
	if p.MaxTaken == 0 {
		p.MaxTaken = 100_000
	}
	return &Key{pattern: p}
}

// open returns the runs that have not ended.
func (k *Key) open() []*run {
	return slices.DeleteFunc(slices.Clone(k.runs), func(r *run) bool { return r.how != "" })
}

// Advance lets time come to a place, each deadline in its own moment.
func (k *Key) Advance(at int64) Change {
	var all Change
	for {
		due := int64(Never)
		for _, r := range k.open() {
			due = min(due, r.reminder())
			for _, b := range r.branches {
				due = min(due, b.due())
			}
		}
		if due > at || due == Never {
			all.add(k.decide(at)) // none is held while a run is open
			return all
		}
		m := k.moment(due, max(due, k.place))
		for _, r := range k.open() {
			m.expire(r)
		}
		m.timePasses = true
		m.close()
		all.add(m.change)
	}
}

// Step gives the key an event. Time has come to its place.
func (k *Key) Step(given ceptest.Event) Change {
	k.events++
	k.place = given.At
	e := event{given, k.events, 0}
	if k.redelivered(e) {
		return Change{Class: Duplicate, Again: true}
	}
	m := k.moment(e.Time, e.At)
	m.event = e
	resolves := m.resolve(e)
	switch {
	case e.Time == e.At:
		m.change.Class = m.onTime(e, resolves)
	case k.pattern.linearButNegations():
		m.change.Class = m.late(e, resolves)
	case resolves:
		m.change.Class = Resolved
	case len(m.open()) == 0 && !start(k.pattern, e).took && m.holds(e):
		m.change.Class = Held
	case k.pattern.named(e.Type):
		m.change.Class = Late
	default:
		m.change.Class = Other
	}
	m.close()
	// What a late event has opened or gone on with may have its deadline behind it.
	m.change.add(k.Advance(e.At))
	return m.change
}

// redelivered reports whether the event is one that a run that is open or remembered
// has taken, or a duplicate of such a run.
func (k *Key) redelivered(e event) bool {
	for _, r := range k.runs {
		if r.how != "" && e.At > r.ended+k.pattern.rememberOf(r.first) {
			continue
		}
		for _, known := range r.known {
			if same(known, e.Event) {
				return true
			}
		}
	}
	return slices.ContainsFunc(k.held, func(held ceptest.Event) bool { return same(held, e.Event) })
}

// same reports whether two events are one, delivered twice.
func same(a, b ceptest.Event) bool {
	return a.Type == b.Type && a.ID == b.ID && (a.ID != "" || a.Data == b.Data)
}

// named reports whether a step names a type.
func (p Pattern) named(typ string) bool {
	return slices.ContainsFunc(places(p.Sequence), func(pl place) bool { return pl.step.names(typ) })
}

// End ends the input and returns the events that the branches of open runs, and their
// matches that are held back, have taken, each once, in the order of the key, and how the
// runs ended: as Open or, where they have given a match, Matched.
func (k *Key) End() (open []ceptest.Event, ends []string) {
	var all []taken
	for _, r := range k.open() {
		if r.given > 0 {
			ends = append(ends, Matched)
			continue
		}
		ends = append(ends, Open)
		for _, b := range r.branches {
			all = append(all, b.taken...)
		}
		for _, c := range r.held {
			all = append(all, c.taken...)
		}
	}
	slices.Sort(ends)
	slices.SortFunc(all, func(a, b taken) int { return cmp.Compare(a.number, b.number) })
	all = slices.CompactFunc(all, func(a, b taken) bool { return a.number == b.number })
	for _, t := range all {
		open = append(open, t.given())
	}
	return open, ends
}
