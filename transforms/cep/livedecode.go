package cep

import (
	"errors"
	"math"

	"ordertimeout/transforms/cep/program"
)

// errLive is the error of an encoding that no machine has written.
var errLive = errors.New("cep: state of the machine that contradicts itself")

// decodeLive reads the rest of a state of the machine.
func (p *Prog) decodeLive(r *reader, version byte) (State, []byte, error) {
	if mark := r.uint32(); r.err == nil && mark != p.mark {
		return State{}, nil, errors.New("cep: state of another pattern")
	}
	l := newLive(p)
	l.order = r.uvarint()
	for n := r.count(1 + 1 + 1 + 8 + 1 + 1 + 1); n > 0; n-- {
		e := r.stored(l.order)
		e.row = r.nextIsRow()
		l.events = append(l.events, e)
	}
	for n := r.count(3); n > 0; n-- {
		l.addNode(r, p.program)
	}
	for n := r.count(1 + 1 + 2 + 1); n > 0; n-- {
		l.addRun(r, p.program)
	}
	for n := r.count(4); n > 0; n-- {
		l.addHeld(r)
	}
	r.known(&l.known)
	if version == lifeVersion {
		l.addLife(r, len(p.program.Steps))
	}
	if r.err == nil && (!l.consistent() || r.rows != nil) {
		r.err = errLive
	}
	if r.err != nil {
		return State{}, nil, r.err
	}
	l.known.reindex()
	l.due = p.firstDue(l)
	var s State
	s.keep(l)
	return s, r.b, nil
}

// index reads a number of at most most.
func (r *reader) index(most int) uint32 {
	n := r.uvarint()
	if n > uint64(most) {
		if r.err == nil {
			r.b, r.err = nil, errLive
		}
		return 0
	}
	return uint32(n)
}

// index1 reads a number of one to most.
func (r *reader) index1(most int) uint32 {
	n := r.index(most)
	if n == 0 && r.err == nil {
		r.b, r.err = nil, errLive
	}
	return n
}

func (r *reader) time() int64 {
	t := r.varint()
	if t != math.MaxInt64 && t != math.MinInt64 && !ValidTime(t) && r.err == nil {
		r.b, r.err = nil, errLive
	}
	return t
}

func (r *reader) stored(order uint64) stored {
	s := stored{order: r.uvarint(), time: r.time(), ref: r.uvarint(), print: r.uint64()}
	typ, id := r.uvarint(), r.uvarint()
	text := r.bytes()
	if n := uint64(len(text)); r.err == nil && (typ > n || id > n-typ || s.order > order || s.order == 0 || s.print == 0) {
		r.b, r.err = nil, errLive
		return stored{}
	}
	s.typ, s.id, s.text = uint32(typ), uint32(typ+id), string(text)
	return s
}

func (l *live) addNode(r *reader, p *program.Program) {
	event, prev, step := r.index1(len(l.events)-1), r.index(len(l.nodes)-1), r.index(len(p.Steps)-1)
	if r.err != nil {
		return
	}
	l.nodes = append(l.nodes, node{event: event, prev: prev, step: step, len: l.nodes[prev].len + 1})
	l.used++
	l.events[event].refs++
	l.nodes[prev].refs++ // that of the first is not looked at
}

func (l *live) addRun(r *reader, p *program.Program) {
	event := r.index1(len(l.events) - 1)
	run := run{event: event, seq: l.events[event].order, deadline: r.time(), reminded: allAges}
	flags := r.byte()
	run.matched, run.end = flags&1 != 0, How(r.index(int(Overflowed)))
	run.branches = uint32(r.count(2))
	for range run.branches {
		b := branch{r.index1(len(p.States) - 1), r.index1(len(l.nodes) - 1)}
		l.branches = append(l.branches, b)
		l.nodes[b.node].refs++
	}
	if flags&2 != 0 {
		run.lost = &lost{node: r.index1(len(l.nodes) - 1), deadline: r.time()}
		run.lost.waiting = r.steps(len(p.Steps))
		l.nodes[run.lost.node].refs++
	}
	l.events[event].refs++
	l.runs = append(l.runs, run)
}

func (l *live) addHeld(r *reader) {
	h := held{r.uvarint(), r.index1(len(l.nodes) - 1), r.time(), r.time()}
	l.held = append(l.held, h)
	l.nodes[h.node].refs++
	for i := range l.runs {
		if l.runs[i].seq == h.seq {
			l.runs[i].held++
			return
		}
	}
	if r.err == nil {
		r.b, r.err = nil, errLive
	}
}

func (r *reader) known(k *known) {
	k.latest, k.forgotten = r.time(), r.time()
	for n := r.count(2); n > 0; n-- {
		k.ended = append(k.ended, endedRun{seq: r.uvarint(), ended: r.time()})
	}
	k.until = k.latest
	for n := r.count(8 + 2); n > 0; n-- {
		k.spans = append(k.spans, span{print: r.uint64(), from: r.uvarint(), to: r.uvarint()})
	}
}

// consistent reports whether runs and what is remembered are in their order, and no event
// or node is there without being used.
func (l *live) consistent() bool {
	for i := range l.runs {
		r := &l.runs[i]
		if r.branches == 0 && r.held == 0 || i > 0 && l.runs[i-1].seq >= r.seq {
			return false
		}
	}
	for i := range l.known.ended {
		if i > 0 && l.known.ended[i-1].seq >= l.known.ended[i].seq {
			return false
		}
	}
	for i := range l.nodes[1:] {
		if l.nodes[i+1].refs == 0 {
			return false
		}
	}
	for i := range l.events[1:] {
		if l.events[i+1].refs == 0 {
			return false
		}
	}
	return !l.empty()
}
