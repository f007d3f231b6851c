package files

import (
	"time"

	"ordertimeout/transforms/order"
)

// liveness lets the clock of a live pipe go on by itself. Once nothing has come for 2 s
// behind the first event, the watermark is the moment of the last look that found
// nothing to read, less the disorder or less the worst lag of the last ten minutes: how
// long after its time an event came. What waits unread, as behind a slow sink or in a
// suspended machine, holds it.
type liveness struct {
	maxLag  int64 // in milliseconds; an event behind by more holds nothing back
	started bool  // there was an event, or the log goes on
	lags    [lagSlots]lag
}

// lag is the worst lag of a minute.
type lag struct{ minute, worst int64 }

const (
	// quiet is how long a look for more has to find nothing before the log is taken to
	// be read up to now.
	quiet = 2 * time.Second
	// lagSlots are the minutes whose lags count, the one that runs among them.
	lagSlots = 11
)

// event notes an event that came at a time.
func (l *liveness) event(e *order.Event, c *clock, at time.Time) {
	l.started = true
	late := at.UnixMilli() - e.Time
	if !c.alive || late <= 0 || late > l.maxLag {
		return // what was written before anybody looked is no lag
	}
	minute := at.UnixMilli() / time.Minute.Milliseconds()
	if s := &l.lags[minute%lagSlots]; s.minute != minute {
		*s = lag{minute, late}
	} else {
		s.worst = max(s.worst, late)
	}
}

// look moves the clock on to a look that found nothing; arrived is when something was
// read last.
func (l *liveness) look(c *clock, at, arrived time.Time) {
	if !l.started || !c.alive && at.Sub(arrived) < quiet {
		return
	}
	behind := c.disorder
	minute := at.UnixMilli() / time.Minute.Milliseconds()
	for _, s := range l.lags {
		if minute-s.minute < lagSlots {
			behind = max(behind, s.worst)
		}
	}
	c.floor = max(c.watermark(), at.UnixMilli()-behind)
	c.alive = true
}
