package pipeline

import (
	"slices"
	"strings"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/rules"
)

// Plain reports whether there are no rules, and the pattern is two steps or more, each of a
// type of its own, under next and followedBy within one window, and no more than that. Its
// runs end in a success or a timeout, or are broken: there are no other counters.
func (p Plan) Plain() bool {
	return len(p.Rules) == 1 && p.Rules[0].Name == "" && plain(p.Rules[0].Pattern)
}

// Ruled reports whether there are rules with names, and not a pattern alone.
func (p Plan) Ruled() bool { return len(p.Rules) > 0 && p.Rules[0].Name != "" }

// Reminds reports whether there are reminders.
func (p Plan) Reminds() bool {
	return slices.ContainsFunc(p.Rules, func(r rules.Rule) bool { return len(r.Remind) > 0 })
}

func plain(p syntax.Pattern) bool {
	seen := map[string]bool{}
	for _, e := range p.Sequence {
		s := e.Step
		if len(s.Types) != 1 || s.Where != "" || s.As != "" || e.Within != 0 || seen[s.Types[0]] {
			return false
		}
		seen[s.Types[0]] = true
	}
	return p.Linear() && p.Within > 0 && len(p.Sequence) > 1
}

// OpenGoesOn reports whether the next run can go on with the events of the runs that are
// open: those events are all that the pattern has to know of them. Otherwise they are
// written for people, and no run reads them.
//
// Where a carry file has the whole state, it is what the next run goes on with.
func (p Plan) OpenGoesOn() bool { return !p.Carries() && !p.Ruled() && goesOn(p.Rules[0].Pattern) }

// goesOn is OpenGoesOn without a carry file. What a notNext has been spared by is none of the run's events.
func goesOn(p syntax.Pattern) bool {
	return p.Straight() && !slices.ContainsFunc(p.Sequence, func(e syntax.Element) bool { return e.Link == syntax.NotNext })
}

// openFormat returns how the open events are written.
func (p Plan) openFormat() transforms.OpenFormat {
	return transforms.OpenFormat{ForPeople: !p.OpenGoesOn(), Rows: conditional(p.Rules[0].Pattern)}
}

// conditional reports whether the pattern has conditions.
func conditional(p syntax.Pattern) bool {
	return len(p.Untils()) > 0 || slices.ContainsFunc(p.Places(), func(place syntax.Place) bool { return place.Step.Where != "" })
}

// notByOutcome says why messages cannot be held one by one until what came of each is
// delivered, or "" where they can. An event must not come again without what changed it:
// where it may have been taken by several runs, or opens one when it comes alone, it could.
func notByOutcome(all []rules.Rule) string {
	p := all[0].Pattern
	switch {
	case all[0].Early > 0:
		return "with early a payment that came again without its create would pay the order's next one"
	case len(all) > 1:
		return "with several rules an event may be part of runs of each, which are not done with it at the same time"
	case p.Every:
		return "with every an event may be part of several runs, which are not done with it at the same time"
	case p.Straight() && !goesOn(p):
		return "the event that notNext lets pass is part of no run, and would not come again"
	case !goesOn(p):
		return "an event may be part of several branches of a run, which are not done with it at the same time"
	}
	places := p.Places()
	for _, place := range places[1:] {
		if shared, ok := sharedType(places[0].Step, place.Step); ok {
			return "step " + place.Name + " takes " + shared + ", as the first does: a message that came again alone would open a run"
		}
	}
	return ""
}

// sharedType returns what two steps take both, if there is something. A step without types
// takes all.
func sharedType(a, b syntax.Step) (shared string, ok bool) {
	switch {
	case len(a.Types) == 0 && len(b.Types) == 0:
		return "any type", true
	case len(a.Types) == 0:
		return strings.Join(b.Types, " and "), true
	case len(b.Types) == 0:
		return strings.Join(a.Types, " and "), true
	}
	for _, t := range a.Types {
		if slices.Contains(b.Types, t) {
			return t, true
		}
	}
	return "", false
}
