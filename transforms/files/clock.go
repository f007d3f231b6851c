package files

import "ordertimeout/transforms/order"

// clock is the event-time clock of the log. The zero value, but for disorder,
// is the clock before the first event.
type clock struct {
	disorder int64 // in milliseconds
	largest  int64 // event time so far
}

// watermark returns the time before which no event is expected any more, in
// milliseconds: the largest event time less the disorder, and not below the
// epoch, before which there are no events anyway.
func (c clock) watermark() int64 { return max(0, c.largest-c.disorder) }

// stamp gives the event its place in time, and moves on.
func (c *clock) stamp(e *order.Event) {
	e.At = max(e.Time, c.watermark())
	c.largest = max(c.largest, e.Time)
}

// mark promises the watermark. ok is false where there is nothing to promise.
func (c clock) mark() (m order.Event, ok bool) {
	w := c.watermark()
	return order.Event{Mark: order.MarkWatermark, At: w}, w > 0
}

// end is the end mark: of a log that is complete, or of one that was left or
// broke off, at which no later time has come than the watermark.
func (c clock) end(complete, endOfTime bool) order.Event {
	m := order.Event{Mark: order.MarkEnd, Time: c.largest, At: c.largest}
	switch {
	case !complete:
		m.At = c.watermark()
	case endOfTime:
		m.At = order.EndOfTime
	}
	return m
}
