package pubsub

import (
	"math"
	"time"
)

// watermark is the clock of the source in event time: the time before which no
// event is expected any more.
//
// It is the time of day less how far the events are behind it: the disorder and what
// all of them are behind by, which is the worst time that a message took from its
// publication to here lately, or the smallest lag of an event where that is more, as
// where all are published long after they happened; or the worst lag where that is
// more than all this. So a backlog is in order, too, where every message is behind by
// more than the disorder, and its events are as much out of order as any. And it goes
// on while nothing is published, so that the last orders time out. It never passes an
// event that was pulled and not handed out.
//
// It stands still where the lag is not known: at the start, and after a pull that
// failed, since what a lost pull (or a process that was killed) had leased comes
// back when the lease ends; while no pull gets through; and once it is frozen.
//
// And it stands still while events are well behind and a pull is out that follows
// one which brought messages: there may be more of them, and when this pull comes
// back, be it late, they are behind by as much more. For the same reason a lag is
// not forgotten while such a pull is out. Where that takes long, probes tell such a
// pull from one that waits for a message to be published: see probed.
//
// It is not safe for concurrent use.
type watermark struct {
	now      func() time.Time
	disorder time.Duration
	// window is how long a lag counts, and maxLag the largest that does.
	window, maxLag time.Duration
	// settle is how long pulls have to succeed until the lag is known.
	settle time.Duration
	// stale is how long after a pull its result is still good.
	stale time.Duration

	at     int64 // the watermark in milliseconds; 0 before it is known
	lags   lags  // of events
	ways   lags  // of messages since their publication
	least  lags  // of events, negated: the worst of these is the smallest lag
	holds  map[*hold]struct{}
	more   map[*reader]pull // those that are out and may bring more, by who pulls
	since  time.Time        // since when pulls succeed; zero: they do not
	last   time.Time        // the last pull that succeeded
	proof  time.Time        // when the last probe that counts began; zero: there is none
	frozen bool
}

// lags are in the order of time, each larger than all that follow.
type lags []lag

type lag struct {
	seen   time.Time
	behind time.Duration
}

func (l *lags) saw(now time.Time, behind time.Duration) {
	rest := *l
	for n := len(rest); n > 0 && rest[n-1].behind <= behind; n-- {
		rest = rest[:n-1]
	}
	*l = append(rest, lag{now, behind})
}

// forget drops those that were seen before a time.
func (l *lags) forget(before time.Time) {
	for len(*l) > 0 && (*l)[0].seen.Before(before) {
		*l = (*l)[1:]
	}
}

// worst returns the largest, 0 where there is none.
func (l lags) worst() time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[0].behind
}

// hold keeps the watermark from passing a time in milliseconds.
type hold struct{ at int64 }

// pull is one that is out.
type pull struct {
	begun time.Time
	at    int64 // from when on it may bring events, in milliseconds: see next, probed
	// answered says that its answer has begun to come.
	answered bool
}

const (
	// littleLag is a lag that pulls under load have at any time.
	littleLag = 100 * time.Millisecond
	// maxOut is how long a pull may be out until it is taken for one that waits for
	// a message to be published.
	maxOut = 10 * time.Second
	// doubtAfter is how far a pull holds the watermark back until probes are made.
	doubtAfter = 250 * time.Millisecond
)

// value returns the watermark in milliseconds, 0 where nothing is known.
func (w *watermark) value() int64 {
	now := w.now()
	if w.stands(now) {
		return w.at
	}
	first := w.firstOut(now)
	for _, l := range []*lags{&w.lags, &w.ways, &w.least} {
		l.forget(first.begun.Add(-w.window))
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
func (w *watermark) stands(now time.Time) bool {
	return w.frozen || w.since.IsZero() || now.Sub(w.since) < w.settle || now.Sub(w.last) > w.stale
}

// wellBehind reports whether the watermark passes nothing that a pull may bring.
func (w *watermark) wellBehind() bool { return w.lags.worst() > max(w.disorder/2, littleLag) }

// expected returns the time in milliseconds from which on events are expected, by
// the lags.
func (w *watermark) expected(now time.Time) int64 {
	all := max(w.ways.worst(), -w.least.worst())
	return now.Add(-max(w.lags.worst(), all+w.disorder)).UnixMilli()
}

// firstOut returns the first times of the pulls that may bring more.
func (w *watermark) firstOut(now time.Time) pull {
	first := pull{begun: now, at: math.MaxInt64}
	for _, p := range w.more {
		if now.Sub(p.begun) > maxOut {
			continue
		}
		if p.begun.Before(first.begun) {
			first.begun = p.begun
		}
		first.at = min(first.at, p.at)
	}
	return first
}

// next says that all that a pull of r has brought is seen, and that the next one
// goes out. It may bring more where this one has brought some.
func (w *watermark) next(r *reader, some bool) {
	delete(w.more, r)
	if !some {
		return
	}
	if w.more == nil {
		w.more = map[*reader]pull{}
	}
	now := w.now()
	w.more[r] = pull{begun: now, at: w.expected(now)}
}

// inDoubt reports whether pulls that are out hold the watermark back by so much that
// a probe is to be made.
func (w *watermark) inDoubt() bool {
	now := w.now()
	return !w.stands(now) && w.wellBehind() && w.expected(now)-w.firstOut(now).at >= doubtAfter.Milliseconds()
}

// probed says that a probe found nothing, which is a pull that the server answers at
// once, and when it began. Two in a row, the second begun a while after the answer to
// the first (which the caller sees to), show that no pull which was out had anything to
// bring when the first one began. So such pulls are taken to have begun then: the
// watermark follows the probes, and never gets to the present.
//
// One alone does not show it. A server that was frozen may, when it goes on, answer a
// probe with nothing an instant before the pull that it has given all its messages to,
// or before it reads those that were sent to it in the meantime. By the answer to the
// second probe, on the same connection, they are here, and their lag is known, or the
// answer that brings them has begun to come: see answering. What it gets after the
// first one began is behind by no more than what came lately, as is assumed of all
// that comes while it is idle.
//
// While the server is frozen or out of reach it answers no probe, and no pull is moved.
// An answer that takes long counts for nothing and ends the row, as a second stop may
// come between the answers; so do a lag as bad as the worst, and a pull that fails. The
// service does not promise that an empty answer means an empty backlog: what counts
// there is that the pulls which wait have not got anything in all this time, either.
func (w *watermark) probed(begun time.Time) {
	first := w.proof
	w.proof = begun
	if w.now().Sub(begun) > probeTime {
		w.proof = time.Time{}
	}
	if first.IsZero() || w.proof.IsZero() {
		return
	}
	at := w.expected(first)
	for r, p := range w.more {
		if p.begun.Before(first) && !p.answered {
			p.at = max(p.at, at)
			w.more[r] = p
		}
	}
}

// answering says that the answer to a pull of r begins to come, which may take long: no
// probe moves it any more.
func (w *watermark) answering(r *reader) {
	if p, ok := w.more[r]; ok {
		p.answered = true
		w.more[r] = p
	}
}

// pulled says that a pull succeeded.
func (w *watermark) pulled() {
	now := w.now()
	if w.since.IsZero() || now.Sub(w.last) > w.stale {
		w.since = now
	}
	w.last = now
}

// failed says that a pull failed.
func (w *watermark) failed() { w.since, w.proof = time.Time{}, time.Time{} }

// saw takes note of the times of the first and the last of some events, and of the first
// publication of a message of theirs, in milliseconds.
func (w *watermark) saw(first, last, published int64) {
	now := w.now()
	if way := now.Sub(time.UnixMilli(published)); way <= w.maxLag {
		w.ways.saw(now, max(way, 0)) // the service has another clock
	}
	if least := now.Sub(time.UnixMilli(last)); least <= w.maxLag {
		w.least.saw(now, -least)
	}
	behind := now.Sub(time.UnixMilli(first))
	if behind > w.maxLag {
		return
	}
	if w.lags.saw(now, behind); len(w.lags) == 1 {
		w.proof = time.Time{}
	}
}

// hold keeps the watermark from passing a time until released.
func (w *watermark) hold(at int64) *hold {
	h := &hold{at}
	if w.holds == nil {
		w.holds = map[*hold]struct{}{}
	}
	w.holds[h] = struct{}{}
	return h
}

func (w *watermark) released(h *hold) { delete(w.holds, h) }

// freeze lets the watermark stand for ever.
func (w *watermark) freeze() { w.value(); w.frozen = true }
