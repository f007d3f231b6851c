package cep

import (
	"math"
	"sync"
)

// lone is what the machine knows of a key that has one open run of one event, and nothing
// else: that of nearly all open orders. It takes 64 bytes, where a live takes some 900. The
// event is State.first, which has no print then, and the type in front of its text.
type lone struct {
	print              uint64 // of the event; zero: there is none
	deadline, reminded int64  // of the run
	mark               uint32 // of the program
	state              uint32 // of the branch
	step               uint16 // that the event was taken as
	typ                uint16 // the length of its type
}

// lone returns the lone run of a key; nil without one.
func (s *State) lone() *lone {
	if s.more == nil || s.more.lone.print == 0 {
		return nil
	}
	return &s.more.lone
}

// machine reports whether the state is one of the machine.
func (s *State) machine() bool {
	return s.more != nil && (s.more.live != nil || s.more.lone.print != 0)
}

// keep keeps what the machine knows of a key, and reports whether it has kept l itself. It
// keeps a lone run as that.
func (s *State) keep(l *live) bool {
	if l.empty() {
		s.first, s.more = kept{}, nil
		return false
	}
	e := l.alone()
	if e == nil {
		if s.live() != l {
			s.first, s.more = kept{}, &more{live: l}
		}
		return true
	}
	if s.more == nil {
		s.more = new(more)
	}
	r, b := &l.runs[0], l.branches[0]
	s.first = kept{time: e.time, text: e.text, ref: e.ref, id: e.id, row: e.row}
	s.more.live = nil
	s.more.lone = lone{e.print, r.deadline, r.reminded, l.mark, b.state, uint16(l.nodes[b.node].step), uint16(e.typ)}
	return false
}

// alone returns the event of a key that has a lone run; nil where it has more than that.
func (l *live) alone() *stored {
	if len(l.runs) != 1 || len(l.branches) != 1 || l.used != 1 || len(l.held) > 0 || len(l.known.ended) > 0 || l.rare != nil {
		return nil
	}
	r, n := &l.runs[0], &l.nodes[l.branches[0].node]
	e := &l.events[n.event]
	if r.lost != nil || r.matched || r.end != Broken || n.event != r.event || n.step > math.MaxUint16 || e.early != 0 || e.typ > math.MaxUint16 {
		return nil
	}
	if len(l.known.spans) > indexFrom {
		return nil
	}
	for i := range l.known.spans { // those of others are of runs that are forgotten
		if s := &l.known.spans[i]; s.print != e.print && s.from <= r.seq && r.seq <= s.to {
			return nil
		}
	}
	return e
}

// fill makes an empty l what the machine knows of a key with a lone run.
func (l *live) fill(s *State) {
	lone, first := s.lone(), &s.first
	l.mark, l.order, l.used = lone.mark, 1, 1
	l.events = append(l.events, stored{
		order: 1, time: first.time, ref: first.ref, print: lone.print, text: first.text, typ: uint32(lone.typ), id: first.id, refs: 2, row: first.row,
	})
	l.nodes = append(l.nodes, node{event: 1, step: uint32(lone.step), len: 1, refs: 1})
	l.runs = append(l.runs, run{seq: 1, deadline: lone.deadline, event: 1, branches: 1, end: Broken, reminded: lone.reminded})
	l.branches = append(l.branches, branch{lone.state, 1})
	l.known.spans = append(l.known.spans, span{print: lone.print, from: 1, to: 1})
}

// dueOf is firstDue of a lone run.
func (p *Prog) dueOf(s *State) int64 {
	lone := s.lone()
	state, due := &p.program.States[lone.state], lone.deadline
	bound := state.Bound
	if state.Pending {
		bound = state.PendingWithin
	}
	if bound > 0 {
		due = min(due, s.first.time+bound)
	}
	for _, age := range p.remind {
		if age > lone.reminded {
			return min(due, s.first.time+age)
		}
	}
	return due
}

// wake returns what the machine knows of a key, nil for nothing: of a lone run in memory of
// the matcher. What has changed is to be given to sleep.
func (m *Matcher) wake(s *State) *live {
	if s.lone() == nil {
		return s.live()
	}
	l := m.blank()
	l.fill(s)
	l.due = m.prog.firstDue(l)
	return l
}

// blank returns an empty live in memory of the matcher.
func (m *Matcher) blank() *live {
	if m.spare == nil {
		m.spare = newLive(m.prog)
	}
	m.spare.reset(m.prog.mark)
	return m.spare
}

// sleep keeps what the machine knows of a key now.
func (m *Matcher) sleep(s *State, l *live) {
	kept := s.keep(l)
	switch {
	case kept && l == m.spare:
		m.spare = nil
	case !kept && m.spare == nil && cap(l.events) <= 8:
		m.spare = l
	}
}

// reset empties l, and keeps its memory.
func (l *live) reset(mark uint32) {
	clear(l.events)
	clear(l.nodes)
	clear(l.runs)
	*l = live{
		mark: mark, runs: l.runs[:0], branches: l.branches[:0], held: l.held[:0], nodes: l.nodes[:1], events: l.events[:1],
		freed: l.freed[:0], known: known{spans: l.known.spans[:0], forgotten: math.MinInt64}, due: math.MaxInt64,
	}
}

// awake are lives in which lone runs are encoded.
var awake = sync.Pool{New: func() any { return newLive(&Prog{}) }}

// appendLone appends the encoding of a key with a lone run, which is that of a live.
func (s *State) appendLone(b []byte) []byte {
	l := awake.Get().(*live)
	defer awake.Put(l)
	l.reset(0)
	l.fill(s)
	return l.append(b)
}
