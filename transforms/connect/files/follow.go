package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ordertimeout/transforms/connect/files/bookmark"
	"ordertimeout/transforms/connect/fsys"
	"ordertimeout/transforms/order"
)

// errDry says that there is nothing to read of a followed file now. Reading it again may
// give something.
var errDry = errors.New("nothing to read now")

const (
	// pollEvery is how often followed files are looked at that have had nothing to read.
	pollEvery = 50 * time.Millisecond
	// rotationTime is how long a file is read on that has lost its name: its writer may
	// not know yet.
	rotationTime = time.Second
)

// growing reads a file as tail -F does: as it grows, and on with another one that takes its
// name, once the former is read to its end. A file that is not there, or that is a folder,
// is waited for. Looking at it four times a tenth of a second costs less than it is worth to
// be told by the system, which cannot tell of all file systems.
type growing struct {
	path string

	file    *os.File // nil: it is not open
	info    bookmark.Stat
	read    int64     // bytes of the file
	gone    time.Time // since when the file has lost its name; zero: it has not
	renamed bool      // the file that was read last had lost its name
	arrived time.Time // when something was read last
}

// Read implements io.Reader. It gives errDry where there is nothing now, and io.EOF once the
// file has lost its name, or has become shorter, and is read to its end: the next Read is of
// the one that has the name by then.
func (f *growing) Read(p []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Read(p)
	f.read += int64(n)
	switch {
	case n > 0:
		f.arrived, f.gone = time.Now(), time.Time{}
		return n, nil
	case err != nil && err != io.EOF:
		return 0, err
	}
	return 0, f.atEnd()
}

// open opens the file, if there is one.
func (f *growing) open() error {
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return errDry
	}
	if err == nil {
		f.file, err = os.Open(f.path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return errDry
	}
	if err == nil {
		info, err = f.file.Stat()
	}
	if err != nil {
		return plainText(err)
	}
	f.info, f.read, f.gone = bookmark.StatOf(info), 0, time.Time{}
	return nil
}

// atEnd says what comes behind the end of the file.
func (f *growing) atEnd() error {
	info, err := os.Stat(f.path)
	switch {
	case err == nil && info.Mode().IsRegular() && bookmark.StatOf(info).SameFile(f.info):
		f.gone = time.Time{}
		if info.Size() >= f.read {
			return errDry
		}
		f.renamed = false
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return plainText(err)
	case f.gone.IsZero():
		f.gone = time.Now()
		return errDry
	case time.Since(f.gone) < rotationTime:
		return errDry
	default:
		f.renamed = true
	}
	if info, err := f.file.Stat(); err == nil {
		f.info = bookmark.StatOf(info)
	}
	f.file.Close() // of what was only read there is nothing to lose
	f.file = nil
	return io.EOF
}

// Close closes the file.
func (f *growing) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// parts are what a followed input is made of: files that were rotated away while nobody read
// them, and then the one that has the name.
type parts struct {
	rotated []string // that are still to be read
	current string   // the one that is read
	tail    *growing
	read    []bookmark.File // that are read, the last one as the last
}

// maxParts is of how many parts it is known that they are read.
const maxParts = 100

// nextPart lets a followed input go on with its next part.
func (s *session) nextPart(in *input, from *bookmark.File) error {
	if in.stream != nil {
		if in.place.offset > 0 || in.stream.local != nil {
			in.end()
			if err := s.finish(in); err != nil {
				return err
			}
		}
		in.stream.Close()
	}
	in.place = place{}
	p := in.parts
	buffer := in.lines.buffer
	if len(p.rotated) == 0 {
		p.current = in.path
		if p.tail == nil {
			p.tail = &growing{path: in.path}
		}
		in.stream = &stream{Reader: &meter{file: p.tail, progress: s.progress}, file: p.tail, tail: p.tail}
	} else {
		p.current, p.rotated = p.rotated[0], p.rotated[1:]
		f, err := open(s.ctx, &s.remote, p.current, s.progress)
		if err != nil {
			return plainText(err)
		}
		in.stream = f
	}
	in.lines = &lines{r: in.stream, split: in.lines.split, buffer: buffer, past: past{keep: in.lines.past.keep}}
	if from == nil || from.Offset == 0 {
		return nil
	}
	return s.skipPart(in, from)
}

// skipPart lets a part go on behind what was read of it before.
func (s *session) skipPart(in *input, from *bookmark.File) error {
	f := in.stream
	if f.tail != nil {
		if err := f.tail.open(); err != nil {
			return err
		}
		f.local, f.whole = f.tail.file, &whole{}
	}
	head, tail, err := f.skip(from)
	if err != nil {
		return err
	}
	if f.tail != nil {
		f.tail.read = from.Offset
		f.local, f.whole = nil, nil
	}
	l := in.lines
	l.offset, l.line, l.started, l.skip = from.Offset, from.Lines, true, from.Inside
	l.past.seed(head, tail, from.Offset)
	in.place.offset, in.place.lines, in.place.inside = from.Offset, from.Lines, from.Inside
	return nil
}

// followable returns why an input cannot be followed, where that is wanted.
func (f *Flags) followable(input string) error {
	if !f.Follow {
		return nil
	}
	_, ext := splitExt(input)
	switch {
	case input == stdin:
		return errors.New("-follow with -input -: want a file: a pipe is read with -live")
	case fsys.IsURI(input):
		return fmt.Errorf("-follow with -input %q: want a file of this machine", input)
	case ext != "":
		return fmt.Errorf("-follow with -input %q: a compressed file does not grow", input)
	case isPattern(input):
		if _, err := os.Stat(input); err != nil {
			return fmt.Errorf("-follow with -input %q: want files by their names", input)
		}
	}
	return nil
}

// openFollowed opens the followed input of a number.
func (s *session) openFollowed(number, buffer int) (*input, error) {
	c, d, path := s.config, s.decoder, s.config.Inputs[number]
	in := &input{
		path: path, number: number, session: s, decode: d.JSON, torn: c.Carries,
		lines: &lines{split: splitLine, buffer: buffer, past: past{keep: c.Carries}},
		parts: &parts{current: path},
	}
	if c.isCSV(path) { // with columns: see Config.Validate
		rows, err := order.NewCSV(c.Columns, d)
		if err != nil {
			return nil, fmt.Errorf("files: -columns %w", err)
		}
		in.decode, in.lines.split, in.isRows = rows.Event, splitRow, true
	}
	if c.Resume != nil && number < len(c.Resume.Parts) {
		in.parts.rotated = c.Resume.Parts[number]
	}
	if err := s.nextPart(in, c.Resume.of(number)); err != nil {
		return nil, fmt.Errorf("files: %s: %w", in.current(), err)
	}
	return in, nil
}

// idleFor delivers what there is, as there is nothing to read of followed files, and waits a
// while. at is the time before the look that found so; zero: the clock stands, as something
// may wait that is not read yet.
func (s *session) idleFor(at time.Time) error {
	if err := s.look(at, s.arrived); err != nil {
		return err
	}
	select {
	case <-time.After(pollEvery):
		return nil
	case <-s.closed:
		return errStopped
	}
}
