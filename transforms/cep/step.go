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
	// Row says that the event is the row of a table, which has texts alone: see cond.Event.
	Row bool
	// Ref is the caller's own name for the event, which a run keeps.
	Ref uint64
	// Shared is what several programs that are given the event have in common; nil where
	// there is one.
	Shared *Shared
}

// Compare orders the events of a key: by place in time, by the first step that names the
// type, by id, by bytes, and what else tells them apart. Types that no step names stand at the first step of any type,
// or else last.
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
	if c := bytes.Compare(a.Data, b.Data); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.Type, b.Type))
}

// Deadline returns the earliest deadline or reminder of the open runs in milliseconds: when
// time alone gives the next outcome. ok is false where there is none.
func (p *Prog) Deadline(s *State) (deadline int64, ok bool) {
	if s.lone() != nil {
		due := p.dueOf(s)
		return due, due != math.MaxInt64
	}
	if l := s.live(); l != nil {
		return l.due, l.due != math.MaxInt64
	}
	return s.first.time + p.within, s.Open()
}

// Due returns the place in time at which Advance will have something to do: the
// earliest deadline or reminder, when an event that is held is decided, or when what is
// remembered, or may be resolved, is to be forgotten. It is math.MaxInt64 if there is nothing.
func (p *Prog) Due(s *State) int64 {
	due := int64(math.MaxInt64)
	if deadline, ok := p.Deadline(s); ok {
		due = deadline
	}
	switch l := s.live(); {
	case l != nil:
		if len(l.runs) == 0 && len(l.known.ended) > 0 {
			due = min(due, l.known.until+p.remember+1)
		}
		due = min(due, l.forgetsAt(), l.decidesAt())
	case l == nil && s.ended.known():
		due = min(due, s.ended.ended+p.remember+1)
	}
	return due
}

// Advance brings a key to a place in time: what is due up to it happens, and what is
// remembered for long enough is forgotten. A deadline after limit never comes, nor does a
// reminder, and what is held until then stays undecided.
func (m *Matcher) Advance(key string, s *State, at, limit int64, out *Output) {
	if s.lone() != nil && m.prog.dueOf(s) > min(at, limit) {
		return
	}
	if l := m.wake(s); l != nil {
		m.advanceLive(key, l, at, limit, out)
		m.sleep(s, l)
		return
	}
	if deadline, open := m.prog.Deadline(s); open && deadline <= min(at, limit) {
		m.timeOutLinear(key, s, deadline, out)
	}
	s.forget(at - m.prog.remember)
}

// Step gives a key its next event, to the place of which Advance has brought it.
//
// A late event (e.Time < e.At) is judged more strictly, where the pattern leaves a key no
// choice (Prog.Straight). As a first step it opens a run only if it is not older than what
// is remembered, and no remembered run ended at its time or after it, so that no two runs
// of a key begin alike; what its place in time is beyond happens at once. A later step is
// taken only by a run that waits for it under followedBy, not before the run's last event
// and before its deadline; so is what a notFollowedBy forbids. Of other patterns a late
// event is not applied. Whatever the pattern, it may resolve a timeout, and be held.
func (m *Matcher) Step(key string, s *State, e *Event, out *Output) Result {
	if m.prog.linear != nil && !s.machine() {
		return m.stepLinear(key, s, e, out)
	}
	return m.stepLive(key, s, e, out)
}

// Close returns how many runs of a key are open at the end of the input, and their events
// in the order in which they were taken. A run that has given a match counts as one that
// has ended by it. What is held is in AppendHeld.
func (m *Matcher) Close(s *State, out *Output) (open int64, run Run) {
	if l := m.wake(s); l != nil {
		return m.closeLive(l, out)
	}
	if run = m.typed(s.AppendRun(nil)); run != nil {
		open = 1
	}
	return open, run
}

// keep copies what a run needs of an event. The event itself shares the memory of its
// batch, and a single open run would keep the whole batch alive.
func keep(e *Event, print uint64) kept {
	k := kept{time: e.Time, ref: e.Ref, print: print, id: uint32(len(e.ID)), row: e.Row}
	if e.Shared != nil {
		k.text = e.own()[len(e.Type):]
		return k
	}
	var text strings.Builder
	text.Grow(len(e.ID) + len(e.Data))
	text.WriteString(e.ID)
	text.Write(e.Data)
	k.text = text.String()
	return k
}
