package files

import (
	"errors"
	"fmt"
	"io"
	"time"

	"ordertimeout/transforms/order"
)

// input is one opened file.
type input struct {
	path    string
	stream  *stream
	lines   *lines
	decode  func(record []byte) (order.Event, error)
	pipe    *pipe // what is read from, where that may have to wait; else nil
	carried bool  // it is Config.Carried
	isRows  bool  // it has rows of CSV
	torn    bool  // a last line without a line break is left where it is no event

	parts   *parts   // of a followed input; else nil
	session *session // which opens them
	number  int      // of Config.Inputs
	place   place
	moved   bool // the place has changed since the last block

	queue []entry // read ahead
	held  int     // size of the queue in bytes
	err   error   // why there is nothing behind the queue
}

// entry is one record of the log: an event, or what is wrong with it.
type entry struct {
	event     order.Event
	malformed error
	source    string
	line      int64
	arrived   time.Time // when it was read from a pipe
	raw       []byte    // the record

	from      *input
	end, last int64 // the offset behind it, and the number of its last line
	inside    bool  // that offset is inside of a line that is too long
}

// openInput opens the input of a number and reads its header row, if it has one.
func (s *session) openInput(number, buffer int) (*input, error) {
	c, d, path := s.config, s.decoder, s.config.Inputs[number]
	if c.Follow {
		return s.openFollowed(number, buffer)
	}
	f, err := open(s.ctx, &s.remote, path, s.progress)
	if err != nil {
		return nil, fmt.Errorf("files: %s: %w", path, plainText(err))
	}
	in := &input{path: path, number: number, stream: f, lines: &lines{r: f, split: splitLine, buffer: buffer}, decode: d.JSON, pipe: f.pipe}
	in.torn, in.lines.past.keep = c.Carries, c.Carries && f.pipe == nil
	in.carried = c.Carried != "" && sameFile(path, c.Carried)
	if p := f.pipe; p != nil {
		p.stopping, p.inside = s.run.Stopping(), in.lines.inside
		p.look = func(at time.Time) error { return s.look(at, p.arrived) }
	}
	if err := in.begin(c, d); err != nil {
		f.Close()
		return nil, err
	}
	if from := c.Resume.of(number); from != nil {
		if err := s.goOn(in, from, buffer); err != nil {
			in.stream.Close()
			return nil, fmt.Errorf("files: %s: %w", path, err)
		}
	}
	return in, nil
}

// begin finds out what the records of an input are, by its name and its beginning.
func (in *input) begin(c Config, d *order.Decoder) error {
	if !c.isCSV(in.path) {
		return nil
	}
	if in.lines.isJSON() {
		in.decode = func(record []byte) (order.Event, error) { return carriedRow(d, record) }
		return nil
	}
	in.lines.split, in.isRows = splitRow, true
	return in.header(c.Columns, d)
}

// carriedRow reads a row in the form in which events carry it.
func carriedRow(d *order.Decoder, record []byte) (order.Event, error) {
	e, err := d.JSON(record)
	if err == nil {
		e.Mark = order.MarkRow
	}
	return e, err
}

// header makes the rows' decoder. A file without any row has no header and
// needs none.
func (in *input) header(columns []string, d *order.Decoder) error {
	if len(columns) == 0 {
		record, line, err := in.lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return in.broken(err)
		}
		if columns, err = order.Columns(record); err != nil {
			return fmt.Errorf("files: %s: header: %w", order.Place(in.path, line), err)
		}
	}
	rows, err := order.NewCSV(columns, d)
	if err != nil {
		return fmt.Errorf("files: %s: header %w", in.path, err)
	}
	in.decode = rows.Event
	return nil
}

// next returns the next record, or io.EOF, or an error for the user.
func (in *input) next() (entry, error) {
	if len(in.queue) > 0 {
		e := in.queue[0]
		in.queue[0] = entry{}
		in.queue = in.queue[1:]
		in.held -= len(e.raw) + entrySize
		return e, nil
	}
	if in.err != nil {
		return entry{}, in.err
	}
	return in.read()
}

// ahead returns the time of an event behind the next one, by its number from 0 on; ok is
// false where the input ends before. It reads as far as it has to.
func (in *input) ahead(n int) (time int64, ok bool) {
	for i := 0; ; i++ {
		if i == len(in.queue) {
			if in.ended() {
				return 0, false
			}
			e, err := in.read()
			if err == errDry { // it may have more the next time
				return 0, false
			}
			if in.err = err; err != nil {
				return 0, false
			}
			in.queue = append(in.queue, e)
			in.held += len(e.raw) + entrySize
		}
		if e := &in.queue[i]; e.malformed != nil {
			continue
		} else if n--; n < 0 {
			return e.event.Time, true
		}
	}
}

// maxQueue bounds what is read ahead, in bytes: what is no event says nothing, and there
// may be any amount of it. entrySize is what an entry takes beside its record, at least.
const (
	maxQueue  = 4 << 20
	entrySize = 256
)

// ended reports whether ahead has come to the end of the file, or as far as it goes.
func (in *input) ended() bool { return in.err != nil || in.held >= maxQueue }

// read returns the next record that was not read ahead.
func (in *input) read() (entry, error) {
	record, line, err := in.lines.next()
	for err == io.EOF && in.parts != nil {
		if err = in.session.nextPart(in, nil); err == nil {
			record, line, err = in.lines.next()
		}
	}
	if err == io.EOF || err == errDry {
		return entry{}, err
	}
	if err != nil {
		return entry{}, in.broken(err)
	}
	e := entry{source: in.current(), line: line, raw: record, from: in, end: in.lines.offset, last: in.lines.line, inside: in.lines.skip}
	if in.pipe != nil {
		e.arrived = in.pipe.arrived
	} else if tail := in.stream.tail; tail != nil {
		e.arrived = tail.arrived
	}
	e.event, e.malformed = in.decode(record)
	if e.malformed != nil && in.torn && in.lines.torn {
		if in.parts != nil {
			return in.read() // of the next part
		}
		return entry{}, io.EOF // it is being written
	}
	if e.malformed != nil && !in.isRows {
		if err := in.readOpen(&e); err != nil {
			return entry{}, err
		}
	}
	if e.malformed == nil {
		e.event.Source, e.event.Line = e.source, line
	}
	return e, nil
}

// readOpen reads an entry again that may be a line about an open event and not the event.
func (in *input) readOpen(e *entry) error {
	kind, raw := order.ReadOpen(e.raw)
	switch kind {
	case order.OpenForPeople:
		return fmt.Errorf("files: %s: the event of an open order, written for people: no run can go on with it: want -carry for that, or the input that it is of, as a whole", order.Place(in.path, e.line))
	case order.OpenRow:
		if e.event, e.malformed = in.decode(raw); e.malformed == nil {
			e.event.Mark = order.MarkRow
		}
	}
	return nil
}

// broken says how far a file could be read.
func (in *input) broken(err error) error {
	if errors.Is(err, errStopped) {
		return err
	}
	return fmt.Errorf("files: %s: %w after %d lines", in.path, plainText(err), in.lines.line)
}

// plainText words an error for someone who knows no Go.
func plainText(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("unexpected end of file")
	}
	return err
}
