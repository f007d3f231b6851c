package cep

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// stateVersion is the first byte of an encoded state. Increase it when the
// layout changes, and keep decoding the older ones: states outlive builds.
// Version 1 had no Ref.
const stateVersion = 2

// AppendBinary appends the state's encoding to b and returns the extended
// buffer. The error is always nil (it is encoding.BinaryAppender's).
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, stateVersion)
	b = binary.AppendUvarint(b, uint64(s.taken))
	if s.taken > 0 {
		b = s.first.append(b)
	}
	for i := range s.rest {
		b = s.rest[i].append(b)
	}
	if s.duplicates != nil {
		b = s.duplicates.append(b)
	} else {
		b = append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(s.past)))
	for i := range s.past {
		b = binary.AppendVarint(b, s.past[i].ended)
		b = s.past[i].prints.append(b)
	}
	return b, nil
}

func (t *Taken) append(b []byte) []byte {
	b = binary.AppendVarint(b, t.Time)
	b = binary.AppendUvarint(b, uint64(len(t.ID)))
	b = append(b, t.ID...)
	b = binary.AppendUvarint(b, uint64(len(t.Data)))
	b = append(b, t.Data...)
	b = binary.AppendUvarint(b, t.Ref)
	return binary.LittleEndian.AppendUint64(b, t.print)
}

// DecodeState reads a state at the start of b and returns it with the rest of b.
// The state shares no memory with b. steps is the number of the pattern's steps;
// a state that cannot be one of such a pattern is an error, as is a truncated or
// unknown encoding.
func DecodeState(b []byte, steps int) (State, []byte, error) {
	var s State
	r := reader{b: b}
	version := r.byte()
	if r.err == nil && (version < 1 || version > stateVersion) {
		return s, nil, fmt.Errorf("cep: state has version %d: want 1 to %d", version, stateVersion)
	}
	for n := r.count(1 + 1 + 1 + 8); n > 0; n-- {
		t := Taken{Time: r.varint(), ID: string(r.bytes())}
		t.Data = append([]byte{}, r.bytes()...)
		if version > 1 {
			t.Ref = r.uvarint()
		}
		t.print = r.uint64()
		s.take(t)
	}
	if d := r.prints(); d.len() > 0 {
		s.duplicates = &d
	}
	for n := r.count(1 + 1); n > 0; n-- {
		s.past = append(s.past, past{r.varint(), r.prints()})
	}
	if r.err == nil && !s.valid() {
		r.err = errors.New("cep: state with a time out of range")
	}
	if r.err != nil {
		return State{}, nil, r.err
	}
	if s.taken >= steps {
		return State{}, nil, fmt.Errorf("cep: state with an open run of %d events: want fewer than the pattern's %d steps", s.taken, steps)
	}
	return s, r.b, nil
}

// maxTime bounds times in milliseconds, so that adding a duration to one cannot
// overflow: a time.Duration is less than 2^44 ms.
const maxTime int64 = 1 << 60

// ValidTime reports whether t is a time that the engine can work with. Those of
// real events are, by far; only a broken encoding has others.
func ValidTime(t int64) bool { return -maxTime <= t && t <= maxTime }

func (s *State) valid() bool {
	for i := range s.rest {
		if !ValidTime(s.rest[i].Time) {
			return false
		}
	}
	if !ValidTime(s.first.Time) {
		return false
	}
	for i := range s.past {
		if !ValidTime(s.past[i].ended) {
			return false
		}
	}
	return true
}

// errTruncated is the error of an encoding that ends before it should.
var errTruncated = errors.New("cep: truncated state")

// reader takes values from the front of b. After an error it gives zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	r.b, r.err = nil, errTruncated
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uint64() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// count reads a number of items that take at least size bytes each, so that a
// broken count cannot ask for more memory than there are bytes.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count(1)
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) prints() printSet {
	var s printSet
	n := r.count(8)
	for range n {
		s.add(r.uint64())
	}
	return s
}
