package order

import (
	"bytes"
	"encoding/json"
	"time"
)

// AppendJSON appends the outcome as one line of JSON, without a line break. The
// original events stand in it byte for byte.
func (o *Outcome) AppendJSON(b []byte) []byte {
	b = append(b, `{"outcome":"`...)
	b = append(append(b, o.Kind...), '"')
	if o.Rule != "" {
		b = appendString(append(b, `,"rule":`...), o.Rule)
	}
	b = append(b, `,"id":"`...)
	b = append(append(b, o.ID...), '"')
	if o.UserID != "" {
		b = appendString(append(b, `,"userId":`...), o.UserID)
	}
	if o.OrderID != "" {
		b = appendString(append(b, `,"orderId":`...), o.OrderID)
	}
	var times timeWriter
	b = times.append(append(b, `,"startedAt":`...), o.StartedAt)
	switch o.Kind {
	case Success, Cancelled:
		b = times.append(append(b, `,"endedAt":`...), o.EndedAt)
	case Resolved:
		b = times.append(append(b, `,"resolvedAt":`...), o.ResolvedAt)
		b = append(append(append(b, `,"of":"`...), o.Of...), '"')
	case Reminder:
		b = append(append(append(b, `,"age":"`...), o.Age...), '"')
	}
	if o.Deadline != NoDeadline {
		b = times.append(append(b, `,"deadline":`...), o.Deadline)
	}
	switch o.Kind {
	case Started, Reminder, Timeout, Open:
		b = appendStrings(append(b, `,"waitingFor":`...), o.WaitingFor)
	}
	b = append(b, `,"events":{`...)
	for i := range o.Events {
		if i > 0 {
			b = append(b, ',')
		}
		b = o.Events[i].append(b)
	}
	b = append(b, '}')
	if len(o.Labels) > 0 {
		b = appendLabels(append(b, `,"labels":`...), o.Labels)
	}
	return append(b, '}')
}

// appendLabels appends labels as a JSON object, in their order.
func appendLabels(b []byte, labels []Label) []byte {
	for i, l := range labels {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		b = appendString(append(appendString(append(b, sep), l.Name), ':'), l.Text)
	}
	return append(b, '}')
}

// append appends the step and its events as a member of a JSON object.
func (e *StepEvents) append(b []byte) []byte {
	b = append(appendString(b, e.Step), ':')
	if e.List {
		b = append(b, '[')
	}
	for i, raw := range e.Raws {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, raw...)
	}
	if e.List {
		b = append(b, ']')
	}
	return b
}

// Render makes what JSON returns, for an outcome that will not change any more: it
// appends it to page and returns the extended page, whose memory many outcomes
// share. Where there are several cores it can so be made ahead, on another one.
func (o *Outcome) Render(page []byte) []byte {
	start := len(page)
	page = o.AppendJSON(page)
	o.json = page[start:len(page):len(page)]
	return page
}

// JSON returns the outcome as one line of JSON, without a line break. It is not to
// be written to.
func (o *Outcome) JSON() []byte {
	if o.json != nil {
		return o.json
	}
	return o.AppendJSON(nil)
}

// AppendJSON appends the reject as one line of JSON, without a line break.
func (r *Reject) AppendJSON(b []byte) []byte {
	b = appendString(append(b, `{"reason":`...), string(r.Reason))
	if r.Rule != "" {
		b = appendString(append(b, `,"rule":`...), r.Rule)
	}
	b = appendString(append(b, `,"error":`...), r.Error)
	b = appendString(append(b, `,"source":`...), r.Source)
	b = appendString(append(b, `,"input":`...), r.Input)
	return append(b, '}')
}

// FormatTime returns milliseconds as the outcomes write them: RFC 3339, UTC,
// with milliseconds.
func FormatTime(ms int64) string {
	b := new(timeWriter).append(nil, ms)
	return string(b[1 : len(b)-1])
}

// timeWriter writes times as JSON strings. It keeps the text of the day that it wrote
// last, as the times of an outcome are mostly of one day. It does without
// time.AppendFormat, which is slow at this. The zero value is ready.
type timeWriter struct {
	day  int64 // since 1970-01-01, plus one
	text [len("2006-01-02T")]byte
}

func (w *timeWriter) append(b []byte, ms int64) []byte {
	if ms < MinTime || ms >= MaxTime {
		return time.UnixMilli(ms).UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
	}
	if day := ms/msPerDay + 1; day != w.day {
		year, month, dayOfMonth := date(day - 1)
		b := append(append2(append2(w.text[:0], year/100), year%100), '-')
		_ = append(append2(append(append2(b, month), '-'), dayOfMonth), 'T')
		w.day = day
	}
	rest := int(ms % msPerDay)
	b = append(append(b, '"'), w.text[:]...)
	b = append(append2(append(append2(append(append2(b, rest/3_600_000), ':'), rest/60_000%60), ':'), rest/1000%60), '.')
	return append(b, digit(rest/100), digit(rest/10), digit(rest), 'Z', '"')
}

const msPerDay = 24 * 60 * 60 * 1000

// days is the inverse of date, by days_from_civil of the same source.
func days(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	inEra := year % 400
	inYear := (153*(month-3)+2)/5 + day - 1
	return year/400*146_097 + inEra*365 + inEra/4 - inEra/100 + inYear - 719_468
}

func digit(n int) byte { return byte('0' + n%10) }

func append2(b []byte, n int) []byte { return append(b, digit(n/10), digit(n)) }

// date returns the Gregorian date of a day since 1970-01-01, by Howard Hinnant's
// civil_from_days: years begin in March, so that the leap day is their last.
func date(days int64) (year, month, day int) {
	const era = 146_097 // days in 400 years
	d := int(days) + 719_468
	inEra := d % era
	y := (inEra - inEra/1460 + inEra/36_524 - inEra/146_096) / 365
	inYear := inEra - (365*y + y/4 - y/100)
	m := (5*inYear + 2) / 153 // from March
	year, month, day = y+d/era*400, m+3, inYear-(153*m+2)/5+1
	if month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
}

// appendStrings appends a list of strings as JSON, also where it is nil.
func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends s as a JSON string, with no more escapes than JSON asks
// for: of what people read, "<" is to stay "<".
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a buffer give no error
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
