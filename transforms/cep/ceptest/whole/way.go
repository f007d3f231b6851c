package whole

import "slices"

// rest is what is left of the pattern behind a place, innermost first; nil is its end.
type rest struct {
	// seq are the elements that have not begun.
	seq []Element
	// loop is an element of which a round has ended, or nil; rounds have by now.
	loop   *Element
	rounds int
	then   *rest
}

// way is one way by which a branch may go on: the step that it can take next, or the
// end of the pattern, and what must and must not hold for that. All ways of a branch
// begin at the place where it took its last event. They part with the next event: from
// then on a branch waits on one way.
type way struct {
	// step is what comes next; nil for the end of the pattern.
	step *Step
	link Link
	// window are the windows of links that bound the wait, of which the smallest counts.
	// deadline is the first moment that is too late, once a branch has the way.
	window   []int64
	deadline int64
	// until is the loop's own; again says that the loop has begun, so that it ends also
	// the wait.
	until Condition
	again bool
	// inside are the untils of the groups that the step stands in.
	inside []Condition
	// guards are notFollowedBy, nots are notNext: those hold for the next event alone.
	guards, nots []negation
	// last is the negation that ends the pattern, where the way has come to it: Begin
	// where the pattern ends without one.
	last Link
	// greedy are loops that the way leaves and that keep their events to themselves;
	// greedyNext those that do so for the next event alone, for the way has gone past an
	// element since.
	greedy, greedyNext []*Element
	// goesOn are untils that do not let the way begin: it passes through their groups.
	goesOn []Condition
	then   *rest
}

// negation is a step that must not come, and the untils of the groups that it stands in:
// of an event for which one of them holds nothing in the group is asked.
type negation struct {
	step   *Step
	inside []Condition
}

// path is what a way has gathered before it reaches its step.
type path struct {
	way
	// entered are groups that the way has entered, and taken nothing in.
	entered []*rest
	// first says that the link is given from outside: by a group that begins, or a loop
	// that goes round.
	first bool
}

// ways returns the ways that lead on from a place.
func ways(r *rest) []*way { return path{way: way{last: Begin}}.from(r) }

func (p path) from(r *rest) []*way {
	switch {
	case r == nil:
		w := p.way
		return []*way{&w}
	case r.loop != nil:
		return p.fromRound(r)
	case len(r.seq) == 0:
		return p.from(r.then)
	}
	el := &r.seq[0]
	behind := &rest{seq: r.seq[1:], then: r.then}
	if el.Link.Negated() {
		return p.past(negation{&el.Step, untilsAround(r.then)}, el).from(behind)
	}
	var all []*way
	if el.Optional || el.Group != nil && canBeEmpty(el.Group) {
		all = p.without(el, r).from(behind)
	}
	in := p
	if len(all) > 0 {
		// Who waits for what may be left out stands no longer where the loop was left.
		in.greedyNext, in.greedy = slices.Concat(in.greedyNext, in.greedy), nil
	}
	if !in.first {
		in.link = el.Link
	}
	if el.Within > 0 {
		in.window = append(slices.Clip(in.window), el.Within)
	}
	return append(in.into(el, &rest{loop: el, rounds: 1, then: behind}), all...)
}

// past goes past a negation.
func (p path) past(n negation, el *Element) path {
	p.first = false
	if el.Link == NotFollowedBy {
		p.guards, p.last = append(slices.Clip(p.guards), n), NotFollowedBy
		if el.Within > 0 {
			p.window = append(slices.Clip(p.window), el.Within)
		}
		return p
	}
	p.nots, p.last = append(slices.Clip(p.nots), n), NotNext
	p.greedyNext, p.greedy = slices.Concat(p.greedyNext, p.greedy), nil
	return p
}

// without leaves out an element at a place.
func (p path) without(el *Element, at *rest) path {
	p.first, p.last = false, Begin
	p.greedyNext, p.greedy = slices.Concat(p.greedyNext, p.greedy), nil
	if el.Greedy && el.Min != el.Max {
		p.greedy = []*Element{el}
	}
	p.goesOn = slices.Concat(p.goesOn, untilsAround(at.then))
	return p
}

// into begins a round of an element, behind which is the end of that round.
func (p path) into(el *Element, end *rest) []*way {
	if el.Group != nil {
		p.entered = append(slices.Clip(p.entered), end)
		p.first = true
		return p.from(&rest{seq: el.Group, then: end})
	}
	w := p.way
	w.step, w.until, w.then, w.last = &el.Step, el.Until, end, Begin
	w.inside = untilsAround(end.then)
	return []*way{&w}
}

// fromRound goes on where a round of an element has ended: round again, or out.
func (p path) fromRound(r *rest) []*way {
	if slices.Contains(p.entered, r) {
		return nil // A round takes something: the way that takes nothing is another.
	}
	el := r.loop
	var all []*way
	if el.Max == Unbounded || r.rounds < el.Max {
		again := p
		again.link, again.first, again.again = inner(el), true, el.Group == nil
		if el.Within > 0 {
			again.window = append(slices.Clip(again.window), el.Within)
		}
		if n := negationBehind(r.then); n != nil {
			again.guards = append(slices.Clip(again.guards), *n)
		}
		all = again.into(el, &rest{loop: el, rounds: r.rounds + 1, then: r.then})
	}
	if r.rounds < el.Min && (el.Group == nil || !canBeEmpty(el.Group)) {
		return all
	}
	if el.loop() && r.rounds != el.Max {
		p.goesOn = slices.Concat(p.goesOn, untilsAround(r.then))
	}
	if el.Greedy && el.Min != el.Max {
		p.greedy = append(slices.Clip(p.greedy), el)
	}
	return append(all, p.from(r.then)...)
}

// inner is how the rounds of a loop follow each other.
func inner(el *Element) Link {
	switch {
	case el.Consecutive:
		return Next
	case el.Combinations:
		return FollowedByAny
	}
	return FollowedBy
}

// untilsAround returns the untils of the groups of which a round has begun and not
// ended, seen from a place in them.
func untilsAround(r *rest) []Condition {
	var all []Condition
	for ; r != nil; r = r.then {
		if r.loop != nil && r.loop.Group != nil && r.loop.Until.Text != "" {
			all = append(all, r.loop.Until)
		}
	}
	return all
}

// negationBehind returns the notFollowedBy that is the very next of the pattern behind a
// loop, also where the loop is the last of groups.
func negationBehind(r *rest) *negation {
	for ; r != nil; r = r.then {
		if r.loop != nil || len(r.seq) == 0 {
			continue
		}
		if r.seq[0].Link == NotFollowedBy {
			return &negation{&r.seq[0].Step, untilsAround(r.then)}
		}
		return nil
	}
	return nil
}
