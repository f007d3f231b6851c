package main

import (
	"bytes"
	"fmt"
	"iter"
	"time"

	"ordertimeout/transforms/order"
)

// event is a line of about 120 bytes, as those of the simulated shop.
func event(number int, kind string, at time.Time) []byte {
	return fmt.Appendf(nil, `{"orderId":"o%d","userId":"u%d","type":%q,"time":%q,"amount":%d.%02d}`,
		number, number%9973, kind, order.FormatTime(at.UnixMilli()), 5+number%500, number%100)
}

// ordersBetween is how many orders are created between the creation of one and its
// payment, at most.
const ordersBetween = 1000

// step is an event of one of some orders, which are numbered.
type step struct {
	number int
	kind   string
}

// steps returns the events of orders that are all paid, in their order, and the place of
// each: the creation of an order and the payment of another share one.
func steps(orders int) iter.Seq2[int, step] {
	between := min(orders, ordersBetween)
	return func(yield func(int, step) bool) {
		for i := range orders + between {
			if i < orders && !yield(i, step{i, "create"}) {
				return
			}
			if i >= between && !yield(i, step{i - between, "pay"}) {
				return
			}
		}
	}
}

// backlogTime is over which time the events of a backlog lie.
const backlogTime = 10 * time.Second

// backlog returns the events of orders that are all paid, in the order of their
// times, the last of which is end.
func backlog(orders int, end time.Time) [][]byte {
	places := orders + min(orders, ordersBetween)
	var events [][]byte
	for place, s := range steps(orders) {
		at := end.Add(backlogTime * time.Duration(place+1-places) / time.Duration(places))
		if s.kind == "pay" {
			at = at.Add(time.Millisecond)
		}
		events = append(events, event(s.number, s.kind, at))
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
