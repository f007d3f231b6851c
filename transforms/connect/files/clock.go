package files

import "ordertimeout/transforms/order"

// clock is the event-time clock of the log. The zero value, but for disorder,
// is the clock before the first event.
type clock struct {
	disorder int64 // in milliseconds
	start    int64 // the watermark that the log begins with, where it goes on
	begun    bool  // an event was followed
	largest  int64 // event time so far, of those followed

	// alive is set once the clock of a live input goes on by itself, to floor: see
	// liveness.
	alive bool
	floor int64
}

// watermark returns the time before which no event is expected any more, in
// milliseconds: the largest event time less the disorder, and not below the
// epoch, before which there are no events anyway.
func (c clock) watermark() int64 {
	if c.alive {
		return c.floor
	}
	return max(c.start, c.largest-c.disorder)
}

// stamp gives the event its place in time.
func (c clock) stamp(e *order.Event) { e.At = max(e.Time, c.watermark()) }

// follow moves on to an event's time.
func (c *clock) follow(time int64) { c.begun, c.largest = true, max(c.largest, time) }

// mark promises the watermark. ok is false where there is nothing to promise.
func (c clock) mark() (m order.Event, ok bool) {
	w := c.watermark()
	return order.Event{Mark: order.MarkWatermark, At: w}, w > 0
}

// end is the mark of the end of a log that has come to its end; endOfTime lets that be
// the end of time. The watermark of a live input may have passed its last event.
func (c clock) end(endOfTime bool) order.Event {
	at := max(c.largest, c.watermark())
	if endOfTime {
		at = order.EndOfTime
	}
	return order.Event{Mark: order.MarkEnd, Time: c.largest, At: at}
}

// cut is the mark of the end of a log that goes on elsewhere: one that was stopped or
// broke off, or that the next run begins with what this one leaves open.
func (c clock) cut() order.Event {
	return order.Event{Mark: order.MarkCut, Time: c.largest, At: c.watermark()}
}
