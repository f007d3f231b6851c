// Package livemark is the watermark of a live source: the time before which no event is
// expected any more. It knows no service. A source that asks a service for messages by
// requests that may wait there (called pulls) tells it what comes, and when.
//
// # How it is reckoned
//
// The watermark is the time of day less how far the events are behind it. Two lags are
// reckoned, and the larger one counts:
//
//   - The worst lag of a single event in the last seconds (see [Config].Window).
//   - What all events are behind by, and Disorder on top of it. All are behind by the
//     longest time that a message took from its publication to here. Where events are
//     published long after they happened, all are behind by more: by the smallest lag of
//     an event.
//
// So Disorder counts in a backlog, too, where every message is behind by more than that.
// And the watermark goes on while nothing is published, so that the last orders time out.
//
// # When it stands
//
// It never passes an event that was pulled and not handed out: see [Watermark.Hold].
//
// It stands while the lag is not known: at the start, and after a pull that failed, until
// pulls have succeeded for as long as Settle. A lost pull, or a process that was killed,
// may have leased messages, and they come back when the lease ends. It also stands while
// no pull gets through, and once it is frozen.
//
// A pull that still waits may bring old events. While events are well behind, the watermark
// does not pass what such a pull may bring: see [Watermark.Next]. It need not stand for as
// long as the pull may wait, as probes tell whether there is anything: see
// [Watermark.Probed].
package livemark

import "time"

// Config says how a watermark is reckoned.
type Config struct {
	// Now is the clock.
	Now func() time.Time
	// Disorder is how long after its time an event may be published and still be on
	// time, whatever was seen before.
	Disorder time.Duration
	// Window is how long a lag counts, and MaxLag the largest that does.
	Window, MaxLag time.Duration
	// Settle is how long pulls have to succeed until the lag is known.
	Settle time.Duration
	// Stale is how long after a pull its result is still good.
	Stale time.Duration
}

// Watermark is the watermark of one source. It is not safe for concurrent use.
type Watermark struct {
	Config

	at     int64 // the watermark in milliseconds; 0 before it is known
	holds  map[*Hold]struct{}
	frozen bool

	eventLags lags // of single events
	transits  lags // of messages since their publication
	minLags   lags // of the last event of a message, negated: the worst is the smallest lag

	out   map[*Pull]struct{} // the pulls that are out and may bring more
	since time.Time          // since when pulls succeed; zero: they do not
	last  time.Time          // the last pull that succeeded
	proof time.Time          // when the last probe that counts began; zero: there is none
}

// Hold keeps the watermark from passing a time.
type Hold struct{ at int64 }

const (
	// littleLag is a lag that pulls under load have at any time.
	littleLag = 100 * time.Millisecond
	// maxOut is how long a pull may be out until it is taken for one that waits for
	// a message to be published.
	maxOut = 10 * time.Second
)

// Start lets the watermark begin at a time in milliseconds, where an earlier source has
// left it. It stands there until the lag is known.
func (w *Watermark) Start(at int64) { w.at = at }

// Value returns the watermark in milliseconds, 0 where nothing is known.
func (w *Watermark) Value() int64 {
	now := w.Now()
	if w.stands(now) {
		return w.at
	}
	first := w.firstOut(now)
	for _, l := range []*lags{&w.eventLags, &w.transits, &w.minLags} {
		l.forget(first.begun.Add(-w.Window))
	}
	at := w.expected(now)
	if w.wellBehind() {
		at = min(at, first.at)
	}
	for h := range w.holds {
		at = min(at, h.at)
	}
	w.at = max(w.at, at)
	return w.at
}

// stands reports whether the watermark stands because the lag is not known.
func (w *Watermark) stands(now time.Time) bool {
	return w.frozen || w.since.IsZero() || now.Sub(w.since) < w.Settle || now.Sub(w.last) > w.Stale
}

// wellBehind reports whether the watermark passes nothing that a pull may bring.
func (w *Watermark) wellBehind() bool { return w.eventLags.worst() > max(w.Disorder/2, littleLag) }

// expected returns the time in milliseconds from which on events are expected, by
// the lags.
func (w *Watermark) expected(now time.Time) int64 {
	all := max(w.transits.worst(), -w.minLags.worst())
	return now.Add(-max(w.eventLags.worst(), all+w.Disorder)).UnixMilli()
}

// Pulled says that a pull succeeded.
func (w *Watermark) Pulled() {
	now := w.Now()
	if w.since.IsZero() || now.Sub(w.last) > w.Stale {
		w.since = now
	}
	w.last = now
}

// Failed says that a pull failed.
func (w *Watermark) Failed() { w.since, w.proof = time.Time{}, time.Time{} }

// Saw takes note of the times of the first and the last of some events, and of the first
// publication of a message of theirs, in milliseconds.
func (w *Watermark) Saw(first, last, published int64) {
	now := w.Now()
	if transit := now.Sub(time.UnixMilli(published)); transit <= w.MaxLag {
		w.transits.saw(now, max(transit, 0)) // the service has another clock
	}
	if least := now.Sub(time.UnixMilli(last)); least <= w.MaxLag {
		w.minLags.saw(now, -least)
	}
	behind := now.Sub(time.UnixMilli(first))
	if behind > w.MaxLag {
		return
	}
	if w.eventLags.saw(now, behind); len(w.eventLags) == 1 {
		w.proof = time.Time{}
	}
}

// Hold keeps the watermark from passing a time in milliseconds, until Release.
func (w *Watermark) Hold(at int64) *Hold {
	h := &Hold{at}
	if w.holds == nil {
		w.holds = map[*Hold]struct{}{}
	}
	w.holds[h] = struct{}{}
	return h
}

// Release ends a hold. Nil is none.
func (w *Watermark) Release(h *Hold) { delete(w.holds, h) }

// Freeze lets the watermark stand for ever.
func (w *Watermark) Freeze() { w.Value(); w.frozen = true }
