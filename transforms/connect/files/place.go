package files

import (
	"errors"
	"io"

	"ordertimeout/transforms/connect/files/bookmark"
)

// place is how far an input was read and handed out, for its bookmark.
type place struct {
	number        int    // of the input
	path          string // "": the input is not there
	known         bool   // else it is where it was when the run began
	past          bool   // it is of a part that is read, and the input is at another one
	offset, lines int64
	inside        bool // the offset is inside of a line that is too long
	ended         bool
	stat          bookmark.Stat
	head, tail    []byte // nobody writes to them
}

// move takes note that the place of an input has changed.
func (s *session) move(in *input) {
	if in.lines.past.keep && !in.moved {
		in.moved = true
		s.moved = append(s.moved, in)
	}
}

// takePlaces returns the places that have changed.
func (s *session) takePlaces() (places []place) {
	for _, in := range s.moved {
		in.moved = false
		places = append(places, in.placed())
	}
	s.moved = s.moved[:0]
	places, s.finished = append(s.finished, places...), nil
	return places
}

// placed returns the place of an input, with what is around it.
func (in *input) placed() place {
	p, past := &in.place, &in.lines.past
	p.number, p.path, p.known = in.number, in.current(), true
	if tail := in.stream.tail; tail != nil && tail.file == nil && p.offset == 0 {
		p.path = ""
	}
	p.head, p.tail = past.first(in.lines.offset+int64(len(in.lines.data))), past.last(p.offset)
	if !p.ended {
		in.look()
	}
	return *p
}

// current returns the path of what is read of an input.
func (in *input) current() string {
	if in.parts != nil {
		return in.parts.current
	}
	return in.path
}

// finish takes note that a part of an input was read to its end, and that another one
// follows. Files that have had the name since, for a short while, go before what has it now.
func (s *session) finish(in *input) (err error) {
	p := in.placed()
	p.past = true
	s.finished = append(s.finished, p)
	s.move(in)
	in.parts.read = append(in.parts.read[max(0, len(in.parts.read)-maxParts):], p.bookmark())
	if tail := in.stream.tail; tail != nil && tail.renamed {
		in.parts.rotated, err = partsSince(in.parts.read, in.path, s.config.Others)
	}
	return err
}

// bookmark returns the bookmark of a place.
func (p *place) bookmark() bookmark.File {
	return bookmark.File{
		Path: p.path, Stat: p.stat, Offset: p.offset, Lines: p.lines, Inside: p.inside, Ended: p.ended,
		Head: bookmark.PrintOf(p.head), Tail: bookmark.PrintOf(p.tail),
	}
}

// takeOver takes over the places of a block that is handed out.
func (s *session) takeOver(places []place) {
	for _, p := range places {
		if p.past {
			s.past = append(s.past, p)
		} else {
			s.places[p.number] = p
		}
	}
}

// end takes note that an input was read to its end. What was appended since that end was
// met, as while the last events waited for their turn, is not taken for read.
func (in *input) end() {
	in.place.ended = true
	in.look()
	if w := in.stream.whole; w != nil {
		in.place.stat.Size = min(in.place.stat.Size, w.read)
	}
}

// look takes note of what the system says of an input.
func (in *input) look() {
	local := in.stream.local
	if tail := in.stream.tail; tail != nil {
		local, in.place.stat = tail.file, tail.info
	}
	if local == nil {
		return
	}
	if info, err := local.Stat(); err == nil {
		in.place.stat = bookmark.StatOf(info)
	}
}

// bookmark returns where the log is, as of the last block handed out.
func (s *session) bookmark() bookmark.Log {
	l := bookmark.Log{Begun: s.now.begun, Largest: s.now.largest}
	if s.config.Resume != nil {
		l.Files = append(l.Files, s.config.Resume.Past...)
	}
	for n, p := range s.places {
		if from := s.config.Resume.of(n); !p.known && from != nil {
			l.Files = append(l.Files, *from)
		}
	}
	for _, p := range append(s.past[:len(s.past):len(s.past)], s.places...) {
		if p.path != "" {
			l.Files = append(l.Files, p.bookmark())
		}
	}
	return l
}

// goOn lets an input go on behind what was read of it before.
func (s *session) goOn(in *input, from *bookmark.File, buffer int) error {
	if from.Offset == 0 {
		return nil
	}
	f := in.stream
	if in.lines.started || f.local == nil || len(in.lines.data) > 0 { // its beginning was read
		f.Close()
		again, err := open(s.ctx, &s.remote, in.path, s.progress)
		if err != nil {
			return plainText(err)
		}
		f, in.stream = again, again
	}
	head, tail, err := f.skip(from)
	if err != nil {
		return err
	}
	l := &lines{r: f, split: in.lines.split, buffer: buffer, offset: from.Offset, line: from.Lines, started: true, skip: from.Inside}
	l.past.keep = in.lines.past.keep
	l.past.seed(head, tail, from.Offset)
	in.lines = l
	in.place.offset, in.place.lines, in.place.inside = from.Offset, from.Lines, from.Inside
	return nil
}

// skip skips what was read before, and returns what the input begins with, and the last
// bytes before that offset. It fails where the file is not the one that was looked at: the
// name may have been given to another one since.
func (s *stream) skip(from *bookmark.File) (head, tail []byte, err error) {
	offset, keep := from.Offset, from.Tail.Bytes
	head = make([]byte, min(offset, bookmark.Most))
	if s.seeks() {
		n, readErr := s.local.ReadAt(head[:cap(head)], 0)
		if head = head[:n]; readErr != nil && readErr != io.EOF {
			return nil, nil, readErr
		}
		tail, err = bookmark.Skip(s.local, offset, int(keep))
		s.whole.read = offset
	} else {
		if _, err = io.ReadFull(s, head); err == nil {
			tail, err = skipBehind(s, head, offset, int(keep))
		}
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errors.New("it has become shorter since it was looked at")
	}
	if err == nil && bookmark.PrintOf(tail) != from.Tail {
		err = errors.New("it has become another file since it was looked at: start the run again")
	}
	return head, tail, err
}

// skipBehind is bookmark.Skip where the head was read.
func skipBehind(r io.Reader, head []byte, offset int64, keep int) ([]byte, error) {
	read := int64(len(head))
	if before := offset - int64(keep); before > read {
		return bookmark.Skip(r, offset-read, keep)
	}
	rest := make([]byte, offset-read)
	if _, err := io.ReadFull(r, rest); len(rest) > 0 && err != nil {
		return nil, err
	}
	all := append(append(make([]byte, 0, offset), head...), rest...)
	return all[offset-int64(keep):], nil
}

// seeks reports whether the input is a file as it stands, which one can seek in.
func (s *stream) seeks() bool { return s.local != nil && !s.packed }
