package cep

// State is what is known of one key: its open run, and what is remembered of
// those that have ended. The zero State knows nothing. Copying a State does not
// make a second one that lives apart; use its encoding for that.
type State struct {
	run        []Taken   // the open run's events, nil without one
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

	print uint64
}

// Run is what a run has taken, by step.
type Run []Taken

// past is what is remembered of a run that has ended.
type past struct {
	ended  int64 // in place in time
	prints printSet
}

// Empty reports whether s knows nothing, so that it need not be kept.
func (s *State) Empty() bool { return s.run == nil && len(s.past) == 0 }

// Open returns the open run, or nil without one. It is not to be changed.
func (s *State) Open() Run { return s.run }

// knows reports whether an event with this print is a redelivery.
func (s *State) knows(print uint64) bool {
	for i := range s.run {
		if s.run[i].print == print {
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

// end closes the open run at a place in time and remembers it.
func (s *State) end(at int64) Run {
	run := Run(s.run)
	var prints printSet
	if s.duplicates != nil {
		prints = *s.duplicates
	}
	for i := range run {
		prints.add(run[i].print)
	}
	s.past = append(s.past, past{at, prints})
	s.run, s.duplicates = nil, nil
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
