package files

import "ordertimeout/transforms/connect/files/bookmark"

// past has what a file begins with, and what was read of it last, for its bookmark. The bytes
// are in the buffers of lines, which nobody writes to again. It keeps nothing until keep is
// set.
type past struct {
	keep bool
	head []byte // the first bytes, up to bookmark.Most; nil while they are in buffer

	buffer []byte // the buffer that is being filled, as a whole
	at     int64  // the offset of its first byte
	before []span // buffers before it, the oldest first
}

// span is what lies at an offset.
type span struct {
	at   int64
	data []byte
}

func (s span) end() int64 { return s.at + int64(len(s.data)) }

// seed gives what a file begins with, and what was read of it before an offset.
func (p *past) seed(head, tail []byte, offset int64) {
	p.head, p.at = head, offset
	p.before = []span{{offset - int64(len(tail)), tail}}
}

// turn takes note of a new buffer, which begins with what is at an offset.
func (p *past) turn(offset int64, data []byte) {
	if !p.keep {
		return
	}
	if p.buffer != nil {
		p.before = append(p.before, span{p.at, p.buffer[:offset-p.at]})
		p.begin(offset + int64(len(data)))
	}
	p.buffer, p.at = data[:cap(data)], offset
}

// drop is turn where what was read before the offset is not kept, as it is of a line that
// is too long to be one.
func (p *past) drop(offset int64, data []byte) {
	if !p.keep {
		return
	}
	p.begin(offset)
	p.before = nil
	p.buffer, p.at = data[:cap(data)], offset
}

// begin takes what the file begins with from the buffer that goes, which is read up to an
// offset.
func (p *past) begin(read int64) {
	if p.head == nil {
		p.head = p.buffer[:min(read-p.at, bookmark.Most)]
	}
}

// first returns what the file begins with; read is the offset up to which it was read.
func (p *past) first(read int64) []byte {
	if p.head != nil || p.buffer == nil {
		return p.head
	}
	return p.buffer[:min(read, bookmark.Most)]
}

// last returns what lies before an offset, up to bookmark.Most bytes, and forgets what is
// before that.
func (p *past) last(offset int64) []byte {
	from := offset - bookmark.Most
	for len(p.before) > 0 && p.before[0].end() <= from {
		p.before = p.before[1:]
	}
	if from >= p.at && p.buffer != nil {
		return p.buffer[from-p.at : offset-p.at]
	}
	var tail []byte
	for _, s := range p.before {
		if end := min(s.end(), offset); end > max(s.at, from) {
			tail = append(tail, s.data[max(from-s.at, 0):end-s.at]...)
		}
	}
	if offset > p.at {
		tail = append(tail, p.buffer[:offset-p.at]...)
	}
	return tail
}
