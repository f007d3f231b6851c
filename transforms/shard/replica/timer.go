package replica

import "ordertimeout/transforms/shard"

// Timer is a timer for a tick. The zero value is no timer.
type Timer struct {
	// Tick is the tick that is to be worked when time has reached it, in milliseconds
	// since the Unix epoch.
	Tick int64
	// Hold is the time of the earliest outcome that the tick may have. Until the timer
	// fires, the output watermark must stay there.
	Hold int64
}

// timerOf returns the timer of the tick that applies a batch whose earliest event is at
// hold.
//
// That is the first tick after hold. If the source promises that the watermark will be
// beyond it, that is the last tick which the watermark will have reached; and at the end
// of the input, the first tick after all events. So a replay takes a step a bundle, and
// not one a tick.
func (s *Shards) timerOf(h shard.Header, hold int64) Timer {
	tick := shard.AfterTick(hold, s.config.Tick)
	if h.Watermark != shard.NoWatermark {
		tick = max(tick, shard.FloorTick(h.Watermark, s.config.Tick))
	}
	if h.End {
		tick = max(tick, shard.AfterTick(h.Last, s.config.Tick))
	}
	return Timer{tick, hold}
}

// setNext returns the timer of the next tick at which the shard has something to do, the
// zero Timer without one, and notes that it is set.
func (r *replica) setNext(tickSize int64) Timer {
	tick, hold, ok := r.shard.Next()
	if !ok {
		return Timer{}
	}
	if r.promised != shard.NoWatermark {
		tick = max(tick, shard.FloorTick(r.promised, tickSize))
	}
	r.next = Timer{tick, hold}
	return r.next
}

// missingNext is setNext after a tick that had nothing to do, where no timer is set for the
// next one. There is something to do where the events of a batch were behind the clock of
// the shard: their place is then later than the tick of the batch's own timer.
func (r *replica) missingNext(tickSize int64) Timer {
	if r.next != (Timer{}) || r.early.tick != noTick {
		return Timer{}
	}
	return r.setNext(tickSize)
}

// takeNext returns the timer that is set for the next tick, and forgets it, if a batch
// makes the watermark reach both that tick and a later one: then one tick does for both.
func (r *replica) takeNext(h shard.Header, later int64) Timer {
	if r.next == (Timer{}) || r.next.Tick >= later || !h.Reaches(later) {
		return Timer{}
	}
	next := r.next
	r.next = Timer{}
	return next
}
