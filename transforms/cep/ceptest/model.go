// Package ceptest is the contract stated a second time, as plainly as possible,
// for tests: which orders of a log time out, which succeed, and what becomes of
// each event. It has the whole log at once, no ticks, no batches, no forgetting
// but by rule, and looks everything up by walking lists. It shares no code with
// what it checks.
//
//	p := ceptest.Pattern{Steps: []string{"create", "pay"}, Strict: []bool{false, false}, Within: 600_000}
//	stamped, last := ceptest.Stamp(log, 5_000, 0)
//	want := p.Run(stamped, ceptest.AtEnd(last))
//
// All times are in milliseconds.
package ceptest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Event is an event of a log.
type Event struct {
	// Key names what the pattern runs on, such as an order.
	Key string
	// Type is matched against the pattern's steps.
	Type string
	// ID is the event's own id, "" without one.
	ID string
	// Data is the event's bytes.
	Data string
	// Time is the event time, At the place in time (see Stamp).
	Time, At int64
}

// String returns what tells the event from others of its key and type.
func (e Event) String() string { return fmt.Sprintf("[%d %s %s]", e.Time, e.ID, e.Data) }

// Stamp gives the events of a log, in their order of arrival, their places in
// time for a disorder, and returns the largest event time that is confirmed
// (math.MinInt64 where none is). It leaves the log as it is.
//
// An event more than jump beyond the largest confirmed time is confirmed if the next
// eight are beyond that, too; the first one, unless the next eight are all more than
// jump before it. Where the log ends before, those that there are decide. With a jump
// of zero every event is confirmed.
func Stamp(log []Event, disorder, jump int64) (stamped []Event, last int64) {
	last = math.MinInt64
	for i, e := range log {
		e.At = e.Time
		if last != math.MinInt64 {
			e.At = max(e.Time, last-disorder)
		}
		if jump == 0 || confirmed(e.Time, log[i+1:min(i+9, len(log))], last, jump) {
			last = max(last, e.Time)
		}
		stamped = append(stamped, e)
	}
	return stamped, last
}

func confirmed(time int64, next []Event, last, jump int64) bool {
	before, beyond := 0, 0
	for _, e := range next {
		if e.Time < time-jump {
			before++
		}
		if last != math.MinInt64 && e.Time > last+jump {
			beyond++
		}
	}
	if last == math.MinInt64 {
		return before == 0 || before < len(next)
	}
	return time <= last+jump || beyond == len(next)
}

// End is the end of an input: deadlines up to Limit have expired, and the events with
// a place at Undecided or later are returned.
type End struct{ Limit, Undecided int64 }

// AtEnd is the end of an input that comes to an end at a time.
func AtEnd(last int64) End { return End{last, last + 1} }

// Cut is the end of an input that goes on elsewhere, at a watermark.
func Cut(watermark int64) End { return End{watermark, watermark} }

// Pattern is a sequence of steps, the time that it may take, and for how long
// its events are known after its end.
type Pattern struct {
	// Steps are the event types, two or more and no two the same.
	Steps []string
	// Strict says for each step but the first whether nothing may stand before
	// it: next and not followedBy.
	Strict           []bool
	Within, Remember int64
}

// String returns the pattern in the words of the pattern language, for steps
// that need no quotes.
func (p Pattern) String() string {
	var b strings.Builder
	b.WriteString(p.Steps[0])
	for i, step := range p.Steps[1:] {
		word := "followedBy"
		if p.Strict[i+1] {
			word = "next"
		}
		fmt.Fprintf(&b, " %s %s", word, step)
	}
	fmt.Fprintf(&b, " within %dms", p.Within)
	return b.String()
}

// How a Run ended.
const (
	Open    = "open"
	Success = "success"
	Timeout = "timeout"
	Broken  = "broken"
)

// What becomes of an event.
const (
	Started   = "started"
	Advanced  = "advanced"
	Duplicate = "duplicate"
	Orphan    = "orphan"
	Other     = "other"
	Late      = "late"
	Returned  = "returned"
)

// Run is a run of the pattern over one key.
type Run struct {
	Key      string
	How      string
	Deadline int64
	Taken    []Event // by step

	known []Event // taken or duplicates of it
	ended int64
}

// String returns the run in a line.
func (r *Run) String() string {
	return fmt.Sprintf("%s %s %v deadline %d", r.Key, r.How, r.Taken, r.Deadline)
}

// Reject is an event that was put aside, and its class: Duplicate, Orphan or
// Late.
type Reject struct {
	Class string
	Event Event
}

// String returns the reject in a line.
func (r Reject) String() string { return fmt.Sprintf("%s %s %v", r.Class, r.Event.Key, r.Event) }

// Result is what a log comes to.
type Result struct {
	// Outcomes are the runs that ended as Success or Timeout, Open those that
	// did not end.
	Outcomes, Open []*Run
	Rejects        []Reject
	// Returned are the events that the end says nothing of.
	Returned []Event
	// Counts has the number of events by class and of runs by how they ended.
	Counts map[string]int
}

// Run runs the pattern over a stamped log, to an end of the input.
func (p Pattern) Run(log []Event, end End) Result {
	res := Result{Counts: map[string]int{}}
	byKey := map[string][]Event{}
	for _, e := range log {
		byKey[e.Key] = append(byKey[e.Key], e)
	}
	for _, events := range byKey {
		slices.SortFunc(events, func(a, b Event) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(p.position(a.Type), p.position(b.Type)), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Data, b.Data))
		})
		var runs []*Run
		for _, e := range events {
			if e.At >= end.Undecided {
				res.Counts[Returned]++
				res.Returned = append(res.Returned, e)
				continue
			}
			class := p.step(&runs, e)
			res.Counts[class]++
			if class == Duplicate || class == Orphan || class == Late {
				res.Rejects = append(res.Rejects, Reject{class, e})
			}
		}
		for _, r := range runs {
			if r.How == Open && r.Deadline <= end.Limit {
				r.How = Timeout
			}
			res.Counts[r.How]++
			switch r.How {
			case Success, Timeout:
				res.Outcomes = append(res.Outcomes, r)
			case Open:
				res.Open = append(res.Open, r)
			}
		}
	}
	return res
}

func (p Pattern) position(typ string) int {
	if i := slices.Index(p.Steps, typ); i >= 0 {
		return i
	}
	return len(p.Steps)
}
