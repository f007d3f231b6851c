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
	first kept     // of the open run; without one its print is zero
	more  *more    // of the open run; nil without any
	ended past     // the ended run that is to be forgotten first; see past.known
	later *history // the ended runs after it; nil without any
}

// more is what few states of the table have, and what those of the machine have.
type more struct {
	live *live // what the machine knows; nil where a table runs the pattern, and of a lone run
	lone lone
	rest *rest // of the table's run; nil: nothing
}

// rest is what few runs of the table have.
type rest struct {
	events     []kept              // after the first
	index      map[uint64]struct{} // of their prints, once there are many
	duplicates printSet
}

// Taken is an event that a run has taken.
type Taken struct {
	// Step is the number of the step that it was taken as: an index of Prog.Steps.
	Step int
	// Type is the event's type.
	Type string
	// Time is the event time in milliseconds.
	Time int64
	// ID is the event's own id, "" without one.
	ID string
	// Data is the event's bytes.
	Data []byte
	// Row says that the event is the row of a table: see Event.
	Row bool
	// Ref is the event's Ref.
	Ref uint64

	order uint64 // of a live state
}

// kept is a Taken as a State keeps it.
type kept struct {
	time  int64
	text  string // the id, and behind it the data: one allocation
	ref   uint64
	print uint64 // of the event; never zero
	id    uint32 // the length of the id
	row   bool   // it is the row of a table
}

// taken returns what is kept, which shares its memory.
func (k *kept) taken(step int) Taken {
	data := k.text[k.id:]
	return Taken{Step: step, Time: k.time, ID: k.text[:k.id], Data: unsafe.Slice(unsafe.StringData(data), len(data)), Row: k.row, Ref: k.ref}
}

// Run is what a run has taken, in the order in which it did.
type Run []Taken

// Refs returns the Refs of the events, in their order; nil where none has one.
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

// live returns what the machine knows; nil where a table runs the pattern.
func (s *State) live() *live {
	if s.more == nil {
		return nil
	}
	return s.more.live
}

// Empty reports whether s knows nothing, so that it need not be kept.
func (s *State) Empty() bool { return !s.running() && !s.machine() && !s.ended.known() }

// Open reports whether a run is open.
func (s *State) Open() bool {
	return s.running() || s.lone() != nil || s.live() != nil && len(s.live().runs) > 0
}

// running reports whether a run is open that the table runs.
func (s *State) running() bool { return s.first.print != 0 }

// taken returns how many events the open run has taken, 0 without one.
func (s *State) taken() int {
	if !s.running() {
		return 0
	}
	return 1 + len(s.rest())
}

// rest returns the events of the open run after the first.
func (s *State) rest() []kept {
	if s.more == nil || s.more.rest == nil {
		return nil
	}
	return s.more.rest.events
}

// AppendRun appends the events of the open run to run. They share memory with s.
func (s *State) AppendRun(run Run) Run {
	if !s.running() {
		return run
	}
	run = append(run, s.first.taken(0))
	rest := s.rest()
	for i := range rest {
		run = append(run, rest[i].taken(i+1))
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
	if !s.running() {
		s.first = k
		return
	}
	s.addRest().take(k)
}

func (r *rest) take(k kept) {
	r.events = append(r.events, k)
	switch {
	case r.index != nil:
		r.index[k.print] = struct{}{}
	case len(r.events) >= indexFrom:
		r.index = make(map[uint64]struct{}, 2*indexFrom)
		for i := range r.events {
			r.index[r.events[i].print] = struct{}{}
		}
	}
}

func (s *State) addRest() *rest {
	if s.more == nil {
		s.more = new(more)
	}
	if s.more.rest == nil {
		s.more.rest = new(rest)
	}
	return s.more.rest
}

// knows reports whether an event with this print is a redelivery.
func (s *State) knows(print uint64) bool {
	if s.first.print == print || s.ended.prints.has(print) {
		return true
	}
	if s.more != nil && s.more.rest != nil {
		if known, _ := s.more.rest.knows(print); known {
			return true
		}
	}
	if s.later != nil {
		known, _ := s.later.knows(print)
		return known
	}
	return false
}

// knows reports whether an event with this print is one of the open run's, and how
// many of their prints it has looked at, which is never many.
func (r *rest) knows(print uint64) (known bool, looked int) {
	if r.duplicates.has(print) {
		return true, 0
	}
	if r.index != nil {
		_, known = r.index[print]
		return known, 1
	}
	for i := range r.events {
		if r.events[i].print == print {
			return true, i + 1
		}
	}
	return false, len(r.events)
}

// addDuplicate remembers a duplicate of the open run.
func (s *State) addDuplicate(print uint64) { s.addRest().duplicates.add(print) }

// end closes the open run at a place in time, remembers it, and appends its events
// to run. last is the print of the event that was its last step, zero without one.
func (s *State) end(at int64, last uint64, run Run) Run {
	run = s.AppendRun(run)
	ended := past{ended: at}
	if s.more != nil && s.more.rest != nil {
		ended.prints = s.more.rest.duplicates
	}
	ended.prints.add(s.first.print)
	rest := s.rest()
	for i := range rest {
		ended.prints.add(rest[i].print)
	}
	if last != 0 {
		ended.prints.add(last)
	}
	s.first, s.more = kept{}, nil
	s.remember(ended)
	return run
}

// remember adds an ended run, which is to be forgotten after those that are there.
func (s *State) remember(p past) {
	if !s.ended.known() {
		s.ended = p
		return
	}
	if s.later == nil {
		s.later = new(history)
	}
	s.later.push(p)
}

// endedSince reports whether a remembered run ended at a time or after it.
func (s *State) endedSince(time int64) bool {
	if s.ended.known() && s.ended.ended >= time {
		return true
	}
	return s.later != nil && s.later.latest >= time
}

// forget drops the runs that ended before a place in time, up to the first that did
// not: they are in the order of their ends.
func (s *State) forget(before int64) {
	for s.ended.known() && s.ended.ended < before {
		if s.later == nil {
			s.ended = past{}
			return
		}
		if s.ended = s.later.pop(); s.later.len() == 0 {
			s.later = nil
		}
	}
}

// Runs returns how many runs are open. One that has given a match and goes on is.
func (s *State) Runs() int64 {
	if l := s.live(); l != nil {
		return int64(len(l.runs))
	}
	if s.running() || s.lone() != nil {
		return 1
	}
	return 0
}
