package shard

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"ordertimeout/transforms/cep"
)

// carried is what a shard has for the run that goes on, at the end of its input.
type carried struct {
	point int64   // the end is the carry point of this number; zero: it is at none
	rest  []Event // that the end leaves undecided
	// number is point, and state is that of AppendState, once all is forgotten.
	number int64
	state  []byte
}

// leave puts aside events that the end of the input leaves undecided.
func (s *Shard) leave(events []*Event, out *Output) {
	for _, e := range events {
		if s.carry.point != 0 {
			s.carry.rest = append(s.carry.rest, *e)
		}
		if s.carry.point == 0 || !out.OpenUnread {
			out.Undecided = append(out.Undecided, *e)
		}
	}
	if s.carry.point != 0 {
		out.CarriedOut += int64(len(events))
	} else {
		out.Returned += int64(len(events))
	}
}

// finish reports the open runs, the oldest first, and forgets everything.
func (s *Shard) finish(out *Output) {
	if s.carry.point != 0 {
		s.carryOut(out)
		return
	}
	for k := range s.keys.all {
		if !k.state.Open() {
			continue
		}
		open, run := s.matcher.Close(&k.state, &out.Output)
		out.StillOpen += open
		if open > 0 && !out.OpenUnread {
			out.Open = append(out.Open, OpenKey{k.key, run})
		}
	}
	sortOpen(out.Open)
	s.keys.clear()
}

// carryOut is finish at a carry point: it keeps the state, as if the input had not ended,
// for State. The open runs are reported as well.
func (s *Shard) carryOut(out *Output) {
	clock, limit, undecided := s.clock, s.limit, s.undecided
	s.clock = min(clock, limit)
	s.end, s.limit, s.undecided = false, math.MaxInt64, math.MaxInt64
	s.queue(s.carry.rest)
	number := s.carry.point
	s.carry = carried{}
	s.carry = carried{number: number, state: s.AppendState(nil)}
	var unheard Output // what is closed here has not ended
	for k := range s.keys.all {
		out.StillOpen += k.state.Runs()
		if out.OpenUnread || !k.state.Open() {
			continue
		}
		if open, run := s.matcher.Close(&k.state, &unheard.Output); open > 0 {
			out.Open = append(out.Open, OpenKey{k.key, run})
		}
	}
	sortOpen(out.Open)
	s.keys.clear()
	clear(s.slots)
	s.agenda = s.agenda[:0]
	s.end, s.clock, s.limit, s.undecided = true, clock, limit, undecided
}

// Carried returns the number of the carry point with which the input has ended, and the
// state at it, as AppendState writes it; nil where it has not ended, or at none.
func (s *Shard) Carried() (number int64, state []byte) { return s.carry.number, s.carry.state }

// Standing returns the number of open runs, and of events that wait for their tick.
func (s *Shard) Standing() (open, waiting int64) {
	for k := range s.keys.all {
		open += k.state.Runs()
	}
	for _, sl := range s.slots {
		for _, part := range sl.events {
			waiting += int64(len(part))
		}
	}
	return open, waiting
}

// OpenRuns returns the open runs that have given no match, for who wants to look at them:
// see cep.Matcher.AppendOpen. They share memory with s.
func (s *Shard) OpenRuns() (open []cep.Outcome) {
	for k := range s.keys.all {
		open = s.matcher.AppendOpen(k.key, &k.state, s.clock, open)
	}
	return open
}

// sortOpen sorts keys with open runs, the oldest first.
func sortOpen(open []OpenKey) {
	slices.SortFunc(open, func(a, b OpenKey) int {
		return cmp.Or(cmp.Compare(a.Run[0].Time, b.Run[0].Time), strings.Compare(a.Key, b.Key))
	})
}
