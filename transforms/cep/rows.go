package cep

import (
	"encoding/binary"
	"errors"
)

// Which events of a state are rows of a table stands before the rest of its encoding, and
// only where there are some: a bit for each event, in the order in which they follow.

// appendRows appends the bits of a table's state, if it has rows.
func (s *State) appendRows(b []byte) []byte {
	if !s.running() {
		return b
	}
	rest := s.rest()
	return appendBits(b, 1+len(rest), func(i int) bool {
		if i == 0 {
			return s.first.row
		}
		return rest[i-1].row
	})
}

// appendRows appends the bits of a machine's state, if it has rows.
func (w *liveWriter) appendRows(b []byte) []byte {
	return appendBits(b, len(w.events), func(i int) bool { return w.live.events[w.events[i]].row })
}

// appendBits appends the version and the bits of n events, unless none is a row. The last
// byte is never zero.
func appendBits(b []byte, n int, isRow func(int) bool) []byte {
	last := n - 1
	for last >= 0 && !isRow(last) {
		last--
	}
	if last < 0 {
		return b
	}
	b = binary.AppendUvarint(append(b, rowsVersion), uint64(last/8+1))
	start := len(b)
	b = append(b, make([]byte, last/8+1)...)
	for i := range last + 1 {
		if isRow(i) {
			b[start+i/8] |= 1 << (i % 8)
		}
	}
	return b
}

// errRows is the error of bits that no state has.
var errRows = errors.New("cep: state with rows that are not among its events")

// readRows reads the bits of the events to come.
func (r *reader) readRows() {
	rows := r.bytes()
	if r.err == nil && (len(rows) == 0 || rows[len(rows)-1] == 0) {
		r.b, r.err = nil, errRows
	}
	r.rows = rows
}

// nextIsRow reports whether the event that was just read is a row.
func (r *reader) nextIsRow() bool {
	if r.rows == nil {
		return false
	}
	i := r.read
	r.read++
	bits := r.rows[i/8] >> (i % 8)
	if bits <= 1 && i/8 == len(r.rows)-1 {
		r.rows = nil // that was the last one
	}
	return bits&1 != 0
}
