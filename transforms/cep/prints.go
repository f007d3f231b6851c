package cep

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// fingerprint is a hash of what makes two events of a key the same one: the type
// and the id, or without an id the bytes, see Config.Timeless. It is never zero. It is
// stored in states, so it must be the same in every process and build.
func (p *Prog) fingerprint(e *Event) uint64 {
	var d xxhash.Digest
	d.Reset()
	var n [binary.MaxVarintLen64 + 1]byte
	switch {
	case e.ID != "":
		n[0] = 1 // an id never equals bytes
	case p.timeless:
		n[0] = 2
	}
	d.Write(binary.AppendUvarint(n[:1], uint64(len(e.Type))))
	d.WriteString(e.Type)
	if e.ID != "" {
		d.WriteString(e.ID)
	} else {
		if p.timeless {
			d.Write(binary.BigEndian.AppendUint64(n[:0], uint64(e.Time)))
		}
		d.Write(e.Data)
	}
	return max(d.Sum64(), 1)
}

// printSet is a set of fingerprints. Nearly all have one or two members, which
// stand in the set itself: there is one for every order that is remembered.
type printSet struct {
	few  [2]uint64 // zero: no member
	more *manyPrints
}

// manyPrints are the third member of a set and all after it: a slice, with an
// index once searching it would be felt.
type manyPrints struct {
	list  []uint64
	index map[uint64]struct{}
}

// indexFrom is the number of prints from which there is an index of them.
const indexFrom = 64

func (s *printSet) has(print uint64) bool {
	return s.few[0] == print || s.few[1] == print || s.more != nil && s.more.has(print)
}

func (m *manyPrints) has(print uint64) bool {
	if m.index != nil {
		_, ok := m.index[print]
		return ok
	}
	for _, p := range m.list {
		if p == print {
			return true
		}
	}
	return false
}

func (s *printSet) add(print uint64) {
	switch {
	case s.has(print):
	case s.few[0] == 0:
		s.few[0] = print
	case s.few[1] == 0:
		s.few[1] = print
	default:
		if s.more == nil {
			s.more = new(manyPrints)
		}
		s.more.add(print)
	}
}

func (m *manyPrints) add(print uint64) {
	m.list = append(m.list, print)
	switch {
	case m.index != nil:
		m.index[print] = struct{}{}
	case len(m.list) >= indexFrom:
		m.index = make(map[uint64]struct{}, 2*indexFrom)
		for _, p := range m.list {
			m.index[p] = struct{}{}
		}
	}
}

func (s *printSet) len() int {
	n := 0
	for _, p := range s.few {
		if p != 0 {
			n++
		}
	}
	if s.more != nil {
		n += len(s.more.list)
	}
	return n
}

// all calls f with each member.
func (s *printSet) all(f func(print uint64) bool) {
	for _, p := range s.few {
		if p != 0 && !f(p) {
			return
		}
	}
	if s.more == nil {
		return
	}
	for _, p := range s.more.list {
		if !f(p) {
			return
		}
	}
}

// append appends the set's encoding: its size and its members.
func (s *printSet) append(b []byte) []byte {
	n := s.len()
	b = binary.AppendUvarint(b, uint64(n))
	for i := range min(n, len(s.few)) {
		b = binary.LittleEndian.AppendUint64(b, s.few[i])
	}
	if s.more != nil {
		for _, p := range s.more.list {
			b = binary.LittleEndian.AppendUint64(b, p)
		}
	}
	return b
}
