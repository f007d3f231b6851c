package live

import "sync/atomic"

// The names of the gauges among the live counters. Unlike counters they go up
// and down.
const (
	// OpenNow is the number of orders that are open right now.
	OpenNow = "open-now"
	// Unacked is the number of input messages that are held and not acknowledged.
	Unacked = "unacked"
	// WatermarkTime is the source's watermark in milliseconds since the Unix
	// epoch. It is not there before the first one.
	WatermarkTime = "watermark"
	// AllRead is 1 once files were read to their ends or, at a stop of a pipe, all that was
	// read is accounted for: then nothing of what the run began with is missing.
	AllRead = "all-read"
	// BeyondEnd is the number of events beyond the end of a log, which are returned as
	// their clocks were not believed, and BeyondEndFrom the time of the first of them in
	// milliseconds since the Unix epoch.
	BeyondEnd     = "beyond-end"
	BeyondEndFrom = "beyond-end-from"
)

// LeftCounter is the live counter of messages that were not delivered because the
// run was stopped, and that the next run makes again (see Run.Held).
const LeftCounter = "left"

// AcceptedCounter is the live counter of outcomes that a webhook accepted.
const AcceptedCounter = "accepted"

// UndeliveredCounter is the live counter of outcomes that were not delivered: those
// that a receiver refused, and those that a sink could not write. They are rejects
// with the reason order.Undelivered.
const UndeliveredCounter = "undelivered"

// UnwrittenCounter is the live counter of rejects that could not be written themselves.
// What they are of is in no output.
const UnwrittenCounter = "unwritten"

// UnopenedCounter is the live counter of events of open orders that could not be
// written.
const UnopenedCounter = "unopened"

// LostCounter returns the name of the counter of messages of a kind (order.Message.Outcome)
// that were not delivered. Rejects count apart, as one may be that of an outcome which is
// counted already, and so do events of open orders.
func LostCounter(outcome string) string {
	switch outcome {
	case "reject":
		return UnwrittenCounter
	case "open":
		return UnopenedCounter
	}
	return UndeliveredCounter
}

// RedeliveredCounter is the live counter of deliveries of input messages that the
// source holds already, or has acknowledged a short while ago. They give no event.
const RedeliveredCounter = "redelivered"

// Set sets a gauge.
func (r *Run) Set(name string, value int64) {
	if r != nil {
		r.counter(name).Store(value)
	}
}

// Count adds to a live counter or gauge: what -metrics and the progress line
// show while the pipeline runs. A bundle that is repeated counts twice here, and
// not in Beam's counters.
func (r *Run) Count(name string, n int64) {
	if r != nil && n != 0 {
		r.counter(name).Add(n)
	}
}

func (r *Run) counter(name string) *atomic.Int64 {
	c, ok := r.counters.Load(name)
	if !ok {
		c, _ = r.counters.LoadOrStore(name, new(atomic.Int64))
	}
	return c.(*atomic.Int64)
}

// Counters returns the live counters and gauges by name.
func (r *Run) Counters() map[string]int64 {
	all := map[string]int64{}
	if r != nil {
		r.counters.Range(func(name, c any) bool {
			all[name.(string)] = c.(*atomic.Int64).Load()
			return true
		})
	}
	return all
}
