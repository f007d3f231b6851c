package story

import (
	"fmt"
	"math"
	"strings"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/screen"
)

// why says why an event is of its class, by what its order stood at before and after it.
func (t *teller) why(e *Event, r cep.Result, before, after cep.Look) string {
	switch r.Class {
	case cep.Started:
		return t.whyStarted(e, after)
	case cep.Advanced:
		return t.whyAdvanced(e, after)
	case cep.Duplicate:
		return t.whyDuplicate(e, r, before)
	case cep.Orphan:
		return t.whyOrphan(e)
	case cep.Resolved:
		return t.whyResolved(e)
	case cep.Late:
		return t.whyLate(e, before)
	}
	return t.whyOther(e, before)
}

// whyResolved says which timeout an event calls off.
func (t *teller) whyResolved(e *Event) string {
	for i := range t.out.Outcomes {
		if o := &t.out.Outcomes[i]; o.How == cep.CalledOff {
			return "calls off the timeout of " + clock(o.Deadline, e.Time) + ", " + span(e.Time-o.Deadline) + " after it"
		}
	}
	return ""
}

func (t *teller) whyStarted(e *Event, after cep.Look) string {
	if after.Runs == 0 || after.StartedAt != e.Time {
		return "" // the run has ended, and how is told next
	}
	return t.goesOn(e, after)
}

// goesOn says what the run waits for that began last.
func (t *teller) goesOn(e *Event, l cep.Look) string {
	var as string
	if name := t.Prog.Steps()[l.Took].Name; name != e.Type {
		as = "as " + screen.Text(name)
	}
	var open string
	if l.Runs > 1 {
		open = fmt.Sprintf("%d runs are open", l.Runs)
	}
	return join(as, t.waits(l, e.Time), open)
}

// waits says what a run waits for, and until when.
func (t *teller) waits(l cep.Look, now int64) string {
	var until string
	if l.Deadline != math.MaxInt64 {
		until = " until " + clock(l.Deadline, now)
	}
	switch {
	case len(l.Waiting) > 0:
		return "waits for " + t.names(l.Waiting) + until
	case t.next:
		return "waits for any event but " + t.never + until
	case t.never != "" && until != "":
		return "is a success at" + strings.TrimPrefix(until, " until") + " unless " + t.never + " comes"
	}
	return "waits for an earlier run to end"
}

// names returns the names of steps.
func (t *teller) names(steps []int) string {
	var names []string
	for _, n := range steps {
		names = append(names, screen.Text(t.Prog.Steps()[n].Name))
	}
	return strings.Join(names, " or ")
}

func (t *teller) whyAdvanced(e *Event, after cep.Look) string {
	switch {
	case t.out.Matches == 1:
		return "completes the pattern"
	case t.out.Matches > 1:
		return fmt.Sprintf("completes the pattern in %d ways", t.out.Matches)
	case t.out.Ends[cep.Cancelled] > 0:
		return "may not come here"
	case after.Runs == 0:
		return ""
	case !t.any && !t.wanted[e.Type]:
		return "may not come here: a branch ends"
	case after.Runs == 1:
		return t.goesOn(e, after)
	}
	return fmt.Sprintf("taken; %d runs are open", after.Runs)
}

func (t *teller) whyDuplicate(e *Event, r cep.Result, before cep.Look) string {
	if !r.Redelivered {
		text := "the run that began at " + clock(before.StartedAt, e.Time) + " is open"
		if t.Prog.Straight() && !t.first[e.Type] {
			text += ", and has taken this step already"
		}
		return text
	}
	first := t.origins[originOf(e)]
	if first == nil { // its print is that of another event
		return "delivered again"
	}
	how := "the same bytes"
	if e.ID != "" {
		how = "the same id"
	}
	return fmt.Sprintf("delivered again: %s as %s at %s%s", how, screen.Text(first.Type), clock(first.Time, e.Time), place(first))
}

// whyOrphan says which run the event has missed.
func (t *teller) whyOrphan(e *Event) string {
	if t.last == nil {
		return "no run of the order had begun"
	}
	return t.lastEnd(e)
}

// lastEnd says how the run ended that ended last.
func (t *teller) lastEnd(e *Event) string {
	verb := map[string]string{
		Success: "had succeeded", Timeout: "had timed out", Broken: "had been broken",
		Cancelled: "had been cancelled", Skipped: "had been skipped", Overflow: "had been ended by a bound",
	}[t.last.how]
	switch d := e.Time - t.last.at; {
	case d < 0:
		return "the run " + verb + ", at " + clock(t.last.at, e.Time)
	case d == 0:
		return "the run " + verb + " at that moment"
	default:
		return "the run " + verb + " " + span(d) + " before"
	}
}

// whyLate says how late an event came, and why it was not applied any more.
func (t *teller) whyLate(e *Event, before cep.Look) string {
	text := fmt.Sprintf("came %s behind the watermark, %s", span(e.At-e.Time), clock(e.At, e.Time))
	return text + ", and " + t.whyNotApplied(e, before)
}

func (t *teller) whyNotApplied(e *Event, before cep.Look) string {
	switch {
	case !t.Prog.Straight():
		return "this pattern takes no late events"
	case before.Runs == 0 && t.first[e.Type] && e.Time < e.At-t.window.Remember:
		return "is older than what is remembered, " + span(t.window.Remember)
	case before.Runs == 0 && t.last != nil:
		return t.lastEnd(e)
	case before.Runs == 0:
		return "no run of the order is open"
	case e.Time >= before.Deadline:
		return "is not before the deadline, " + clock(before.Deadline, e.Time)
	case e.Time < before.LastAt:
		return "is before the run's last event, " + clock(before.LastAt, e.Time)
	case t.waitsFor(e, before):
		return "no late event is taken under next"
	case len(before.Waiting) > 0:
		return "the run waits for " + t.names(before.Waiting)
	}
	return "the run cannot take it"
}

// waitsFor reports whether a run waits for a step of the event's type.
func (t *teller) waitsFor(e *Event, l cep.Look) bool {
	places := t.Prog.Pattern().Places()
	for _, n := range l.Waiting {
		types := places[n].Step.Types
		if len(types) == 0 {
			return true
		}
		for _, typ := range types {
			if typ == e.Type {
				return true
			}
		}
	}
	return false
}

func (t *teller) whyOther(e *Event, before cep.Look) string {
	broken := t.out.Ends[cep.Broken] > 0
	switch {
	case broken && len(before.Waiting) > 0:
		return "the next event should have been " + t.names(before.Waiting)
	case t.out.Matches > 0:
		return "completes the pattern, as it is not what may not come"
	case !t.any && !t.named[e.Type]:
		return "no step of the pattern names it"
	case before.Runs == 0 && !t.any && !t.wanted[e.Type]:
		return "no run is open that it could end"
	case before.Runs == 0:
		return "no run is open, and it opens none"
	case before.Runs > 1:
		return fmt.Sprintf("none of the %d open runs takes it", before.Runs)
	case len(before.Waiting) > 0:
		return "the run waits for " + t.names(before.Waiting)
	}
	return "the run does not take it"
}

// whyUndecided says why the end of the input leaves an event undecided.
func (t *teller) whyUndecided(e *Event) string {
	x := clock(t.End.Limit, e.Time)
	switch {
	case e.At > t.End.Last:
		return "its clock is not believed: the log ends at " + clock(t.End.Last, e.Time) + " (see -max-jump)"
	case e.Time == t.End.Limit:
		return "the log goes on from this moment, and an earlier event may still come"
	}
	return "the log goes on from " + x + ", and an earlier event may still come"
}
