package process

import "time"

// Flow control: Prism has no backpressure, so a source runs ahead of the rest
// and what it read queues up in the runner's memory.
const (
	// maxInFlight is how many bytes may be on their way between the source's
	// stage and the stateful one before the source waits: one bundle on its way, and
	// the next one.
	maxInFlight = 2 << 20
	// maxWait bounds one wait: a source that waits for ever would deadlock with
	// a runner that waits for the source.
	maxWait = 200 * time.Millisecond
)

// Sent counts bytes that leave the source's stage; a negative n bytes that have
// arrived at the next one.
func (r *Run) Sent(n int) { r.inFlight.Add(int64(n)) }

// InFlight returns the bytes that have left the source's stage and have not arrived at
// the next one.
func (r *Run) InFlight() int64 { return r.inFlight.Load() }

// Throttle waits until little is on its way, or for a short while. Call it at
// the start of a source's bundle, before anything is sent: later it would wait
// for its own output, which leaves at the bundle's end.
//
// It does nothing for a run that another process has started, nor on a Cluster. Such a
// runner starts again after a failure, and what was on its way then never arrives, so
// that every call would wait its longest.
func (r *Run) Throttle() {
	if r.remote || r.Cluster {
		return
	}
	for end := time.Now().Add(maxWait); r.InFlight() > maxInFlight && time.Now().Before(end); {
		select {
		case <-r.stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
