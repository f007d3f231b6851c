package syntax

import (
	"slices"
	"strings"
)

// Explain says in plain sentences what a valid pattern means, each part of it in one of
// them. The noun is what the pattern runs on, such as "an order".
func (p Pattern) Explain(noun string) []string {
	return p.ExplainWithin(noun, FormatDuration(p.Within))
}

// ExplainWithin is Explain for a pattern with a window that is called as given, such as "W",
// where each run has one of its own.
func (p Pattern) ExplainWithin(noun, window string) []string {
	e := explainer{Pattern: p, window: window}
	return e.explain(noun)
}

// explainer explains a pattern, whose window has a name.
type explainer struct {
	Pattern
	window string
}

func (p explainer) explain(noun string) []string {
	first, last := p.Sequence[0], p.Sequence[len(p.Sequence)-1]
	said := []string{p.opening(noun)}
	if !first.once() {
		said = append(said, "First comes "+thing(first)+".")
	}
	var negations []Element
	for i, e := range p.Sequence[1:] {
		switch {
		case e.Link.Negated():
			negations = append(negations, e)
			continue
		case i == len(p.Sequence)-2 && e.once():
			said = append(said, sentence("it succeeds when "+p.lastStep(e)+unless(negations)+ending(e, negations)))
		default:
			said = append(said, sentence("then comes"+linked(e)+unless(negations)+ending(e, negations)))
		}
		negations = nil
	}
	switch {
	case last.Link.Negated():
		said = append(said, sentence(p.lastNegation(negations)))
	case len(p.Sequence) == 1 && last.takesOne():
		said = append(said, sentence("it succeeds at once"+p.idle()))
	case !last.once() && p.Every:
		said = append(said, "It succeeds whenever all of that has come, once for each way to take the events.")
	case !last.once():
		said = append(said, "It succeeds as soon as all of that has come as often as it has to.")
	}
	if p.Skip.To != NoSkip {
		said = append(said, "A success is given once no run is open that began before it, and removes the other runs and successes "+p.Skip.bound()+".")
	}
	return append(said, p.timeouts()...)
}

// opening says what opens a run.
func (p Pattern) opening(noun string) string {
	openers := openers(p.Sequence)
	if p.Every {
		return sentence("each " + events(openers, "event") + " opens a run of " + noun + ", beside those that are open")
	}
	return sentence(noun + " is opened by " + events(openers, "any event"))
}

// openers returns the steps that can be the first of the elements to take an event.
func openers(elements []Element) []Step {
	var steps []Step
	for _, e := range elements {
		switch {
		case e.Link.Negated():
			continue
		case e.Group != nil:
			steps = append(steps, openers(e.Group)...)
		default:
			steps = append(steps, e.Step)
		}
		if !e.mayBeEmpty() {
			break
		}
	}
	return steps
}

// lastStep says how the last step e comes, with which the run succeeds.
func (p explainer) lastStep(e Element) string {
	text := event(e.Step, "any event") + " comes"
	if e.Link == Next {
		text = "the very next event is " + event(e.Step, "any")
	}
	if e.Within > 0 {
		text += " less than " + FormatDuration(e.Within) + " later"
	} else if p.pair() {
		text += " less than " + p.window + " later"
	}
	if e.Link == FollowedByAny && p.Every {
		text += ", and again with each further one in that time"
	}
	return text
}

// pair reports whether the pattern is two steps whose distance is the window.
func (p Pattern) pair() bool {
	steps := slices.DeleteFunc(slices.Clone(p.Sequence), func(e Element) bool { return e.Link.Negated() })
	return len(steps) == 2 && steps[0].once() && steps[1].once() && steps[1].Within == 0 && p.Within > 0
}

// lastNegation says how the run succeeds without the negations, which are the pattern's
// end.
func (p explainer) lastNegation(negations []Element) string {
	when := "with the next event"
	if last := negations[len(negations)-1]; last.Link == NotFollowedBy {
		var ends []string
		if last.Within > 0 {
			ends = append(ends, FormatDuration(last.Within)+" after that")
		}
		if p.Within > 0 {
			ends = append(ends, p.window+" after its first event")
		}
		when = strings.Join(ends, " or ")
		if len(ends) > 1 {
			when += ", whichever is earlier"
		}
	}
	return "it succeeds " + when + unless(negations) + "; then it is cancelled"
}

// idle says of a pattern of one event that its window does not matter, if it has one.
func (p explainer) idle() string {
	if p.Within == 0 {
		return ""
	}
	return ", so that the window of " + p.window + " does not matter"
}

// timeouts says when a run times out.
func (p explainer) timeouts() []string {
	waits := p.Sequence[len(p.Sequence)-1].Link == NotNext
	var own []string
	for i, place := range p.Places() {
		if place.Negated {
			continue
		}
		waits = waits || i > 0 || place.List
		if place.Within > 0 {
			own = append(own, place.Name)
		}
	}
	var said []string
	also := ""
	if waits && p.Within > 0 {
		what := "has not succeeded"
		if p.Sequence[len(p.Sequence)-1].Link == NotFollowedBy {
			what = "not all of that has come"
		}
		said = append(said, "If it is still open "+p.window+" after its first event and "+what+", it times out.")
		also = "also "
	}
	if len(own) > 0 {
		said = append(said, "It "+also+"times out when "+strings.Join(own, " or ")+" has not come in its own time and it cannot go on without.")
	}
	return said
}
