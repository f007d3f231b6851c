package cep

import (
	"math"
	"unsafe"
)

// live is what the machine knows of a key: the open runs with their branches, the
// events that they have taken, and what is remembered. Branches share what they have in
// common: an event stands in it once, and a branch is a number of a node, which has an
// event and the node of the one taken before.
type live struct {
	// mark is that of the program.
	mark uint32
	used uint32 // how many nodes are not free
	// order is of the event that was stored last: events are numbered as they are taken.
	order uint64
	// runs are open, in the order of their first events.
	runs []run
	// branches are those of the first run, then those of the second, and so on.
	branches []branch
	// held are the matches that a skip holds back.
	held []held

	nodes  []node   // the first is none
	events []stored // the first is none
	// freeNode and freeEvent are the first of the free ones, which are linked; zero: none.
	freeNode, freeEvent uint32
	// freed are the Refs of the events that were freed since they were last looked at.
	freed []uint64

	known known
	// rare is what few states have; nil: nothing.
	rare *rare
	// due is when time alone does something to a branch; math.MaxInt64: never.
	due int64
}

// rare is what some settings keep of a key, while they do.
type rare struct {
	// alerts are the timeouts that may still be resolved, in the order of their runs. None is
	// to be forgotten before forgets, and none waits for a step that is not among steps.
	alerts  []alert
	forgets int64
	steps   []int
	// early are the events that wait for a run to open, in the order in which they are
	// decided.
	early []early
	// index are the prints of early, once there are many.
	index map[uint64]struct{}
}

// alerts returns those of rare.
func (l *live) alerts() []alert {
	if l.rare == nil {
		return nil
	}
	return l.rare.alerts
}

// early returns those of rare.
func (l *live) early() []early {
	if l.rare == nil {
		return nil
	}
	return l.rare.early
}

// setRare sets what rare has.
func (l *live) setRare(alerts []alert, early []early) {
	switch {
	case len(alerts) == 0 && len(early) == 0:
		l.rare = nil
	case l.rare == nil:
		l.rare = &rare{alerts: alerts, early: early}
	default:
		l.rare.alerts, l.rare.early = alerts, early
	}
}

// first returns the time of a run's first event.
func (l *live) first(r *run) int64 { return l.events[r.event].time }

// run is an open run.
type run struct {
	seq      uint64 // the order of its first event
	deadline int64  // of the pattern's window; math.MaxInt64: none
	lost     *lost  // of its branches that have reached a deadline, what a timeout shows
	event    uint32 // its first event
	branches uint32 // how many it has
	held     uint32 // how many matches of it are held back
	matched  bool   // it has given a match
	reminded int64  // the largest age at which it gave a reminder, or had none to give
	end      How    // what ended its last branch, once it has none
}

// branch is one way in which a run has gone on.
type branch struct {
	state uint32 // of the program
	node  uint32 // what it took last
}

// node is an event taken by a branch, or by several that have all before it in common.
type node struct {
	event uint32
	prev  uint32 // the node of the event taken before; zero: none. Of a free node the next free one
	step  uint32
	len   uint32 // how many events there are up to this one
	refs  uint32 // nodes, branches, held matches and lost branches that point here
}

// stored is an event that a branch has taken.
type stored struct {
	order uint64
	time  int64 // that it counts as: its own, but not before the run's first
	ref   uint64
	print uint64
	text  string // the type, the id, and the data: one allocation
	typ   uint32 // the length of the type
	id    uint32 // the length of type and id
	refs  uint32 // nodes and runs that point here, and the matcher whose event it is
	next  uint32 // of a free one: the next free one
	row   bool   // it is the row of a table
	early uint32 // by how many milliseconds its own time is before that which it counts as
}

// held is a match that is held back, as an earlier run is open.
type held struct {
	seq      uint64 // of its run
	node     uint32
	endedAt  int64
	deadline int64
}

// lost is the branch that a timeout shows: of those of a run that have reached a deadline
// the one that had taken most.
type lost struct {
	node     uint32
	deadline int64 // that it reached
	// waiting are the steps that it could still have gone on with. Not to be changed.
	waiting []int
	// guards are the steps of the notFollowedBy that it stood under, where timeouts may be
	// resolved.
	guards []int
}

func newLive(p *Prog) *live {
	return &live{mark: p.mark, nodes: make([]node, 1, 4), events: make([]stored, 1, 4), known: known{forgotten: math.MinInt64}, due: math.MaxInt64}
}

// empty reports whether nothing is open and nothing remembered.
func (l *live) empty() bool {
	return len(l.runs) == 0 && len(l.known.ended) == 0 && l.rare == nil
}

// store keeps an event, with a reference. It has no text until own is called.
func (l *live) store(e *Event, print uint64) uint32 {
	l.order++
	n := l.freeEvent
	if n == 0 {
		n = uint32(len(l.events))
		l.events = append(l.events, stored{})
	} else {
		l.freeEvent = l.events[n].next
	}
	l.events[n] = stored{order: l.order, time: e.Time, ref: e.Ref, print: print, refs: 1, row: e.Row}
	return n
}

// own copies what is kept of an event.
func (s *stored) own(e *Event) {
	s.typ, s.id, s.text = uint32(len(e.Type)), uint32(len(e.Type)+len(e.ID)), e.own()
}

// taken returns the event as a step.
func (s *stored) taken(step uint32) Taken {
	data := s.text[s.id:]
	return Taken{
		Step: int(step), Time: s.time - int64(s.early), Type: s.text[:s.typ], ID: s.text[s.typ:s.id],
		Data: unsafe.Slice(unsafe.StringData(data), len(data)), Row: s.row, Ref: s.ref, order: s.order,
	}
}

// grow returns a node for an event behind prev, with a reference.
func (l *live) grow(event, prev, step uint32) uint32 {
	n := l.freeNode
	if n == 0 {
		n = uint32(len(l.nodes))
		l.nodes = append(l.nodes, node{})
	} else {
		l.freeNode = l.nodes[n].prev
	}
	l.nodes[n] = node{event: event, prev: prev, step: step, len: l.nodes[prev].len + 1, refs: 1}
	l.used++
	l.events[event].refs++
	if prev != 0 {
		l.nodes[prev].refs++
	}
	return n
}

// hold adds a reference to a node.
func (l *live) hold(n uint32) uint32 {
	l.nodes[n].refs++
	return n
}

// release drops a reference to a node, and with the last one the node.
func (l *live) release(n uint32) {
	for n != 0 {
		node := &l.nodes[n]
		if node.refs--; node.refs > 0 {
			return
		}
		l.used--
		l.releaseEvent(node.event)
		prev := node.prev
		*node = free(l.freeNode)
		l.freeNode, n = n, prev
	}
}

func free(next uint32) node { return node{prev: next} }

// releaseEvent drops a reference to an event, and with the last one the event.
func (l *live) releaseEvent(n uint32) {
	e := &l.events[n]
	if e.refs--; e.refs > 0 {
		return
	}
	if e.ref != 0 {
		l.freed = append(l.freed, e.ref)
	}
	*e = stored{next: l.freeEvent}
	l.freeEvent = n
}

// last returns the time of the event that a branch took last.
func (l *live) last(b branch) int64 { return l.events[l.nodes[b.node].event].time }

// compare orders the branches of a run: the events that they took are compared one by
// one, the earlier one first, and the longer branch comes before its beginning. Of the
// same events, the branch comes first that took the first one that differs as an earlier
// step.
func (l *live) compare(a, b uint32) int {
	var events, steps int
	// From the ends backwards: what is seen last, in front, decides.
	for long := l.nodes[a].len; long > l.nodes[b].len; long-- {
		a, events, steps = l.nodes[a].prev, -1, 0
	}
	for long := l.nodes[b].len; long > l.nodes[a].len; long-- {
		b, events, steps = l.nodes[b].prev, 1, 0
	}
	for a != b {
		x, y := &l.nodes[a], &l.nodes[b]
		if x.event != y.event {
			events, steps = 1, 0
			if l.events[x.event].order < l.events[y.event].order {
				events = -1
			}
		}
		if x.step != y.step {
			if steps = 1; x.step < y.step {
				steps = -1
			}
		}
		a, b = x.prev, y.prev
	}
	if events != 0 {
		return events
	}
	return steps
}
