package cep

import (
	"math"
	"slices"
)

// known is by which events the machine tells a redelivery: those that a run has taken that
// is open, or that has ended and is remembered. An event that many runs have taken stands
// in it once, with the first and the last of them: the runs of a span.
type known struct {
	spans     []span
	index     map[uint64]uint32 // the last span of each print, by its place plus one; nil where they are few
	ended     []endedRun        // in the order of seq
	latest    int64             // the place of the end that was last
	until     int64             // the largest endedRun.until
	forgotten int64             // runs whose until is before it are forgotten
	swept     int               // how many runs a look at all of them has left
}

// span says that the runs from, to, and those between that were open then, know a print.
type span struct {
	print    uint64
	from, to uint64 // seqs
	prev     uint32 // the span before of the same print, by its place plus one; zero: none
}

// endedRun is a run that is remembered.
type endedRun struct {
	seq   uint64
	ended int64 // in place in time
	// extra is for how much longer than others it is remembered, or shorter: where it has a
	// window of its own.
	extra int64
}

// until returns the place at which the run counts as having ended: it is remembered from there
// on, for as long as every run is.
func (r *endedRun) until() int64 { return r.ended + r.extra }

// add notes that a run knows a print. before is the seq of the open run before it, zero
// without one. Runs are to add a print in their order.
func (k *known) add(print, seq, before uint64) {
	last := k.find(print)
	if last != 0 {
		// All runs between the span and this one have ended, and this one will end no earlier.
		// So it changes nothing that the span has them, too.
		if s := &k.spans[last-1]; s.to >= before {
			s.to = max(s.to, seq)
			return
		}
	}
	k.addSpan(print, seq, last)
}

// addSpan adds a span of one run. last is the one before of the same print.
func (k *known) addSpan(print, seq uint64, last uint32) {
	k.spans = append(k.spans, span{print, seq, seq, last})
	switch {
	case k.index != nil:
		k.index[print] = uint32(len(k.spans))
	case len(k.spans) >= indexFrom:
		k.reindex()
	}
}

// addEnded notes that a run that has ended knows a print, if it is remembered.
func (k *known) addEnded(print, seq uint64) {
	if _, ok := slices.BinarySearchFunc(k.ended, seq, func(r endedRun, seq uint64) int { return compareSeq(r.seq, seq) }); !ok {
		return
	}
	k.addSpan(print, seq, k.find(print))
}

// find returns the last span of a print, by its place plus one; zero: none.
func (k *known) find(print uint64) uint32 {
	if k.index != nil {
		return k.index[print]
	}
	for i := len(k.spans) - 1; i >= 0; i-- {
		if k.spans[i].print == print {
			return uint32(i + 1)
		}
	}
	return 0
}

func (k *known) reindex() {
	k.index = nil
	if len(k.spans) < indexFrom {
		last := map[uint64]uint32{}
		for i := range k.spans {
			s := &k.spans[i]
			s.prev = last[s.print]
			last[s.print] = uint32(i + 1)
		}
		return
	}
	k.index = make(map[uint64]uint32, len(k.spans))
	for i := range k.spans {
		s := &k.spans[i]
		s.prev = k.index[s.print]
		k.index[s.print] = uint32(i + 1)
	}
}

// knows reports whether an open or a remembered run knows a print.
func (k *known) knows(print uint64, runs []run) bool {
	for i := k.find(print); i != 0; i = k.spans[i-1].prev {
		if k.alive(&k.spans[i-1], runs) {
			return true
		}
	}
	return false
}

// alive reports whether a run of a span is open or remembered.
func (k *known) alive(s *span, runs []run) bool {
	i, _ := slices.BinarySearchFunc(runs, s.from, func(r run, seq uint64) int { return compareSeq(r.seq, seq) })
	if i < len(runs) && runs[i].seq <= s.to {
		return true
	}
	i, _ = slices.BinarySearchFunc(k.ended, s.from, func(r endedRun, seq uint64) int { return compareSeq(r.seq, seq) })
	for ; i < len(k.ended) && k.ended[i].seq <= s.to; i++ {
		if k.ended[i].until() >= k.forgotten {
			return true
		}
	}
	return false
}

func compareSeq(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// end remembers a run that has ended at a place in time, for extra longer than others.
func (k *known) end(seq uint64, at, extra int64) {
	if len(k.ended) == 0 {
		k.latest, k.until = at, at+extra
	}
	k.latest, k.until = max(k.latest, at), max(k.until, at+extra)
	i, _ := slices.BinarySearchFunc(k.ended, seq, func(r endedRun, seq uint64) int { return compareSeq(r.seq, seq) })
	k.ended = slices.Insert(k.ended, i, endedRun{seq, at, extra})
}

// shift moves what is remembered to a program that remembers for so much shorter: each run is
// remembered for as long as before.
func (k *known) shift(by int64) {
	for i := range k.ended {
		k.ended[i].extra += by
	}
	if k.until += by; k.forgotten != math.MinInt64 {
		k.forgotten += by
	}
}

// endedSince reports whether a remembered run ended at a time or after it, of a pattern that
// has one run at a time: they have ended in their order.
func (k *known) endedSince(time int64) bool {
	for _, r := range slices.Backward(k.ended) {
		switch {
		case r.ended < time:
			return false
		case r.until() >= k.forgotten:
			return true
		}
	}
	return false
}

// forget forgets the runs that ended before a place in time. Their memory is given back
// once half of what is there can go.
func (k *known) forget(before int64, runs []run) {
	if len(k.ended) == 0 || before <= k.forgotten {
		return
	}
	k.forgotten = before
	if len(runs) == 0 && k.until < before {
		*k = known{forgotten: math.MinInt64}
		return
	}
	kept := k.ended[0].until() >= before || k.ended[len(k.ended)/2].until() >= before
	if kept && (k.until == k.latest || len(k.ended) <= 2*k.swept+indexFrom) {
		return
	}
	k.ended = slices.DeleteFunc(k.ended, func(r endedRun) bool { return r.until() < before })
	k.swept = len(k.ended)
	k.spans = slices.DeleteFunc(k.spans, func(s span) bool { return !k.alive(&s, runs) })
	if cap(k.spans) > indexFrom && len(k.spans) < cap(k.spans)/8 {
		k.spans = slices.Clone(k.spans)
	}
	k.reindex()
}
