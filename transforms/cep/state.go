package cep

import "unsafe"

// State is what is known of one key: its open run, and what is remembered of
// those that have ended. The zero State knows nothing. Copying a State does not
// make a second one that lives apart; use its encoding for that.
//
// There is one for every order that is open or remembered, and all of them are
// looked at at random. So what nearly all have stands in the State itself, which
// takes 96 bytes, and what few have elsewhere.
type State struct {
	first kept   // of the open run; without one its print is zero
	more  *more  // of the open run; nil without any
	ended past   // the ended run that is to be forgotten first; see past.known
	later []past // the ended runs after it, the first to be forgotten first
}

// more is what few open runs have.
type more struct {
	rest       []kept // the events after the first
	duplicates printSet
}

// Taken is an event that a run has taken. The step is its index in the run.
type Taken struct {
	// Time is the event time in milliseconds.
	Time int64
	// ID is the event's own id, "" without one.
	ID string
	// Data is the event's bytes.
	Data []byte
	// Ref is the event's Ref.
	Ref uint64
}

// kept is a Taken as a State keeps it.
type kept struct {
	time  int64
	text  string // the id, and behind it the data: one allocation
	ref   uint64
	print uint64 // of the event; never zero
	id    uint32 // the length of the id
}

// taken returns what is kept, which shares its memory.
func (k *kept) taken() Taken {
	data := k.text[k.id:]
	return Taken{k.time, k.text[:k.id], unsafe.Slice(unsafe.StringData(data), len(data)), k.ref}
}

// Run is what a run has taken, by step.
type Run []Taken

// Refs returns the Refs of the events, by step; nil where none has one.
func (r Run) Refs() []uint64 {
	var refs []uint64
	for i := range r {
		if r[i].Ref != 0 && refs == nil {
			refs = make([]uint64, len(r))
		}
		if refs != nil {
			refs[i] = r[i].Ref
		}
	}
	return refs
}

// past is what is remembered of a run that has ended.
type past struct {
	ended  int64 // in place in time
	prints printSet
}

// known reports whether p is a run and not the lack of one.
func (p *past) known() bool { return p.prints.few[0] != 0 }

// Empty reports whether s knows nothing, so that it need not be kept.
func (s *State) Empty() bool { return !s.Open() && !s.ended.known() }

// Open reports whether a run is open.
func (s *State) Open() bool { return s.first.print != 0 }

// taken returns how many events the open run has taken, 0 without one.
func (s *State) taken() int {
	if !s.Open() {
		return 0
	}
	return 1 + len(s.rest())
}

// rest returns the events of the open run after the first.
func (s *State) rest() []kept {
	if s.more == nil {
		return nil
	}
	return s.more.rest
}

// AppendRun appends the events of the open run to run. They share memory with s.
func (s *State) AppendRun(run Run) Run {
	if !s.Open() {
		return run
	}
	run = append(run, s.first.taken())
	rest := s.rest()
	for i := range rest {
		run = append(run, rest[i].taken())
	}
	return run
}

// last returns the time of the event that the open run took last.
func (s *State) last() int64 {
	if rest := s.rest(); len(rest) > 0 {
		return rest[len(rest)-1].time
	}
	return s.first.time
}

// take adds an event to the open run, or opens one.
func (s *State) take(k kept) {
	if !s.Open() {
		s.first = k
		return
	}
	m := s.addMore()
	m.rest = append(m.rest, k)
}

func (s *State) addMore() *more {
	if s.more == nil {
		s.more = new(more)
	}
	return s.more
}

// knows reports whether an event with this print is a redelivery.
func (s *State) knows(print uint64) bool {
	if s.first.print == print || s.ended.prints.has(print) {
		return true
	}
	if s.more != nil && s.more.knows(print) {
		return true
	}
	for i := range s.later {
		if s.later[i].prints.has(print) {
			return true
		}
	}
	return false
}

func (m *more) knows(print uint64) bool {
	for i := range m.rest {
		if m.rest[i].print == print {
			return true
		}
	}
	return m.duplicates.has(print)
}

// addDuplicate remembers a duplicate of the open run.
func (s *State) addDuplicate(print uint64) { s.addMore().duplicates.add(print) }

// end closes the open run at a place in time, remembers it, and appends its events
// to run. It returns what is remembered, too.
func (s *State) end(at int64, run Run) (Run, *past) {
	run = s.AppendRun(run)
	ended := &s.ended
	if ended.known() {
		s.later = append(s.later, past{})
		ended = &s.later[len(s.later)-1]
	}
	*ended = past{ended: at}
	if s.more != nil {
		ended.prints = s.more.duplicates
	}
	ended.prints.add(s.first.print)
	rest := s.rest()
	for i := range rest {
		ended.prints.add(rest[i].print)
	}
	s.first, s.more = kept{}, nil
	return run, ended
}

// endedSince reports whether a remembered run ended at a time or after it.
func (s *State) endedSince(time int64) bool {
	if s.ended.known() && s.ended.ended >= time {
		return true
	}
	for i := range s.later {
		if s.later[i].ended >= time {
			return true
		}
	}
	return false
}

// forget drops the runs that ended before a place in time.
func (s *State) forget(before int64) {
	for s.ended.known() && s.ended.ended < before {
		if len(s.later) == 0 {
			s.ended = past{}
			return
		}
		s.ended = s.later[0]
		if s.later = append([]past(nil), s.later[1:]...); len(s.later) == 0 {
			s.later = nil
		}
	}
}
