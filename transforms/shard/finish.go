package shard

import (
	"cmp"
	"slices"
	"strings"

	"ordertimeout/transforms/cep"
)

// carried is what a lane has for the run that goes on, at the end of its input.
type carried struct {
	rest []Event // that the end leaves undecided; of the first lane alone
	// waiting are the events that wait in the state, once the lane has ended.
	waiting []byte
}

// leave puts aside events that the end of the input leaves undecided.
func (l *lane) leave(events []*Event, out *Output) {
	carries := l.point != 0
	for _, e := range events {
		if carries && l.first {
			l.carry.rest = append(l.carry.rest, *e)
		}
		if l.first && (!carries || !out.OpenUnread) {
			out.Undecided = append(out.Undecided, *e)
		}
	}
	if carries {
		out.CarriedOut += int64(len(events))
	} else {
		out.Returned += int64(len(events))
	}
}

// finish reports the open runs, the oldest first, and forgets everything.
func (l *lane) finish(out *Output) {
	if l.point != 0 {
		l.carryOut(out)
		return
	}
	for k := range l.keys.all {
		l.leaveHeld(k, out)
		if !k.state.Open() {
			continue
		}
		open, run := l.matcher.Close(&k.state, &out.Output)
		out.StillOpen += open
		if open > 0 && !out.OpenUnread {
			out.Open = append(out.Open, OpenKey{k.key, run})
		}
	}
	sortOpen(out.Open)
	l.keys.clear()
}

// carryOut is finish at a carry point: it keeps the state, as if the input had not ended,
// until all lanes have come to it. The open runs are reported as well.
func (l *lane) carryOut(out *Output) {
	for k := range l.keys.all {
		l.leaveHeld(k, out)
	}
	clock, ended := l.clock, l.ending
	l.clock, l.ending = min(clock, ended.limit), endless
	l.queue(l.carry.rest)
	if l.carry = (carried{}); l.first {
		l.carry.waiting = l.appendWaiting(nil)
	}
	var unheard Output // what is closed here has not ended
	for k := range l.keys.all {
		out.StillOpen += k.state.Runs()
		if out.OpenUnread || !k.state.Open() {
			continue
		}
		if open, run := l.matcher.Close(&k.state, &unheard.Output); open > 0 {
			out.Open = append(out.Open, OpenKey{k.key, run})
		}
	}
	sortOpen(out.Open)
	clear(l.slots)
	l.agenda = l.agenda[:0]
	l.clock, l.ending = clock, ended
}

// carriedState is the state of a shard whose input has ended at a carry point.
type carriedState struct {
	number int64
	state  []byte
}

// carryOut makes one state of what the lanes have carried out, if the tick at p was their
// last.
func (s *Shard) carryOut(p int64) {
	first := s.lanes[0]
	if first.point == 0 || !first.finished(p) || first.carry.waiting == nil {
		return
	}
	b := s.appendHead(nil, min(first.clock, first.limit), endless)
	s.noteVerdicts()
	for _, l := range s.lanes {
		b = l.appendKeys(b)
	}
	s.carried = carriedState{first.point, append(b, first.carry.waiting...)}
	for _, l := range s.lanes {
		l.keys.clear()
		l.carry, l.point = carried{}, 0
	}
}

// Carried returns the number of the carry point with which the input has ended, and the
// state at it, as AppendState writes it; nil where it has not ended, or at none.
func (s *Shard) Carried() (number int64, state []byte) { return s.carried.number, s.carried.state }

// Standing is what a rule of a shard holds.
type Standing struct {
	Rule string
	// Open are the runs that are open, and Waiting the events that wait for their tick.
	Open, Waiting int64
}

// Standing returns what each rule holds.
func (s *Shard) Standing() []Standing {
	var standing []Standing
	for i, l := range s.lanes {
		st := Standing{Rule: s.rules.Each[i].Name, Open: l.openRuns()}
		for part := range l.waiting {
			st.Waiting += int64(len(part))
		}
		for k := range l.keys.all {
			st.Waiting += int64(len(l.heldIn(k)))
		}
		standing = append(standing, st)
	}
	return standing
}

func (l *lane) openRuns() (open int64) {
	for k := range l.keys.all {
		open += k.state.Runs()
	}
	return open
}

// waiting calls f with the events that wait for their tick, in parts.
func (l *lane) waiting(f func([]Event) bool) {
	for _, sl := range l.slots {
		for _, part := range sl.events {
			if !f(part) {
				return
			}
		}
	}
}

// OpenRuns returns the open runs of a rule that have given no match, for who wants to look
// at them: see cep.Matcher.AppendOpen. They share memory with s.
func (s *Shard) OpenRuns(rule int) (open []cep.Outcome) {
	l := s.lanes[rule]
	for k := range l.keys.all {
		open = l.matcher.AppendOpen(k.key, &k.state, l.clock, open)
	}
	return open
}

// sortOpen sorts keys with open runs, the oldest first.
func sortOpen(open []OpenKey) {
	slices.SortFunc(open, func(a, b OpenKey) int {
		return cmp.Or(cmp.Compare(a.Run[0].Time, b.Run[0].Time), strings.Compare(a.Key, b.Key))
	})
}
