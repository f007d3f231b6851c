package main

import (
	"bytes"
	"fmt"
	"time"

	"ordertimeout/transforms/order"
)

// event is a line of about 120 bytes, as those of the simulated shop.
func event(number int, kind string, at time.Time) []byte {
	return fmt.Appendf(nil, `{"orderId":"o%d","userId":"u%d","type":%q,"time":%q,"amount":%d.%02d}`,
		number, number%9973, kind, order.FormatTime(at.UnixMilli()), 5+number%500, number%100)
}

// How the events of a backlog lie in time: over backlogTime, with at most
// ordersBetween orders created between the creation of one and its payment.
const (
	backlogTime   = 10 * time.Second
	ordersBetween = 1000
)

// backlog returns the events of orders that are all paid, in the order of their
// times, the last of which is end.
func backlog(orders int, end time.Time) [][]byte {
	between := min(orders, ordersBetween)
	steps := orders + between
	var events [][]byte
	for i := range steps {
		at := end.Add(backlogTime * time.Duration(i+1-steps) / time.Duration(steps))
		if i < orders {
			events = append(events, event(i, "create", at))
		}
		if i >= between {
			events = append(events, event(i-between, "pay", at.Add(time.Millisecond)))
		}
	}
	return events
}

// pack puts events together, so many in each message.
func pack(events [][]byte, in int) [][]byte {
	var messages [][]byte
	for from := 0; from < len(events); from += in {
		messages = append(messages, bytes.Join(events[from:min(from+in, len(events))], []byte("\n")))
	}
	return messages
}
