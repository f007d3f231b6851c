package cep

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The first byte of an encoded state is a version. Keep decoding the older ones: states
// outlive builds. Version 1 had no Ref. A state of the machine has a layout of its own.
// One with rows of a table begins with rowsVersion and says which events they are; behind
// that it is as any other. One of the machine has lifeVersion where it has something that
// only some settings know, and else machineVersion.
const (
	tableVersion   = 2
	machineVersion = 3
	rowsVersion    = 4
	lifeVersion    = 5
)

// AppendBinary appends the state's encoding to b and returns the extended
// buffer. The error is always nil (it is encoding.BinaryAppender's).
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	if s.lone() != nil {
		return s.appendLone(b), nil
	}
	if l := s.live(); l != nil {
		return l.append(b), nil
	}
	b = s.appendRows(b)
	b = append(b, tableVersion)
	b = binary.AppendUvarint(b, uint64(s.taken()))
	if s.running() {
		b = s.first.append(b)
	}
	rest := s.rest()
	for i := range rest {
		b = rest[i].append(b)
	}
	if s.more != nil && s.more.rest != nil {
		b = s.more.rest.duplicates.append(b)
	} else {
		b = append(b, 0)
	}
	if !s.ended.known() {
		return append(b, 0), nil
	}
	later := s.later.all()
	b = binary.AppendUvarint(b, uint64(1+len(later)))
	b = s.ended.append(b)
	for i := range later {
		b = later[i].append(b)
	}
	return b, nil
}

func (k *kept) append(b []byte) []byte {
	b = binary.AppendVarint(b, k.time)
	b = binary.AppendUvarint(b, uint64(k.id))
	b = append(b, k.text[:k.id]...)
	b = binary.AppendUvarint(b, uint64(len(k.text)-int(k.id)))
	b = append(b, k.text[k.id:]...)
	b = binary.AppendUvarint(b, k.ref)
	return binary.LittleEndian.AppendUint64(b, k.print)
}

func (p *past) append(b []byte) []byte {
	return p.prints.append(binary.AppendVarint(b, p.ended))
}

// DecodeState reads a state at the start of b and returns it with the rest of b.
// The state shares no memory with b. A state that cannot be one of the program is an
// error, as is a truncated or unknown encoding.
func (p *Prog) DecodeState(b []byte) (State, []byte, error) {
	r := reader{b: b}
	version := r.byte()
	if version == rowsVersion {
		if r.readRows(); r.err == nil {
			version = r.byte()
		}
	}
	switch {
	case r.err != nil:
		return State{}, nil, r.err
	case version < 1 || version > lifeVersion || version == rowsVersion:
		return State{}, nil, fmt.Errorf("cep: state has version %d: want 1 to %d", version, lifeVersion)
	case version == machineVersion || version == lifeVersion:
		return p.decodeLive(&r, version)
	default:
		return p.decodeLinear(&r, version)
	}
}

// decodeLinear reads the rest of a state of the table.
func (p *Prog) decodeLinear(r *reader, version byte) (State, []byte, error) {
	var s State
	for n := r.count(1 + 1 + 1 + 8); n > 0; n-- {
		k := r.kept(version)
		if r.err == nil && k.print == 0 {
			r.err = errNoPrint
		}
		k.row = r.nextIsRow()
		s.take(k)
	}
	if d := r.prints(); d.len() > 0 {
		s.addRest().duplicates = d
	}
	for n := r.count(1 + 1); n > 0; n-- {
		p := past{r.varint(), r.prints()}
		if r.err == nil && !p.known() {
			r.err = errNoPrint
		}
		s.remember(p)
	}
	if r.err == nil && r.rows != nil {
		r.err = errRows
	}
	if r.err == nil && !s.valid() {
		r.err = errors.New("cep: state with a time out of range")
	}
	if r.err != nil {
		return State{}, nil, r.err
	}
	if n := s.taken(); n >= len(p.places) {
		return State{}, nil, fmt.Errorf("cep: state with an open run of %d events: want fewer than the pattern's %d steps", n, len(p.places))
	}
	if p.linear == nil && !s.Empty() {
		if !p.tabled {
			return State{}, nil, errors.New("cep: state of a pattern that is run by the table: want one of the machine")
		}
		p.toMachine(&s, p.within)
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
	ok := ValidTime(s.first.time) && ValidTime(s.ended.ended)
	for _, k := range s.rest() {
		ok = ok && ValidTime(k.time)
	}
	for _, p := range s.later.all() {
		ok = ok && ValidTime(p.ended)
	}
	return ok
}

// errNoPrint is the error of an event or an ended run without a fingerprint, which
// no state has.
var errNoPrint = errors.New("cep: state without a fingerprint")

// errTruncated is the error of an encoding that ends before it should.
var errTruncated = errors.New("cep: truncated state")

// reader takes values from the front of b. After an error it gives zero values.
type reader struct {
	b    []byte
	err  error
	rows []byte // see readRows
	read int    // how many events were read
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

func (r *reader) uint32() uint32 {
	if len(r.b) < 4 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
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

func (r *reader) kept(version byte) kept {
	k := kept{time: r.varint()}
	id := r.bytes()
	k.id = uint32(len(id))
	k.text = string(id) + string(r.bytes())
	if version > 1 {
		k.ref = r.uvarint()
	}
	k.print = r.uint64()
	return k
}
