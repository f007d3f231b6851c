package cep

import (
	"cmp"
	"math"
	"slices"
)

// AppendOpen appends the open runs of a key that have given no match, as outcomes, for who
// wants to look at them: nothing is changed. At is the place in time that the key has come
// to, in milliseconds.
//
// How is Open. At and Deadline are when the run ends if nothing more comes: its timeout
// would have them, or what a trailing negation lets match; math.MaxInt64 where it waits
// for other runs alone. Run is what the branch has taken that has taken most, and Waiting
// are the steps that could come next.
func (m *Matcher) AppendOpen(key string, s *State, at int64, open []Outcome) []Outcome {
	if l := m.wake(s); l != nil {
		return m.appendOpenLive(key, l, at, open)
	}
	run := m.typed(s.AppendRun(nil))
	if len(run) == 0 {
		return open
	}
	deadline := run[0].Time + m.prog.within
	return append(open, Outcome{
		Key: key, How: Open, At: deadline, Deadline: deadline, Run: run, Waiting: m.prog.program.States[len(run)].Waiting,
	})
}

// appendOpenLive is AppendOpen by the machine.
func (m *Matcher) appendOpenLive(key string, l *live, at int64, open []Outcome) []Outcome {
	from := 0
	for i := range l.runs {
		r := &l.runs[i]
		of := l.branches[from : from+int(r.branches)]
		from += len(of)
		if r.matched {
			continue
		}
		most, deadline := uint32(0), int64(math.MinInt64)
		if r.lost != nil {
			most = r.lost.node
		}
		var waiting []int
		for _, b := range of {
			most = l.longer(most, b.node)
			deadline = max(deadline, m.prog.due(l, r, b))
			waiting = append(waiting, m.prog.waiting(l, b, at+1)...)
		}
		for _, h := range l.held {
			if h.seq == r.seq {
				most, deadline = l.longer(most, h.node), math.MaxInt64
			}
		}
		slices.Sort(waiting)
		open = append(open, Outcome{
			Key: key, How: Open, At: deadline, Deadline: deadline, Run: m.appendRun(l, most, nil), Waiting: slices.Compact(waiting),
		})
	}
	return open
}

// longer returns the branch of two that a timeout would show: see live.lose.
func (l *live) longer(a, b uint32) uint32 {
	if cmp.Or(cmp.Compare(l.nodes[a].len, l.nodes[b].len), l.compare(b, a)) < 0 {
		return b
	}
	return a
}
