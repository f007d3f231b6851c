package windowfile

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
)

// A part is some of the lines of a file, as one value: a runner's cost is by the
// value, and parts are small as JSON compresses well. It begins with a version, the
// time and number that order the parts of a file, and the number of its lines; then
// come the lines and their Refs, compressed.
const (
	partVersion = 1
	headSize    = 1 + 8 + 4 + 4
	// maxBody bounds the size of a part before compression, so that a broken one
	// does not ask for more memory than this.
	maxBody = 1 << 30
)

// part is an encoded part. Only its head was read.
type part struct {
	at     int64  // its smallest element time in milliseconds
	number uint32 // among the parts of its bundle
	lines  uint32
	packed []byte
}

// builder makes parts. The zero value is an empty one.
type builder struct {
	at    int64
	lines uint32
	body  []byte
}

// add appends a line, with the time of its element.
func (b *builder) add(at int64, line []byte, refs []uint64) {
	if b.lines == 0 || at < b.at {
		b.at = at
	}
	b.lines++
	b.body = binary.AppendUvarint(b.body, uint64(len(line)))
	b.body = append(b.body, line...)
	b.body = binary.AppendUvarint(b.body, uint64(len(refs)))
	for _, ref := range refs {
		b.body = binary.AppendUvarint(b.body, ref)
	}
}

// part encodes what was added, and empties b, which keeps its memory.
func (b *builder) part(number uint32) []byte {
	buf := make([]byte, headSize, headSize+s2.MaxEncodedLen(len(b.body)))
	buf[0] = partVersion
	binary.LittleEndian.PutUint64(buf[1:], uint64(b.at))
	binary.LittleEndian.PutUint32(buf[9:], number)
	binary.LittleEndian.PutUint32(buf[13:], b.lines)
	packed := s2.Encode(buf[headSize:cap(buf)], b.body)
	*b = builder{body: b.body[:0]}
	return slices.Clone(buf[:headSize+len(packed)])
}

// readHead returns a part without looking at its lines.
func readHead(data []byte) (part, error) {
	if len(data) < headSize || data[0] != partVersion {
		return part{}, fmt.Errorf("windowfile: part of %d bytes, version %d: want version %d and a head", len(data), first(data), partVersion)
	}
	return part{
		at:     int64(binary.LittleEndian.Uint64(data[1:])),
		number: binary.LittleEndian.Uint32(data[9:]),
		lines:  binary.LittleEndian.Uint32(data[13:]),
		packed: data[headSize:],
	}, nil
}

func first(data []byte) byte {
	if len(data) == 0 {
		return 0
	}
	return data[0]
}

// compare orders the parts of a file by time. The parts of one bundle have the same time
// and stay in the order in which they were made. So what came sorted, as open orders do,
// stays sorted.
func compare(a, b part) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number))
}

// each calls f with the lines of a part, which live until the next call of each
// with the same scratch.
func (p part) each(scratch *[]byte, f func(line []byte, refs []uint64) error) error {
	n, err := s2.DecodedLen(p.packed)
	if err != nil || n > maxBody {
		return fmt.Errorf("windowfile: part of size %d (%v): want at most %d", n, err, maxBody)
	}
	if n > cap(*scratch) {
		*scratch = make([]byte, n)
	}
	body, err := s2.Decode((*scratch)[:cap(*scratch)], p.packed)
	if err != nil {
		return fmt.Errorf("windowfile: part: %w", err)
	}
	d := decoder{body: body}
	for range p.lines {
		line := d.bytes(d.uvarint())
		var refs []uint64
		for n := d.uvarint(); n > 0 && !d.broken; n-- {
			refs = append(refs, d.uvarint())
		}
		if d.broken {
			return fmt.Errorf("windowfile: part breaks off at byte %d", len(body)-len(d.body))
		}
		if err := f(line, refs); err != nil {
			return err
		}
	}
	if len(d.body) > 0 {
		return fmt.Errorf("windowfile: part has %d bytes behind its lines", len(d.body))
	}
	return nil
}

// decoder reads the body of a part. What it returns is nothing once it is broken.
type decoder struct {
	body   []byte
	broken bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.body)
	if n <= 0 || d.broken {
		d.broken = true
		return 0
	}
	d.body = d.body[n:]
	return v
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.body)) || d.broken {
		d.broken = true
		return nil
	}
	b := d.body[:n]
	d.body = d.body[n:]
	return b
}
