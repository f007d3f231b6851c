package cep

import (
	"encoding/binary"
	"errors"
	"math"

	"ordertimeout/transforms/cep/program"
)

// append appends the encoding: the events, the nodes, each after the one before it, the
// runs, and what is remembered. Numbers of events and nodes are by their place in it.
func (l *live) append(b []byte) []byte {
	w := liveWriter{live: l, node: make([]uint32, len(l.nodes)), event: make([]uint32, len(l.events))}
	for i := range l.runs {
		w.addEvent(l.runs[i].event)
		if lost := l.runs[i].lost; lost != nil {
			w.addNode(lost.node)
		}
	}
	for _, b := range l.branches {
		w.addNode(b.node)
	}
	for i := range l.held {
		w.addNode(l.held[i].node)
	}
	b = w.appendRows(b)
	b = binary.LittleEndian.AppendUint32(append(b, machineVersion), l.mark)
	b = binary.AppendUvarint(b, l.order)
	b = binary.AppendUvarint(b, uint64(len(w.events)))
	for _, n := range w.events {
		b = l.events[n].append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(w.nodes)))
	for _, n := range w.nodes {
		node := &l.nodes[n]
		b = binary.AppendUvarint(b, uint64(w.event[node.event]))
		b = binary.AppendUvarint(b, uint64(w.node[node.prev]))
		b = binary.AppendUvarint(b, uint64(node.step))
	}
	b = w.appendRuns(b)
	return l.known.append(b)
}

// liveWriter numbers the nodes and events of a live state, from 1.
type liveWriter struct {
	live          *live
	node, event   []uint32
	nodes, events []uint32
}

func (w *liveWriter) addEvent(n uint32) {
	if w.event[n] == 0 {
		w.events = append(w.events, n)
		w.event[n] = uint32(len(w.events))
	}
}

func (w *liveWriter) addNode(n uint32) {
	start := len(w.nodes)
	for ; n != 0 && w.node[n] == 0; n = w.live.nodes[n].prev {
		w.nodes = append(w.nodes, n)
		w.node[n] = math.MaxUint32
		w.addEvent(w.live.nodes[n].event)
	}
	// They were found from the last to the first.
	for i, j := start, len(w.nodes)-1; i < j; i, j = i+1, j-1 {
		w.nodes[i], w.nodes[j] = w.nodes[j], w.nodes[i]
	}
	for i := start; i < len(w.nodes); i++ {
		w.node[w.nodes[i]] = uint32(i + 1)
	}
}

func (w *liveWriter) appendRuns(b []byte) []byte {
	l, from := w.live, 0
	b = binary.AppendUvarint(b, uint64(len(l.runs)))
	for i := range l.runs {
		r := &l.runs[i]
		b = binary.AppendUvarint(b, uint64(w.event[r.event]))
		b = binary.AppendVarint(b, r.deadline)
		b = append(b, flag(r.matched)|flag(r.lost != nil)<<1, byte(r.end))
		b = binary.AppendUvarint(b, uint64(r.branches))
		for _, branch := range l.branches[from : from+int(r.branches)] {
			b = binary.AppendUvarint(b, uint64(branch.state))
			b = binary.AppendUvarint(b, uint64(w.node[branch.node]))
		}
		from += int(r.branches)
		if r.lost != nil {
			b = binary.AppendUvarint(b, uint64(w.node[r.lost.node]))
			b = binary.AppendVarint(b, r.lost.deadline)
			b = binary.AppendUvarint(b, uint64(len(r.lost.waiting)))
			for _, s := range r.lost.waiting {
				b = binary.AppendUvarint(b, uint64(s))
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(l.held)))
	for i := range l.held {
		h := &l.held[i]
		b = binary.AppendUvarint(b, h.seq)
		b = binary.AppendUvarint(b, uint64(w.node[h.node]))
		b = binary.AppendVarint(b, h.endedAt)
		b = binary.AppendVarint(b, h.deadline)
	}
	return b
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func (s *stored) append(b []byte) []byte {
	b = binary.AppendUvarint(b, s.order)
	b = binary.AppendVarint(b, s.time)
	b = binary.AppendUvarint(b, s.ref)
	b = binary.LittleEndian.AppendUint64(b, s.print)
	b = binary.AppendUvarint(b, uint64(s.typ))
	b = binary.AppendUvarint(b, uint64(s.id-s.typ))
	b = binary.AppendUvarint(b, uint64(len(s.text)))
	return append(b, s.text...)
}

func (k *known) append(b []byte) []byte {
	b = binary.AppendVarint(b, k.latest)
	b = binary.AppendVarint(b, k.forgotten)
	b = binary.AppendUvarint(b, uint64(len(k.ended)))
	for _, r := range k.ended {
		b = binary.AppendVarint(binary.AppendUvarint(b, r.seq), r.ended)
	}
	b = binary.AppendUvarint(b, uint64(len(k.spans)))
	for _, s := range k.spans {
		b = binary.LittleEndian.AppendUint64(b, s.print)
		b = binary.AppendUvarint(binary.AppendUvarint(b, s.from), s.to)
	}
	return b
}

// errLive is the error of an encoding that no machine has written.
var errLive = errors.New("cep: state of the machine that contradicts itself")

// decodeLive reads the rest of a state of the machine.
func (p *Prog) decodeLive(r *reader) (State, []byte, error) {
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
	if r.err == nil && (!l.consistent() || r.rows != nil) {
		r.err = errLive
	}
	if r.err != nil {
		return State{}, nil, r.err
	}
	l.known.reindex()
	l.due = p.firstDue(l)
	var s State
	s.setLive(l)
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
	run := run{event: event, seq: l.events[event].order, first: l.events[event].time, deadline: r.time()}
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
		for n := r.count(1); n > 0; n-- {
			run.lost.waiting = append(run.lost.waiting, int(r.index(len(p.Steps)-1)))
		}
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
		k.ended = append(k.ended, endedRun{r.uvarint(), r.time()})
	}
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
