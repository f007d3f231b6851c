package cep

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
)

// early is an event of a later step, or of a notFollowedBy, that has come without a run and
// waits for one to open. There are none while a run is open.
type early struct {
	Held
	print uint64
	until int64 // the place in time at which it is decided
	other bool  // it fits no step but negated ones
}

// Held is an event that is held: see Config.Early.
type Held struct {
	// Event is the event as it came, in memory of its own.
	Event Event
	// Note is what the caller has noted of it: see Matcher.Note.
	Note string
}

// Decided is an event that was held, and what has become of it now.
type Decided struct {
	Key string
	Held
	Result
}

// hold holds the event at hand, if it is one that may find its run open before Early has
// passed since its time.
func (m *Matcher) hold(l *live) bool {
	e, until := m.event, m.event.Time+m.prog.early
	if m.prog.early == 0 || e.At >= until {
		return false
	}
	step := m.fitsStep(l, branch{}, len(m.prog.program.Steps), false, true)
	if !step && !m.fitsGuard() {
		return false
	}
	for i := range m.prog.program.Steps {
		if m.prog.program.Tests[i].Alone() {
			m.passes(nil, 0, i) // what fails is counted now, and not again: see offer
		}
	}
	h := early{Held: Held{Event: *e}, print: m.print, until: until, other: !step}
	h.Event.Type, h.Event.ID, h.Event.Data = strings.Clone(e.Type), strings.Clone(e.ID), bytes.Clone(e.Data)
	i, _ := slices.BinarySearchFunc(l.early(), h, func(a, b early) int {
		return cmp.Or(cmp.Compare(a.until, b.until), m.prog.Compare(&a.Event, &b.Event))
	})
	l.setRare(l.alerts(), slices.Insert(l.early(), i, h))
	if l.rare.index != nil {
		l.rare.index[h.print] = struct{}{}
	}
	m.held = i
	return true
}

// fitsGuard reports whether the event is what a notFollowedBy forbids that names its type.
// A condition that depends on what a run has taken holds.
func (m *Matcher) fitsGuard() bool {
	for i := range m.prog.program.Steps {
		s, t := &m.prog.program.Steps[i], &m.prog.program.Tests[i]
		if s.Negated && m.prog.relaxed[i] && !s.Any && t.Fits(m.event.Type) && (!t.Alone() || m.passes(nil, 0, i)) {
			return true
		}
	}
	return false
}

// Note notes something of the event that the last Step has held, such as where it came
// from. It stays with the event, and is in the state's encoding.
func (m *Matcher) Note(s *State, note string) {
	if l := s.live(); l != nil && m.held < len(l.early()) && l.early()[m.held].print == m.print {
		l.early()[m.held].Note = note
	}
}

// AppendHeld appends the events of a key that are held, in the order in which they would be
// decided. They share memory with s.
func (m *Matcher) AppendHeld(s *State, held []Held) []Held {
	if l := s.live(); l != nil {
		for i := range l.early() {
			held = append(held, l.early()[i].Held)
		}
	}
	return held
}

// EachHeld calls f with each event of a key that is held. It may change the Note, and what the
// event shares with other programs.
func (m *Matcher) EachHeld(s *State, f func(h *Held)) {
	if l := s.live(); l != nil {
		for i := range l.early() {
			f(&l.early()[i].Held)
		}
	}
}

// Holds reports whether the program may hold events: see Config.Early.
func (p *Prog) Holds() bool { return p.early > 0 }

// holds reports whether an event with this print is held.
func (l *live) holds(print uint64) bool {
	held := l.early()
	if len(held) < indexFrom {
		return slices.ContainsFunc(held, func(h early) bool { return h.print == print })
	}
	if l.rare.index == nil {
		l.rare.index = make(map[uint64]struct{}, len(held))
		for i := range held {
			l.rare.index[held[i].print] = struct{}{}
		}
	}
	_, ok := l.rare.index[print]
	return ok
}

// decidesAt returns the place in time at which an event that is held is decided;
// math.MaxInt64 without one.
func (l *live) decidesAt() int64 {
	if len(l.early()) == 0 {
		return math.MaxInt64
	}
	return l.early()[0].until
}

// decide decides the events that are held until a place in time.
func (m *Matcher) decide(l *live, at int64) {
	n, held := 0, l.early()
	for ; n < len(held) && held[n].until <= at; n++ {
		h := &held[n]
		delete(l.rare.index, h.print)
		if m.decided(h, h.class()) == Other && h.Event.Ref != 0 {
			m.out.Settled = append(m.out.Settled, []uint64{h.Event.Ref})
		}
	}
	clear(held[:n])
	l.setRare(l.alerts(), held[n:]) // which costs nothing however many there are
}

// class is that of an event that no run has taken.
func (h *early) class() Class {
	switch {
	case h.Event.Time < h.Event.At:
		return Late
	case h.other:
		return Other
	}
	return Orphan
}

func (m *Matcher) decided(h *early, class Class) Class {
	m.out.Decided = append(m.out.Decided, Decided{m.key, h.Held, Result{Class: class}})
	return class
}

// giveHeld gives the events that are held to the run that the event at hand has opened, by
// step, then time, id, bytes. What it does not take is decided.
func (m *Matcher) giveHeld(l *live) {
	if len(l.early()) == 0 {
		return
	}
	if m.stored != 0 {
		l.events[m.stored].own(m.event) // others will be at hand
	}
	opened, print, stored := m.event, m.print, m.stored
	held := l.early()
	l.rare.index = nil
	l.setRare(l.alerts(), nil)
	slices.SortStableFunc(held, func(a, b early) int {
		return cmp.Or(
			cmp.Compare(m.prog.position(a.Event.Type), m.prog.position(b.Event.Type)),
			cmp.Compare(a.Event.Time, b.Event.Time),
			strings.Compare(a.Event.ID, b.Event.ID),
			bytes.Compare(a.Event.Data, b.Event.Data))
	})
	for i := range held {
		m.offer(l, &held[i], opened.At)
	}
	m.event, m.print, m.stored = opened, print, stored
	m.early, m.ending, m.calledOff, m.settled = 0, 0, 0, len(m.out.Settled)
}

// offer gives an event that was held to the open run, at a place in time. One that does
// not fit changes nothing.
func (m *Matcher) offer(l *live, h *early, place int64) {
	m.begin(m.key, &h.Event, m.out)
	m.print = h.print
	for i := range m.prog.program.Steps {
		m.failed[i] = m.prog.program.Tests[i].Alone()
	}
	class := h.class()
	if n := len(l.runs); n > 0 && l.runs[n-1].branches > 0 {
		var s summary
		m.countFrom(l.first(&l.runs[n-1]))
		m.gentle = true
		m.give(l, &s)
		m.gentle = false
		if s.taken || s.stopped {
			class = Advanced
		}
		m.sweep(l, place)
	}
	m.decided(h, class)
	m.finish(l, Result{Class: class})
}

// countFrom lets the event at hand count as one of a time, if its own is before that.
func (m *Matcher) countFrom(time int64) {
	if m.early = time - m.event.Time; m.early <= 0 {
		m.early = 0
		return
	}
	m.shifted = *m.event
	m.shifted.Time = time
	m.event = &m.shifted
}

// fitsGently reports whether a branch takes an event that was held, or is ended by it as by
// what a notFollowedBy forbids.
func (m *Matcher) fitsGently(l *live, r *run, b branch) bool {
	if m.event.Time < l.last(b) || m.event.Time >= m.prog.due(l, r, b) {
		return false
	}
	state := &m.prog.program.States[b.state]
	return m.guarded(l, b, state) || m.takes(l, b, state)
}
