package cep

// State is what is known of one key: its open run, and what is remembered of
// those that have ended. The zero State knows nothing. Copying a State does not
// make a second one that lives apart; use its encoding for that.
type State struct {
	// The open run: how many events it has taken, 0 without one, and those. The
	// first has its place in the State: most runs that are open have one event.
	taken int
	first Taken
	rest  []Taken

	duplicates *printSet // of the open run, nil without any
	past       []past    // ended runs, the first to be forgotten first
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

	print uint64
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

// Empty reports whether s knows nothing, so that it need not be kept.
func (s *State) Empty() bool { return s.taken == 0 && len(s.past) == 0 }

// Open reports whether a run is open.
func (s *State) Open() bool { return s.taken > 0 }

// AppendRun appends the events of the open run to run.
func (s *State) AppendRun(run Run) Run {
	if s.taken == 0 {
		return run
	}
	return append(append(run, s.first), s.rest...)
}

// last returns the event that the open run took last.
func (s *State) last() *Taken {
	if len(s.rest) > 0 {
		return &s.rest[len(s.rest)-1]
	}
	return &s.first
}

// take adds an event to the open run, or opens one.
func (s *State) take(t Taken) {
	if s.taken == 0 {
		s.first = t
	} else {
		s.rest = append(s.rest, t)
	}
	s.taken++
}

// knows reports whether an event with this print is a redelivery.
func (s *State) knows(print uint64) bool {
	if s.taken > 0 && s.first.print == print {
		return true
	}
	for i := range s.rest {
		if s.rest[i].print == print {
			return true
		}
	}
	if s.duplicates != nil && s.duplicates.has(print) {
		return true
	}
	for i := range s.past {
		if s.past[i].prints.has(print) {
			return true
		}
	}
	return false
}

// addDuplicate remembers a duplicate of the open run.
func (s *State) addDuplicate(print uint64) {
	if s.duplicates == nil {
		s.duplicates = new(printSet)
	}
	s.duplicates.add(print)
}

// close closes the open run at a place in time and remembers it.
func (s *State) close(at int64) {
	s.past = append(s.past, past{ended: at})
	prints := &s.past[len(s.past)-1].prints
	if s.duplicates != nil {
		*prints = *s.duplicates
	}
	prints.add(s.first.print)
	for i := range s.rest {
		prints.add(s.rest[i].print)
	}
	s.taken, s.first, s.rest, s.duplicates = 0, Taken{}, nil, nil
}

// end closes the open run and appends its events to run.
func (s *State) end(at int64, run Run) Run {
	run = s.AppendRun(run)
	s.close(at)
	return run
}

// endedSince reports whether a remembered run ended at a time or after it.
func (s *State) endedSince(time int64) bool {
	for i := range s.past {
		if s.past[i].ended >= time {
			return true
		}
	}
	return false
}

// forget drops the runs that ended before a place in time.
func (s *State) forget(before int64) {
	n := 0
	for n < len(s.past) && s.past[n].ended < before {
		n++
	}
	switch {
	case n == 0:
	case n == len(s.past):
		s.past = nil
	default:
		s.past = append([]past(nil), s.past[n:]...)
	}
}
