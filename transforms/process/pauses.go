package process

import "time"

// Pauses says how long a source has not read for carry points.
type Pauses struct {
	// Count is their number.
	Count int64
	// Half, Most and Longest are the longest of half, of 99 of 100, and of all of them. The
	// first two are known to a fourth.
	Half, Most, Longest time.Duration
}

// Paused takes note of a pause.
func (t *Tally) Paused(d time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pauses.add(d.Milliseconds())
}

// Pauses returns what is known of the pauses; zeros without any.
func (t *Tally) Pauses() Pauses {
	if t == nil {
		return Pauses{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return Pauses{t.pauses.count, t.pauses.within(0.5), t.pauses.within(0.99), t.pauses.longest()}
}
