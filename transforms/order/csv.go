package order

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CSV turns rows of comma-separated values (RFC 4180) into events. It is not
// safe for concurrent use.
type CSV struct {
	decoder *Decoder
	fields  [numFields]int // the column of each field, or -1
	names   []string       // of the columns, each as `,"name":`
	cells   []string       // of the current row
	arena   []byte         // what the events' Raw are cut from
	longest int            // the most bytes that the names take in a row
}

// NewCSV returns a CSV for rows with these columns, whose times and ids follow
// the rules of d. There must be a column type, a column time, and one of orderId
// and userId; with [Decoder.ByOrder] orderId. No two may have the same name. The
// error starts with the columns; only the caller knows where they come from.
func NewCSV(columns []string, d *Decoder) (*CSV, error) {
	c := &CSV{decoder: d, cells: make([]string, 0, len(columns))}
	for f := range c.fields {
		c.fields[f] = slices.Index(columns, d.column(f))
	}
	if l := d.layout; l != nil && l.noRows != nil {
		return nil, fmt.Errorf("%s: %w", shownColumns(columns), l.noRows)
	}
	for i, name := range columns {
		if slices.Contains(columns[:i], name) {
			return nil, fmt.Errorf("%s: column %q is there twice", shownColumns(columns), name)
		}
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("%s: column %q is not UTF-8", shownColumns(columns), cut(name))
		}
		member := append(appendCell([]byte{','}, name), ':')
		c.names = append(c.names, string(member))
		c.longest += len(member)
	}
	if missing := c.missing(); missing != "" {
		return nil, fmt.Errorf("%s: no column %s", shownColumns(columns), missing)
	}
	return c, nil
}

// missing names the column that the rows cannot do without and do not have.
func (c *CSV) missing() string {
	has := func(field int) bool { return c.fields[field] >= 0 }
	name := func(field int) string { return strconv.Quote(c.decoder.column(field)) }
	switch {
	case !has(typeField):
		return name(typeField)
	case !has(timeField):
		return name(timeField)
	case !has(orderIDField) && c.decoder.ByOrder:
		return name(orderIDField) + ", which -key order needs"
	case !has(orderIDField) && !has(userIDField):
		return name(orderIDField) + " or " + name(userIDField)
	}
	return ""
}

// column returns the name of a field's column.
func (d *Decoder) column(field int) string {
	if d.layout == nil {
		return fieldNames[field]
	}
	return d.layout.columns[field]
}

// shownColumns is how an error shows a header.
func shownColumns(columns []string) string {
	return strconv.Quote(cut(strings.Join(columns, ",")))
}

// Columns returns the cells of a header row, without its line break.
func Columns(row []byte) ([]string, error) {
	return appendCells(nil, string(row))
}

// Event returns the event in a row, without its line break; a quoted cell may
// contain line breaks. Event.Raw is a JSON object with a string for each cell
// in the order of the columns, and Event.Mark is MarkRow. Its time is RFC 3339, as it came or made of an
// integer, so that a decoder reads the same time in it whatever its Unit. Nothing of
// the event shares memory with row.
func (c *CSV) Event(row []byte) (Event, error) {
	if len(row) > MaxLine {
		return Event{}, errTooLong
	}
	if !utf8.Valid(row) {
		return Event{}, errors.New("not CSV: invalid UTF-8")
	}
	var err error
	if c.cells, err = appendCells(c.cells[:0], string(row)); err != nil {
		return Event{}, fmt.Errorf("not CSV: %w", err)
	}
	if len(c.cells) != len(c.names) {
		return Event{}, fmt.Errorf("row: got %d cells, want %d", len(c.cells), len(c.names))
	}
	e := Event{OrderID: c.cell(orderIDField), UserID: c.cell(userIDField), Type: c.cell(typeField), ID: c.cell(idField), Mark: MarkRow}
	if e.Type == "" {
		return Event{}, errors.New(c.decoder.label(typeField) + ": missing, want a non-empty string")
	}
	if c.decoder.layout != nil {
		e.Type = c.decoder.layout.typeOf(e.Type)
	}
	when := c.cell(timeField)
	if when == "" {
		return Event{}, c.decoder.timeError("missing")
	}
	integer := isInteger(when)
	if e.Time, err = c.decoder.time(when, integer); err != nil {
		return Event{}, err
	}
	if err := c.decoder.accept(&e, integer); err != nil {
		return Event{}, err
	}
	if integer {
		c.cells[c.fields[timeField]] = ""
	}
	e.Raw = c.object(len(row), e.Time)
	return e, nil
}

// cell returns the current row's cell for a field, "" without such a column.
func (c *CSV) cell(field int) string {
	if i := c.fields[field]; i >= 0 {
		return c.cells[i]
	}
	return ""
}

// arenaSize is how many bytes of events share one allocation.
const arenaSize = 64 << 10

// object returns the current row, of so many bytes, as a JSON object. Where the cell of
// the time is empty it is ms that stands there.
func (c *CSV) object(size int, ms int64) []byte {
	// A byte takes six as \u0000; a cell has two quotes; a time has 24 characters.
	room := 6*size + c.longest + 2*len(c.cells) + 32
	if cap(c.arena)-len(c.arena) < room {
		c.arena = make([]byte, 0, max(arenaSize, room))
	}
	start := len(c.arena)
	b := c.arena
	for i, cell := range c.cells {
		b = append(b, c.names[i]...)
		switch {
		case i != c.fields[timeField]:
			b = appendCell(b, cell)
		case cell == "":
			b = new(timeWriter).append(b, ms)
		default: // RFC 3339 needs no escapes
			b = append(append(append(b, '"'), cell...), '"')
		}
	}
	b[start] = '{' // in the place of the first comma
	b = append(b, '}')
	c.arena = b
	return b[start:len(b):len(b)]
}

// appendCell appends a text as a JSON string, with no more escapes than JSON
// asks for.
func appendCell(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		if s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch s[i] {
		case '"', '\\':
			b = append(b, '\\', s[i])
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[s[i]>>4], hex[s[i]&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}
