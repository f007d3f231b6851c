package order

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/tidwall/gjson"
)

// Decoder turns input into events: a line of JSON by its own method, a row of
// CSV through a [CSV]. Every error says in one short line why the input is
// malformed. The zero value is ready to use: times are milliseconds, and may be
// as late as they like. It is not safe for concurrent use.
type Decoder struct {
	// Unit is the unit of integer times: time.Millisecond, which is also what
	// zero means, or time.Second.
	Unit time.Duration
	// MaxAhead is how far an event time may lie ahead of the clock; a later
	// one is malformed. Zero: any distance.
	MaxAhead time.Duration
	// ByOrder says that orders are known by their orderId alone, which makes
	// it a required field.
	ByOrder bool
	// Within is the time that orders have. An event whose deadline would be after the
	// year 9999 is malformed. Zero: the time is not known.
	Within time.Duration
	// Now is the clock for MaxAhead; nil: time.Now.
	Now func() time.Time

	// IntegerTimes counts the events so far whose time was an integer. January counts
	// the ones among them that read as January 1970. If the two are equal, the unit is
	// likely to be wrong.
	IntegerTimes, January int64

	latest int64   // a time up to which MaxAhead is known to hold
	layout *layout // nil: the usual names
	stamp  string  // the time of the event that is being read, whatever it says itself
}

// The members of an event that the pipeline reads. All others are the user's.
const (
	orderIDField = iota
	userIDField
	typeField
	timeField
	idField
	numFields
)

// members are those of an event that is being read.
type members = [numFields]gjson.Result

// fieldNames are the usual names of the fields as members of a JSON object and as
// columns of a CSV file.
var fieldNames = [numFields]string{"orderId", "userId", "type", "time", "id"}

// fieldOf returns the field with a name, or -1.
func fieldOf(name string) int {
	switch name {
	case "orderId":
		return orderIDField
	case "userId":
		return userIDField
	case "type":
		return typeField
	case "time":
		return timeField
	case "id":
		return idField
	}
	return -1
}

// JSON returns the event in a line that holds one JSON object (RFC 8259,
// strictly). Of members with the same name the last counts.
//
// Event.Raw is the line without the white space around the object. A line break
// between two tokens becomes a space, so that Raw is one line. Raw and the
// event's strings share the memory of line, which is not to be written to again.
func (d *Decoder) JSON(line []byte) (Event, error) {
	var flat *[numFields]string
	if d.layout != nil {
		if flat = d.layout.flat; flat == nil {
			return d.elsewhere(line)
		}
	}
	var members members
	if raw := trimSpace(line); len(raw) <= maxPlain && flatObject(view(raw), flat, &members) {
		return d.object(raw, &members)
	}
	if flat != nil {
		return d.elsewhere(line)
	}
	if err := checkJSON(line); err != nil {
		return Event{}, err
	}
	raw := oneLine(trimSpace(line))
	text := view(raw)
	clear(members[:])
	gjson.Result{Type: gjson.JSON, Raw: text}.ForEach(func(key, value gjson.Result) bool {
		if f := fieldOf(key.Str); f >= 0 {
			members[f] = value
		}
		return true
	})
	return d.object(raw, &members)
}

// JSONAt is JSON for an event whose time is ms, whatever it says itself.
func (d *Decoder) JSONAt(line []byte, ms int64) (Event, error) {
	d.stamp = stampOf(ms)
	defer func() { d.stamp = "" }()
	return d.JSON(line)
}

// stampOf returns a time as the text of an event's.
func stampOf(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// elsewhere is JSON for members that are elsewhere than usual, or in an object that is
// not plain.
func (d *Decoder) elsewhere(line []byte) (Event, error) {
	if d.layout.err != nil {
		return Event{}, d.layout.err
	}
	if err := checkJSON(line); err != nil {
		if d.layout.cloudEvents && bytes.HasPrefix(trimSpace(line), []byte("[")) {
			return Event{}, fmt.Errorf("%w, one CloudEvent and no batch", err)
		}
		return Event{}, err
	}
	raw := oneLine(trimSpace(line))
	if d.layout.cloudEvents {
		return d.cloudEvent(raw, readCloudEvent(view(raw)))
	}
	var members members
	r := newValueReader(view(raw))
	d.layout.root.read(&r, &members)
	return d.object(raw, &members)
}

// label is how errors name a field.
func (d *Decoder) label(field int) string {
	if d.layout != nil && d.layout.labels[field] != "" {
		return d.layout.labels[field]
	}
	return fieldNames[field]
}

// view returns the bytes, which nobody changes any more, as a string.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// object returns the event with the members of a JSON object.
func (d *Decoder) object(raw []byte, members *members) (Event, error) {
	e := Event{Raw: raw}
	var err error
	for f, dst := range [numFields]*string{orderIDField: &e.OrderID, userIDField: &e.UserID, idField: &e.ID} {
		if dst == nil {
			continue
		}
		if *dst, err = jsonID(d.label(f), &members[f]); err != nil {
			return Event{}, err
		}
	}
	if e.Type, err = jsonType(d.label(typeField), &members[typeField]); err != nil {
		return Event{}, err
	}
	if d.layout != nil {
		e.Type = d.layout.typeOf(e.Type)
	}
	t := &members[timeField]
	if d.stamp != "" {
		*t = gjson.Result{Type: gjson.String, Str: d.stamp}
	}
	if t.Type == gjson.Null {
		return Event{}, d.timeError("missing")
	}
	if t.Type != gjson.String && t.Type != gjson.Number {
		return Event{}, d.timeError("got " + cut(t.Raw) + onTheWay(t))
	}
	text, integer := t.Str, false
	if t.Type == gjson.Number {
		text, integer = t.Raw, true
	}
	if e.Time, err = d.time(text, integer); err != nil {
		return Event{}, err
	}
	if err = d.accept(&e, integer); err != nil {
		return Event{}, err
	}
	return e, nil
}

// accept applies the rules that concern an event as a whole.
func (d *Decoder) accept(e *Event, integer bool) error {
	switch {
	case e.OrderID == "" && d.ByOrder:
		return errors.New(d.label(orderIDField) + ": missing, want one with -key order")
	case e.OrderID == "" && e.UserID == "":
		return errors.New(d.label(orderIDField) + ", " + d.label(userIDField) + ": both missing, want at least one")
	}
	if integer {
		d.countInteger(e.Time)
	}
	return nil
}

// countInteger counts a time that was an integer.
func (d *Decoder) countInteger(ms int64) {
	d.IntegerTimes++
	if ms < january {
		d.January++
	}
}

// maxPlain is the length up to which a line cannot hurt the recursive
// validation: it nests no deeper than it is long. It is also the depth that
// encoding/json allows.
const maxPlain = 10000

// checkJSON returns why a line is not a JSON object, or nil.
func checkJSON(line []byte) error {
	if len(line) > MaxLine {
		return errTooLong
	}
	valid := gjson.ValidBytes
	if len(line) > maxPlain {
		valid = json.Valid // slower, but bounds the depth
	}
	if !valid(line) {
		return notJSON(line)
	}
	if !utf8.Valid(line) {
		return errors.New("not JSON: invalid UTF-8")
	}
	if object := trimSpace(line); object[0] != '{' {
		return fmt.Errorf("got %s, want a JSON object", cut(string(oneLine(object))))
	}
	return nil
}

// notJSON explains a syntax error. It parses the line again, in another
// parser, which knows more about the errors and less about speed.
func notJSON(line []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(line, &value)
	var syntax *json.SyntaxError
	switch {
	case len(trimSpace(line)) == 0:
		return errors.New("not JSON: the line is empty")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w at byte %d", err, syntax.Offset)
	default:
		return errors.New("not JSON")
	}
}

// jsonID returns the text of an id: a string, or an integer as it is written.
// null and "" are an absent id.
func jsonID(field string, v *gjson.Result) (string, error) {
	switch {
	case v.Type == gjson.Null:
		return "", nil
	case v.Type == gjson.String:
		return v.Str, checkEscapes(field, v)
	case v.Type == gjson.Number && isInteger(v.Raw):
		return v.Raw, nil
	}
	return "", fmt.Errorf("%s: got %s%s, want a string or an integer", field, cut(v.Raw), onTheWay(v))
}

func jsonType(field string, v *gjson.Result) (string, error) {
	switch {
	case v.Type == gjson.Null && v.Raw == "":
		return "", fmt.Errorf("%s: missing, want a non-empty string", field)
	case v.Type != gjson.String || v.Str == "":
		return "", fmt.Errorf("%s: got %s%s, want a non-empty string", field, cut(v.Raw), onTheWay(v))
	}
	return v.Str, checkEscapes(field, v)
}

// onTheWay says in an error that a value is not the member, but what should hold it.
func onTheWay(v *gjson.Result) string {
	if v.Index == wrongKind {
		return " on the way there"
	}
	return ""
}

// checkEscapes refuses half a surrogate pair ("\ud800"). It stands for no
// character, and decodes to the same replacement character as any other half:
// two ids would become one.
func checkEscapes(field string, v *gjson.Result) error {
	if len(v.Str)+len(`""`) == len(v.Raw) || !hasHalfPair(v.Raw) {
		return nil
	}
	return fmt.Errorf("%s: got %s, want whole characters, not half a surrogate pair", field, cut(v.Raw))
}

// hasHalfPair reports whether a valid JSON string has an escape that is half a
// surrogate pair without the other half.
func hasHalfPair(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		if s[i] != 'u' {
			continue
		}
		high := hex4(s[i+1:])
		i += 4
		if !utf16.IsSurrogate(high) {
			continue
		}
		if !strings.HasPrefix(s[i+1:], `\u`) || utf16.DecodeRune(high, hex4(s[i+3:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// hex4 returns the character with the four hexadecimal digits that s starts with.
func hex4(s string) rune {
	n, _ := strconv.ParseUint(s[:4], 16, 16) // valid JSON has four
	return rune(n)
}

// isInteger reports whether a number is written as an integer.
func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// trimSpace cuts JSON's white space off both ends.
func trimSpace(line []byte) []byte {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
	for len(line) > 0 && space(line[0]) {
		line = line[1:]
	}
	for len(line) > 0 && space(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return line
}

// IsBlank reports whether a line is white space of JSON alone.
func IsBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// oneLine returns valid JSON without line breaks. They can only be white space
// there. It copies if it has to.
func oneLine(object []byte) []byte {
	if bytes.IndexByte(object, '\n') < 0 && bytes.IndexByte(object, '\r') < 0 {
		return object
	}
	object = bytes.ReplaceAll(object, []byte{'\n'}, []byte{' '})
	return bytes.ReplaceAll(object, []byte{'\r'}, []byte{' '})
}

// errTooLong is the error of an oversized line. It does not tell the length, so
// that a reader may hand over as little as MaxLine+1 bytes of the line.
var errTooLong = fmt.Errorf("oversized: got a line of more than %d bytes, want at most that", MaxLine)

// maxShown is how much of a wrong value an error shows, in bytes.
const maxShown = 40

// cut shortens what an error shows.
func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
