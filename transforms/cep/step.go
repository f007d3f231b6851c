package cep

import (
	"bytes"
	"cmp"
	"math"
	"strings"
)

// Event is an event of one key.
type Event struct {
	// Type is matched against the pattern's steps.
	Type string
	// ID is the event's own id, "" without one.
	ID string
	// Time is the event time, At the place in time, in milliseconds. Time <= At;
	// where it is less the event is late.
	Time, At int64
	// Data is the event's bytes. A run copies what it keeps.
	Data []byte
	// Ref is the caller's own name for the event, which a run keeps.
	Ref uint64
}

// Compare orders the events of a key: by place in time, position of the type in
// the pattern (other types last), id, and bytes.
func (p *Prog) Compare(a, b *Event) int {
	if a.At != b.At {
		return cmp.Compare(a.At, b.At)
	}
	if a.Type != b.Type {
		if c := cmp.Compare(p.position(a.Type), p.position(b.Type)); c != 0 {
			return c
		}
	}
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return bytes.Compare(a.Data, b.Data)
}

// How says how a run has ended.
type How uint8

const (
	// NotEnded: no run has ended.
	NotEnded How = iota
	// Matched: the run took its last step.
	Matched
	// TimedOut: the run reached its deadline.
	TimedOut
	// Broken: the run was ended by an event under next; it has no outcome.
	Broken
)

// Result is what became of an event, and the run that ended by it, if one did.
type Result struct {
	Class Class
	// Redelivered tells a Duplicate that is the same event again from one that
	// is another event.
	Redelivered bool
	Ended       How
	// Run is the ended run, appended to what Step was given. Its last event's
	// Data is the event's own.
	Run Run
}

// Deadline returns the deadline of the open run in milliseconds; ok is false
// without one.
func (p *Prog) Deadline(s *State) (deadline int64, ok bool) {
	return s.first.time + p.within, s.Open()
}

// Due returns the place in time at which Advance will have something to do: the
// open run's deadline, or when an ended run is to be forgotten. It is
// math.MaxInt64 for an empty state.
func (p *Prog) Due(s *State) int64 {
	due := int64(math.MaxInt64)
	if deadline, ok := p.Deadline(s); ok {
		due = deadline
	}
	if s.ended.known() {
		due = min(due, s.ended.ended+p.remember+1)
	}
	return due
}

// Advance brings a key to a place in time: an open run with deadline <= at times
// out and is returned, appended to run, and what is remembered for long enough is
// forgotten.
func (p *Prog) Advance(s *State, at int64, run Run) (timedOut Run, ok bool) {
	if deadline, open := p.Deadline(s); open && deadline <= at {
		timedOut = s.end(deadline, 0, run)
		ok = true
	}
	s.forget(at - p.remember)
	return timedOut, ok
}

// Step gives a key its next event. The key has been brought to e.At by Advance,
// or to an earlier place if the caller knows that the deadline must not expire;
// then the event's time must be before the deadline.
//
// A late event (e.Time < e.At) is judged more strictly. As a first step it opens
// a run only if it is not older than what is remembered, and no remembered run
// ended at its time or after it, so that no two runs of a key begin alike; the
// new run times out at once if its deadline has passed. A later step is taken
// only by a run that waits for it under followedBy, not before the run's last
// event and before its deadline.
//
// A run that ends is appended to run, so that the caller can do without an
// allocation a run; nil will do.
func (p *Prog) Step(s *State, e *Event, run Run) Result {
	pos := p.position(e.Type)
	waiting := s.taken()
	table := p.onTime
	late := e.Time < e.At
	if late {
		table = p.late
	}
	d := table[waiting][pos]
	if pos == len(p.pattern.Steps) && d.action == ignore {
		return Result{Class: d.class}
	}
	print := fingerprint(e)
	if pos < len(p.pattern.Steps) && s.knows(print) {
		return Result{Class: Duplicate, Redelivered: true}
	}
	if late && !p.stillPossible(s, d.action, e) {
		return Result{Class: Late}
	}
	switch d.action {
	case open:
		return p.open(s, e, print, run)
	case restart:
		broken := s.end(e.At, 0, run)
		s.take(keep(e, print))
		return Result{Class: d.class, Ended: Broken, Run: broken}
	case take:
		return p.take(s, e, print, run)
	case breaks:
		broken := s.end(e.At, 0, run)
		return Result{Class: d.class, Ended: Broken, Run: broken}
	}
	if d.class == Duplicate {
		s.addDuplicate(print)
	}
	return Result{Class: d.class}
}

// stillPossible reports whether a late event may do what it would.
func (p *Prog) stillPossible(s *State, a action, e *Event) bool {
	switch a {
	case open:
		return e.Time >= e.At-p.remember && !s.endedSince(e.Time)
	case take:
		return e.Time >= s.last() && e.Time < s.first.time+p.within
	}
	return true
}

// open begins a run. Only a late one can have reached its deadline already; its
// end is where it was noticed, for it must not be forgotten before it began.
func (p *Prog) open(s *State, e *Event, print uint64, run Run) Result {
	s.take(keep(e, print))
	if deadline := e.Time + p.within; deadline <= e.At {
		return Result{Class: Started, Ended: TimedOut, Run: s.end(e.At, 0, run)}
	}
	return Result{Class: Started}
}

// take adds the step that the run waits for, and ends the run if it is the last.
func (p *Prog) take(s *State, e *Event, print uint64, run Run) Result {
	if s.taken()+1 < len(p.pattern.Steps) {
		s.take(keep(e, print))
		return Result{Class: Advanced}
	}
	// The last event is not kept in the state, which would take memory for it.
	run = s.end(e.At, print, run)
	return Result{Class: Advanced, Ended: Matched, Run: append(run, Taken{e.Time, e.ID, e.Data, e.Ref})}
}

// keep copies what a run needs of an event. The event itself shares the memory of its
// batch, and a single open run would keep the whole batch alive.
func keep(e *Event, print uint64) kept {
	var text strings.Builder
	text.Grow(len(e.ID) + len(e.Data))
	text.WriteString(e.ID)
	text.Write(e.Data)
	return kept{e.Time, text.String(), e.Ref, print, uint32(len(e.ID))}
}
