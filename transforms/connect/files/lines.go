package files

import (
	"bytes"
	"io"

	"ordertimeout/transforms/order"
)

// lines cuts a stream into records: lines, or rows of CSV, which may span
// several lines. Records are cut from buffers that are never written to again,
// so they live as long as someone uses them.
type lines struct {
	r      io.Reader
	split  func(data []byte, atEnd bool) int // splitLine or splitRow
	buffer int                               // size of a new buffer in bytes

	data    []byte // read and not handed out
	err     error  // of the last read
	line    int64  // physical lines handed out
	offset  int64  // bytes handed out
	started bool
	skip    bool // the rest of an oversized line comes next
	torn    bool // the last record is the last of the stream, and has no line break

	past past
}

// inside reports whether what was read ends inside a record.
func (l *lines) inside() bool { return len(l.data) > 0 || l.skip }

// maxRecord is the length of the longest record with its line break. What is
// longer is cut to a length that the decoder still calls oversized.
const maxRecord = order.MaxLine + len("\r\n")

// next returns the next record that is not blank, without its line break, and
// the number of its first line. Of an oversized record it returns no more than
// the start. What a stream that broke off has after its last line break is not
// a record.
func (l *lines) next() (record []byte, line int64, err error) {
	if !l.started {
		l.start()
	}
	if l.err == errDry {
		l.err = nil
	}
	for {
		if l.skip && !l.endLine() {
			return nil, 0, l.err
		}
		n := l.split(l.data, l.err == io.EOF)
		switch {
		case n == 0 && len(l.data) > maxRecord:
			n = order.MaxLine + 1
			l.skip = true
		case n == 0 && l.err != nil:
			return nil, 0, l.err
		case n == 0:
			l.fill()
			continue
		}
		record, l.data, line = l.data[:n:n], l.data[n:], l.line+1
		l.offset += int64(n)
		l.torn = record[n-1] != '\n' && !l.skip
		if !l.skip {
			l.line += max(1, int64(bytes.Count(record, newline)))
			record = trimBreak(record)
		}
		if len(record) > order.MaxLine || !order.IsBlank(record) {
			return record[:min(len(record), order.MaxLine+1)], line, nil
		}
	}
}

var newline = []byte{'\n'}

// trimBreak cuts the line break off a line.
func trimBreak(line []byte) []byte {
	line = bytes.TrimSuffix(line, newline)
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// start skips the byte order mark.
func (l *lines) start() {
	const mark = "\xEF\xBB\xBF"
	for l.err == nil && len(l.data) < len(mark) {
		l.fill()
	}
	if l.err == errDry {
		return
	}
	rest := bytes.TrimPrefix(l.data, []byte(mark))
	l.offset += int64(len(l.data) - len(rest))
	l.data, l.started = rest, true
}

// isJSON reports whether the stream begins with a brace, as no row does that has a column
// of an event's name. What Open writes of rows begins so, and is read with their settings.
func (l *lines) isJSON() bool {
	if !l.started {
		l.start()
	}
	return len(l.data) > 0 && l.data[0] == '{'
}

// endLine skips the rest of a line, in a buffer of its own. It reports whether
// anything can follow. Where the rest of a line of a file that grows is still to come it is
// skipped the next time.
func (l *lines) endLine() bool {
	scratch := make([]byte, 0, l.buffer)
	for {
		if i := bytes.IndexByte(l.data, '\n'); i >= 0 {
			l.offset += int64(i + 1)
			l.data = l.data[i+1:]
			break
		}
		l.offset += int64(len(l.data))
		l.data = scratch
		l.past.drop(l.offset, scratch)
		if l.err == errDry {
			return false
		}
		if l.err != nil {
			break
		}
		l.fill()
	}
	l.skip = false
	l.line++
	return l.err == nil || len(l.data) > 0
}

// fill reads once, behind what is there. It takes a new buffer where the old
// one is all but full.
func (l *lines) fill() {
	if cap(l.data)-len(l.data) < l.buffer/8 {
		l.data = append(make([]byte, 0, max(l.buffer, 2*len(l.data))), l.data...)
		l.past.turn(l.offset, l.data)
	}
	for range 100 { // as bufio does with a reader that gives nothing
		n, err := l.r.Read(l.data[len(l.data):cap(l.data)])
		l.data, l.err = l.data[:len(l.data)+n], err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

// splitLine returns the length of the first line with its line break, or 0
// where more data is needed.
func splitLine(data []byte, atEnd bool) int {
	if n := bytes.IndexByte(data, '\n') + 1; n > 0 || !atEnd {
		return n
	}
	return len(data)
}

// splitRow returns the length of the first row of CSV with its line break, or 0
// where more data is needed.
//
// A row with a quote out of place, or with one that is not closed within the
// length of a row, ends with its first line: a wrong quote costs that line and
// none of those after it.
func splitRow(data []byte, atEnd bool) int {
	first := bytes.IndexByte(data, '\n') + 1
	if first == 0 {
		return splitLine(data, atEnd)
	}
	if bytes.IndexByte(data[:first], '"') < 0 {
		return first
	}
	n, broken := quotedRow(data[:min(len(data), maxRecord)], atEnd && len(data) <= maxRecord)
	switch {
	case n > 0:
		return n
	case broken || atEnd || len(data) > maxRecord:
		return first
	}
	return 0
}

// quotedRow returns the length of a row with its line break, 0 where it goes
// on, or that it is broken.
func quotedRow(data []byte, atEnd bool) (n int, broken bool) {
	for i := 0; ; i++ { // i is the start of a cell, and then its end
		if i < len(data) && data[i] == '"' {
			end, closed := closingQuote(data, i+1)
			if !closed {
				return 0, atEnd
			}
			i = end + 1
		} else {
			for i < len(data) && data[i] != ',' && data[i] != '\n' {
				if data[i] == '"' {
					return 0, true
				}
				i++
			}
		}
		rest := data[i:]
		switch {
		case len(rest) > 0 && rest[0] == ',':
		case len(rest) > 0 && rest[0] == '\n':
			return i + 1, false
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return i + 2, false
		case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
			if atEnd {
				return len(data), false
			}
			return 0, false
		default:
			return 0, true
		}
	}
}

// closingQuote returns where the quote is that closes a cell; a doubled one is
// part of it. A quote that more data might double counts as the closing one,
// and has nothing behind it.
func closingQuote(data []byte, from int) (at int, ok bool) {
	for {
		next := bytes.IndexByte(data[from:], '"')
		if next < 0 {
			return 0, false
		}
		at = from + next
		if at+1 == len(data) || data[at+1] != '"' {
			return at, true
		}
		from = at + 2
	}
}
