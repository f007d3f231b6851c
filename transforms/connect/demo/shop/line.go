package shop

import (
	"strconv"
	"time"

	"ordertimeout/transforms/order"
)

// line writes events as JSON lines. It keeps the text of the last second: when events
// arrive in order, the next one often has the same.
type line struct {
	buf    []byte
	second int64  // of text
	text   []byte // "2026-01-01T00:00:17."
}

// event returns an event with its JSON text:
//
//	{"orderId":"o17","userId":"u42","type":"create","time":"2026-01-01T00:00:17.123Z","amount":129.90}
//
// Where there are channels, its order's stands behind the amount: ,"channel":"b2b"}
func (l *line) event(d delivery, user, cents uint64, channel string) order.Event {
	e := order.Event{Type: types[d.kind], Time: d.time}
	b := append(l.buf[:0], `{"orderId":"o`...)
	from := len(b) - 1
	b = strconv.AppendInt(b, d.order, 10)
	e.OrderID = string(b[from:])

	b = append(b, `","userId":"u`...)
	from = len(b) - 1
	b = strconv.AppendUint(b, user, 10)
	e.UserID = string(b[from:])

	b = append(b, `","type":"`...)
	b = append(b, e.Type...)
	b = append(b, `","time":"`...)
	b = l.appendTime(b, d.time)
	b = append(b, `","amount":`...)
	b = strconv.AppendUint(b, cents/100, 10)
	b = append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
	if channel != "" {
		b = append(b, `,"channel":"`...)
		b = append(b, channel...)
		b = append(b, '"')
	}
	b = append(b, '}')

	l.buf = b
	e.Raw = append([]byte(nil), b...)
	return e
}

// appendTime appends a time in milliseconds as RFC 3339.
func (l *line) appendTime(b []byte, ms int64) []byte {
	if second := ms / 1000; second != l.second || l.text == nil {
		l.second = second
		l.text = time.Unix(second, 0).UTC().AppendFormat(l.text[:0], "2006-01-02T15:04:05.")
	}
	ms %= 1000
	b = append(b, l.text...)
	return append(b, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}
