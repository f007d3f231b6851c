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
	b = append(b, o.Kind...)
	b = append(b, `","id":"`...)
	b = append(b, o.ID...)
	b = append(b, '"')
	if o.UserID != "" {
		b = appendString(append(b, `,"userId":`...), o.UserID)
	}
	if o.OrderID != "" {
		b = appendString(append(b, `,"orderId":`...), o.OrderID)
	}
	b = appendTime(append(b, `,"createdAt":`...), o.CreatedAt)
	if o.Kind == Success {
		b = appendTime(append(b, `,"paidAt":`...), o.PaidAt)
	}
	b = appendTime(append(b, `,"deadline":`...), o.Deadline)
	b = append(b, `,"events":{`...)
	for i, e := range o.Events {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, e.Step), ':')
		b = append(b, e.Raw...)
	}
	return append(b, "}}"...)
}

// AppendJSON appends the reject as one line of JSON, without a line break.
func (r *Reject) AppendJSON(b []byte) []byte {
	b = appendString(append(b, `{"reason":`...), string(r.Reason))
	b = appendString(append(b, `,"error":`...), r.Error)
	b = appendString(append(b, `,"source":`...), r.Source)
	b = appendString(append(b, `,"input":`...), r.Input)
	return append(b, '}')
}

// FormatTime returns milliseconds as the outcomes write them: RFC 3339, UTC,
// with milliseconds.
func FormatTime(ms int64) string {
	b := appendTime(nil, ms)
	return string(b[1 : len(b)-1])
}

func appendTime(b []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
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
