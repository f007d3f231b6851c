package whole

import (
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// The kinds of outcomes.
const (
	Success      = "success"
	Timeout      = "timeout"
	StartedRun   = "started"
	Reminder     = "reminder"
	CancelledRun = "cancelled"
	ResolvedRun  = "resolved"
)

// What becomes of an event.
const (
	Started   = ceptest.Started
	Advanced  = ceptest.Advanced
	Duplicate = ceptest.Duplicate
	Orphan    = ceptest.Orphan
	Other     = ceptest.Other
	Late      = ceptest.Late
	Resolved  = "resolved"
	// Held is an event that waits for its run to open, and has no class yet.
	Held     = "held"
	Returned = ceptest.Returned
)

// How a run ends. Open is one that has not, at the end of the input. A run that a
// deadline has ended counts as TimedOut.
const (
	Matched   = "matched"
	TimedOut  = "timeout"
	Broken    = "broken"
	Cancelled = "cancelled"
	Skipped   = "skipped"
	Overflow  = "overflow"
	Open      = "open"
)

// StepEvent is an event and the name of the step that it was taken for. The event's place
// in time is left out: At is zero.
type StepEvent struct {
	Step  string
	Event ceptest.Event
}

// Outcome is a match, the timeout of a run, or what else is told of one: see Life.
type Outcome struct {
	Kind, Key string
	// Taken are the events in the order in which they were taken.
	Taken []StepEvent
	// At is the time of the outcome: that of what gave it.
	At int64
	// StartedAt is the time of the first event. EndedAt is, of a match, when it was
	// complete, and of a run that was cancelled the time of the event that did.
	StartedAt, EndedAt int64
	// Deadline is, of a match, the one that its last event (or what else completed it)
	// was in time for; of a timeout the one that the shown branch reached. It is Never
	// where nothing bounds the match. Of others it is the one that the run stood under.
	Deadline int64
	// WaitingFor are, of a timeout, the names of the steps that the branch could have
	// gone on with; of a run that is open, with which it can.
	WaitingFor []string
	// Age is, of a reminder, that of the run.
	Age int64
}

// Of returns the events that were taken for a step.
func (o Outcome) Of(step string) []ceptest.Event {
	var events []ceptest.Event
	for _, t := range o.Taken {
		if t.Step == step {
			events = append(events, t.Event)
		}
	}
	return events
}

// Change is what an event, or time, has brought about.
type Change struct {
	// Class is that of the event, "" for time. Again tells a Duplicate that is the same
	// event again from others.
	Class string
	Again bool
	// Outcomes are in their order.
	Outcomes []Outcome
	// Ends are how runs have ended, sorted.
	Ends []string
	// Overflowed are the first events of the runs that ended as Overflow, in their order,
	// without their places.
	Overflowed []ceptest.Event
	// Decided are events that were held, with what has become of them now.
	Decided []Classed
}

// add adds what came after.
func (c *Change) add(later Change) {
	c.Outcomes = append(c.Outcomes, later.Outcomes...)
	c.Ends = append(c.Ends, later.Ends...)
	c.Overflowed = append(c.Overflowed, later.Overflowed...)
	c.Decided = append(c.Decided, later.Decided...)
	slices.Sort(c.Ends)
}

func stepEvents(all []taken) []StepEvent {
	var events []StepEvent
	for _, t := range all {
		events = append(events, StepEvent{t.step.Name, t.given()})
	}
	return events
}
