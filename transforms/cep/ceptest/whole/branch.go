package whole

import (
	"cmp"
	"math"
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// Never is the deadline of what no window bounds.
const Never = math.MaxInt64

// event is an event of a key with its number in the order of the key.
type event struct {
	ceptest.Event
	number int
	// before is by how much its own time is before that which it counts as.
	before int64
}

// taken is an event that a branch has taken, and the step that it was taken for.
type taken struct {
	event
	step *Step
}

// given returns the event as it came, without its place in time.
func (e event) given() ceptest.Event {
	e.At = 0
	e.Time -= e.before
	return e.Event
}

// branch is one way to have taken events of a run.
type branch struct {
	taken []taken
	ways  []*way
	// fresh says that no event has come since the one that was taken last.
	fresh bool
}

// of returns the events taken for a step.
func (b *branch) of(step string) []ceptest.Event {
	var events []ceptest.Event
	for _, t := range b.taken {
		if t.step.Name == step {
			events = append(events, t.Event)
		}
	}
	return events
}

// last returns the time of the event taken last.
func (b *branch) last() int64 { return b.taken[len(b.taken)-1].Time }

// fits reports whether an event is what a step wants, for this branch.
func (b *branch) fits(s *Step, e event) bool {
	return (len(s.Types) == 0 || s.names(e.Type)) && s.Where.Holds(e.Event, b.of)
}

// completed is what a branch had taken when it reached the end of the pattern.
type completed struct {
	taken []taken
	// endedAt is the time of the match, deadline the one under which the branch stood.
	endedAt, deadline int64
}

// fate is what an event or a deadline has made of a branch.
type fate struct {
	branches  []*branch
	completed []completed
	// took and cancelled say that the event was taken, or ended the branch by a negation.
	took, cancelled bool
	// by are the negated steps that it was.
	by []*Step
}

// start returns what an event makes of the pattern as a whole, for a run whose deadline
// is that of the pattern.
func start(p Pattern, e event) fate {
	deadline := p.deadlineOf(e)
	nothing := &branch{fresh: true, ways: ways(&rest{seq: p.Sequence})}
	for _, w := range nothing.ways {
		w.deadline = deadline
	}
	f := nothing.step(e, deadline)
	f.branches = slices.DeleteFunc(f.branches, func(b *branch) bool { return len(b.taken) == 0 })
	f.completed = slices.DeleteFunc(f.completed, func(c completed) bool { return len(c.taken) == 0 })
	f.cancelled = false
	return f
}

// step gives an event to the branch. deadline is that of the run.
func (b *branch) step(e event, deadline int64) fate {
	var open []*way
	var f fate
	for _, w := range b.ways {
		if b.fresh {
			w = b.freed(w, e)
		}
		if b.held(w, e, b.fresh) {
			continue
		}
		f.by = append(f.by, b.negated(w, e)...)
		open = append(open, w)
	}
	if len(f.by) > 0 {
		return fate{cancelled: true, by: f.by}
	}
	for _, w := range open {
		if w.step == nil {
			if w.last == NotFollowedBy {
				f.branches = append(f.branches, &branch{taken: b.taken, ways: []*way{w}})
			} else {
				f.completed = append(f.completed, completed{b.taken, e.Time, w.deadline})
			}
			continue
		}
		take, wait := b.may(w, e)
		if take {
			f.took = true
			next, done := b.take(w, e, deadline)
			f.completed = append(f.completed, done...)
			if len(next.ways) > 0 {
				f.branches = append(f.branches, next)
			}
		}
		if wait {
			f.branches = append(f.branches, &branch{taken: b.taken, ways: []*way{w}})
		}
	}
	return f
}

// negated returns the steps as which the event must not come on a way: where it may not
// come next, those.
func (b *branch) negated(w *way, e event) []*Step {
	fit := func(negations []negation) (by []*Step) {
		for _, n := range negations {
			if b.fits(n.step, e) && !slices.ContainsFunc(n.inside, func(c Condition) bool { return b.ends(c, e) }) {
				by = append(by, n.step)
			}
		}
		return by
	}
	if nots := fit(w.nots); b.fresh && len(nots) > 0 {
		return nots
	}
	return fit(w.guards)
}

// freed returns the way without the greedy loops that the event ends by their until:
// they keep nothing any more.
func (b *branch) freed(w *way, e event) *way {
	free := *w
	ended := func(el *Element) bool { return b.ends(el.Until, e) }
	free.greedy = slices.DeleteFunc(slices.Clone(w.greedy), ended)
	free.greedyNext = slices.DeleteFunc(slices.Clone(w.greedyNext), ended)
	return &free
}

// held reports whether the event may not go a way, because a greedy loop keeps it or
// the until of a group that the way passes through holds. next says that the event is
// the one after which the ways part.
func (b *branch) held(w *way, e event, next bool) bool {
	keeps := func(el *Element) bool { return b.fits(&el.Step, e) }
	ends := func(c Condition) bool { return b.ends(c, e) }
	return slices.ContainsFunc(w.greedy, keeps) ||
		next && (slices.ContainsFunc(w.greedyNext, keeps) || slices.ContainsFunc(w.goesOn, ends))
}

// ends reports whether there is an until and it holds.
func (b *branch) ends(until Condition, e event) bool {
	return until.Text != "" && until.Holds(e.Event, b.of)
}

// may reports whether a branch may take an event on a way, and whether it may let the
// event pass and wait.
func (b *branch) may(w *way, e event) (take, wait bool) {
	fits, until := b.fits(w.step, e), b.ends(w.until, e)
	wait = w.link == FollowedByAny || w.link == FollowedBy && !fits
	if w.again && until {
		wait = false
	}
	if slices.ContainsFunc(w.inside, func(c Condition) bool { return b.ends(c, e) }) {
		return false, false
	}
	return fits && !until, wait
}

// take returns the branch that has taken an event on a way, and whether the pattern is
// then complete.
func (b *branch) take(w *way, e event, deadline int64) (*branch, []completed) {
	next := &branch{taken: append(slices.Clip(b.taken), taken{e, w.step}), fresh: true}
	var done []completed
	for _, on := range ways(w.then) {
		if on.step == nil && on.last == Begin {
			// What keeps an event from going past an element is asked of this one, too.
			past := b.freed(on, e)
			past.greedy = nil
			if !b.held(past, e, true) && !slices.ContainsFunc(past.nots, func(n negation) bool { return b.fits(n.step, e) }) {
				done = append(done, completed{next.taken, e.Time, w.deadline})
			}
			continue
		}
		on.deadline = deadline
		for _, d := range on.window {
			on.deadline = min(on.deadline, e.Time+d)
		}
		next.ways = append(next.ways, on)
	}
	return next, done
}

// due returns the first deadline of the branch.
func (b *branch) due() int64 {
	due := int64(Never)
	for _, w := range b.ways {
		due = min(due, w.deadline)
	}
	return due
}

// expire lets time come to a deadline of the branch. What is left of it is in the fate;
// waited are the steps of the ways that have ended, guards those that would have ended them.
func (b *branch) expire(at int64) (f fate, waited, guards []*Step) {
	left := &branch{taken: b.taken, fresh: b.fresh}
	for _, w := range b.ways {
		switch {
		case w.deadline > at:
			left.ways = append(left.ways, w)
		case w.last == NotFollowedBy:
			f.completed = append(f.completed, completed{b.taken, w.deadline, w.deadline})
		case w.step != nil:
			waited = append(waited, w.step)
			for _, n := range w.guards {
				guards = append(guards, n.step)
			}
		}
	}
	if len(left.ways) > 0 {
		f.branches = []*branch{left}
	}
	return f, waited, guards
}

// compare orders branches: the earlier event first, the longer branch before its
// prefix, and of the same events the earlier step first.
func (p Pattern) compare(a, b []taken) int {
	for i := range min(len(a), len(b)) {
		if a[i].number != b[i].number {
			return cmp.Compare(a[i].number, b[i].number)
		}
	}
	if len(a) != len(b) {
		return cmp.Compare(len(b), len(a))
	}
	for i := range a {
		if a[i].step != b[i].step {
			return cmp.Compare(p.index(a[i].step), p.index(b[i].step))
		}
	}
	return 0
}

// firstOf returns the first of steps in the pattern's order.
func (p Pattern) firstOf(steps []*Step) *Step {
	return slices.MinFunc(steps, func(a, b *Step) int { return cmp.Compare(p.index(a), p.index(b)) })
}

// index returns the index of a step in the pattern.
func (p Pattern) index(s *Step) int {
	return slices.IndexFunc(places(p.Sequence), func(pl place) bool { return pl.step == s })
}
