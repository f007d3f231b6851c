package whole

import (
	"cmp"
	"math"
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// holds reports whether an event that has found no open run is held, and holds it then.
func (m *moment) holds(e event) bool {
	if m.pattern.Early == 0 || e.At >= e.Time+m.pattern.Early || !m.orphan(e) && !m.forbidden(e) {
		return false
	}
	m.held = append(m.held, e.Event)
	return true
}

// forbidden reports whether an event fits a notFollowedBy that names its type.
func (m *moment) forbidden(e event) bool {
	return slices.ContainsFunc(places(m.pattern.Sequence), func(pl place) bool {
		return pl.link == NotFollowedBy && len(pl.step.Types) > 0 && fitsAlone(pl.step, e)
	})
}

// decide decides the events that have been held for long enough.
func (k *Key) decide(at int64) Change {
	var c Change
	slices.SortStableFunc(k.held, func(a, b ceptest.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), k.pattern.Compare(a, b))
	})
	for len(k.held) > 0 && k.held[0].Time+k.pattern.Early <= at {
		c.Decided = append(c.Decided, k.classOf(k.held[0]))
		k.held = k.held[1:]
	}
	return c
}

// classOf returns what becomes of an event that was held and that no run has taken.
func (k *Key) classOf(e ceptest.Event) Classed {
	switch m := k.moment(0, 0); {
	case e.Time < e.At:
		return Classed{e, Late, false}
	case m.orphan(event{Event: e}):
		return Classed{e, Orphan, false}
	}
	return Classed{e, Other, false}
}

// Held returns the events that are held, in the order in which they would be decided.
func (k *Key) Held() []ceptest.Event {
	k.decide(math.MinInt64)
	return k.held
}

// giveHeld gives the events that are held to the run that has opened.
func (m *moment) giveHeld() {
	if !m.opened {
		return
	}
	held, at, of := m.held, m.at, m.event
	m.held = nil
	slices.SortStableFunc(held, func(a, b ceptest.Event) int {
		return cmp.Or(
			cmp.Compare(m.pattern.position(a.Type), m.pattern.position(b.Type)),
			cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Data, b.Data))
	})
	r := m.runs[len(m.runs)-1]
	for _, h := range held {
		classed := m.classOf(h)
		if r.how == "" && len(r.branches) > 0 {
			m.events++
			e := event{h, m.events, 0}.from(r.first.Time)
			m.at, m.event, m.took, m.cancelled = e.Time, e, false, false
			m.step(r, e, true)
			m.settle()
			if m.took || m.cancelled {
				classed.Class = Advanced
			}
		}
		m.change.Decided = append(m.change.Decided, classed)
	}
	m.at, m.event = at, of
}

// from lets an event count as one of a time, if its own is before that.
func (e event) from(time int64) event {
	if e.Time < time {
		e.before = time - e.Time
		e.Time = time
	}
	return e
}

// gently returns the branch without the ways that are over by an event's time, and whether
// it takes the event or is ended by it as by what a notFollowedBy forbids.
func (b *branch) gently(e event) (*branch, bool) {
	now := &branch{taken: b.taken, fresh: b.fresh}
	guarded, stopped, takes := false, false, false
	for _, w := range b.ways {
		if w.deadline <= e.Time {
			continue
		}
		now.ways = append(now.ways, w)
		if b.fresh {
			w = b.freed(w, e)
		}
		if b.held(w, e, b.fresh) {
			continue
		}
		for _, s := range b.negated(w, e) {
			if slices.ContainsFunc(w.guards, func(n negation) bool { return n.step == s }) {
				guarded = true
			} else {
				stopped = true
			}
		}
		take, _ := b.may(w, e)
		takes = takes || take
	}
	return now, e.Time >= b.last() && (guarded || !stopped && takes)
}
