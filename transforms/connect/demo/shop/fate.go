package shop

import (
	"math"
	"strconv"
)

// Never is the time of what does not happen: it is after all others.
const Never = math.MaxInt64

// Fate is what happens to an order, as the shop knows it before anybody is told. Times
// are those of the events in milliseconds, or Never.
type Fate struct {
	OrderID                  string
	Created, Paid, Cancelled int64
	// Deadline is when the time to pay is over.
	Deadline int64
}

// Watch calls f with the fate of each order that is created from now on, before any of
// its events arrives. What is told of a log can then be compared with what is true.
func (s *Shop) Watch(f func(Fate)) { s.watch = f }

// tell tells the watcher of an order, if there is one.
func (s *Shop) tell(f Fate) {
	if s.watch != nil {
		f.OrderID = "o" + strconv.FormatInt(s.orders, 10)
		s.watch(f)
	}
}
