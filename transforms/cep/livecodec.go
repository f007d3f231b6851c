package cep

import (
	"encoding/binary"
	"math"
)

// append appends the encoding: the events, the nodes, each after the one before it, the
// runs, what is remembered, and what only some settings know (see lifecodec.go), if there
// is any of it. Numbers of events and nodes are by their place in it.
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
	for i := range l.alerts() {
		w.addNode(l.alerts()[i].node)
	}
	b = w.appendRows(b)
	version := byte(machineVersion)
	bits, life := l.life()
	if life {
		version = lifeVersion
	}
	b = binary.LittleEndian.AppendUint32(append(b, version), l.mark)
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
	b = l.known.append(w.appendRuns(b))
	if life {
		b = w.appendLife(b, bits)
	}
	return b
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
			b = appendSteps(b, r.lost.waiting)
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
	for _, r := range k.ended { // their extra stands with what few states have
		b = binary.AppendVarint(binary.AppendUvarint(b, r.seq), r.ended)
	}
	b = binary.AppendUvarint(b, uint64(len(k.spans)))
	for _, s := range k.spans {
		b = binary.LittleEndian.AppendUint64(b, s.print)
		b = binary.AppendUvarint(binary.AppendUvarint(b, s.from), s.to)
	}
	return b
}
