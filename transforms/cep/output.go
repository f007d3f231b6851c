package cep

import (
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/ledger"
)

// How says how a run has ended, or what an Outcome is. The numbers are in encodings of
// states: new ones stand behind the others.
type How uint8

const (
	// Open: it has not ended.
	Open How = iota
	// Matched: it has given a match.
	Matched
	// TimedOut: a deadline ended its last branch.
	TimedOut
	// Cancelled: a negation ended its last branch.
	Cancelled
	// Broken: an event under next ended its last branch, or one that ended a loop.
	Broken
	// Skipped: a match of another run ended it before it gave one.
	Skipped
	// Overflowed: it would have exceeded a bound.
	Overflowed
	// Opened is no end: an Outcome that says that a run has opened.
	Opened
	// Reminded is no end: an Outcome that says that a run is open at an age.
	Reminded
	// CalledOff is no end: an Outcome that says that what a run waited for has come after
	// its timeout.
	CalledOff
	// Removed: its rule is no more: see Matcher.Remove.
	Removed
	// Hows is the number of them.
	Hows
)

// String returns the word of it in counters and summaries.
func (h How) String() string {
	return [...]string{"open", "matched", "timeout", "cancelled", "broken", "skipped", "overflow", "started", "reminder", "resolved", "removed"}[h]
}

// Outcome is a match, a run that timed out, or another moment in the life of a run.
type Outcome struct {
	Key string
	// How is Matched or TimedOut; by setting also Opened, Reminded, Cancelled or
	// CalledOff.
	How How
	// At is its place in time in milliseconds: of a match the event or the deadline that
	// released it, of a timeout the deadline of the run's last branch, of a reminder the
	// moment at which the run has that age; else the time of the event that it tells of.
	At int64
	// EndedAt is, of a match, the time of its last event, or the deadline at which a
	// trailing negation let it match; of a run that was cancelled, or of a timeout that is
	// resolved, the time of the event that did.
	EndedAt int64
	// StartedAt is, where a timeout is resolved, the time of its run's first event; of others
	// it is Run[0].Time.
	StartedAt int64
	// Deadline is, of a match, that which its last event was in time for; of a
	// timeout, the one that the branch which is shown had reached: At, or earlier; where one
	// is resolved, the timeout's; else the one that the run stood under: the last of its branches'.
	Deadline int64
	// Age is, of a reminder, that of the run in milliseconds.
	Age int64
	// Of is, where a timeout is resolved, what Config.Name called it.
	Of string
	// Run are the events taken, in their order; of a run that was cancelled also the event
	// that did, as the negated step; where a timeout is resolved the event that does, alone. It is valid until the Output is reset.
	Run Run
	// Waiting are, of a timeout, the steps that could have come next, in the pattern's
	// order: indexes of Prog.Steps; the same where it is resolved; of a run that has opened or is reminded of, those that
	// can come next. Not to be changed.
	Waiting []int
	// Refs are the Refs of Run, which are let go of with the outcome; nil where there are
	// none, or where they stay with the key. The last one may be marked as ledger.Later.
	Refs []uint64
}

// ConditionError is a condition that could not be evaluated, and so was false.
type ConditionError struct {
	Event     Event
	Condition string
	Err       error
}

// Output is what comes of events and of time. A Matcher adds to it.
type Output struct {
	Outcomes []Outcome
	// Ends counts the runs that have ended.
	Ends [Hows]int64
	// Matches counts the matches given, Reminders the reminders, and CalledOff the timeouts
	// that were resolved.
	Matches, Reminders, CalledOff int64
	// Settled are the Refs of events that no outcome and no reject is made of: each list
	// is let go of together, but what is marked as ledger.Later after the first of the list.
	Settled [][]uint64
	// Before are pairs of the Ref of a duplicate and that of its run's first event, both
	// marked as ledger.Later: the duplicate goes first. Would it come again alone, it would
	// open the run once more.
	Before     [][]uint64
	Overflowed []Overflow
	// Decided are the events that were held, and are no more.
	Decided []Decided
	// ConditionErrors counts the conditions that could not be evaluated: one for each event
	// and condition. FirstError is one of them, if there are any.
	ConditionErrors int64
	FirstError      *ConditionError

	taken Run // memory for the runs of Outcomes
}

// Reset empties o and keeps its memory.
func (o *Output) Reset() {
	clear(o.Outcomes)
	clear(o.Settled)
	clear(o.Before)
	clear(o.Overflowed)
	clear(o.Decided)
	clear(o.taken)
	*o = Output{Outcomes: o.Outcomes[:0], Settled: o.Settled[:0], Before: o.Before[:0], Overflowed: o.Overflowed[:0], Decided: o.Decided[:0], taken: o.taken[:0]}
}

// before says that a duplicate is to be let go of before its run's first event.
func (o *Output) before(duplicate, first uint64) {
	if duplicate != 0 && first != 0 {
		o.Before = append(o.Before, []uint64{duplicate | ledger.Later, first | ledger.Later})
	}
}

// room returns an empty run with room for n events.
func (o *Output) room(n int) Run {
	if cap(o.taken)-len(o.taken) < n {
		o.taken = make(Run, 0, max(2*cap(o.taken), 64*n)) // the old memory stays that of its runs
	}
	start := len(o.taken)
	return o.taken[start : start : start+n]
}

// add adds an outcome, whose Run is in memory of room.
func (o *Output) add(out Outcome) {
	o.taken = o.taken[:len(o.taken)+len(out.Run)]
	o.Outcomes = append(o.Outcomes, out)
	switch out.How {
	case Matched:
		o.Matches++
	case Reminded:
		o.Reminders++
	case CalledOff:
		o.CalledOff++
	}
}

func (o *Output) conditionError(e *Event, c *cond.Cond, err error) {
	if o.ConditionErrors++; o.FirstError == nil {
		o.FirstError = &ConditionError{*e, c.String(), err}
	}
}
