package livemark

import (
	"math"
	"time"
)

// Pull is one of the pulls that are made side by side, each after the answer to the one
// before it. The zero Pull is not out.
type Pull struct {
	begun    time.Time
	at       int64 // from when on it may bring events, in milliseconds: see Next, Probed
	answered bool  // its answer has begun to come
}

// doubtAfter is how far a pull holds the watermark back until probes are made.
const doubtAfter = 250 * time.Millisecond

// Next says that all is seen that a pull has brought, and that the next one goes out in its
// place.
//
// Where it brought some there may be more of them. When the next one comes back, be it
// late, they are behind by as much more. So while events are well behind, the watermark
// does not pass what was expected when the next one went out, and no lag is forgotten.
func (w *Watermark) Next(p *Pull, some bool) {
	delete(w.out, p)
	if !some {
		return
	}
	if w.out == nil {
		w.out = map[*Pull]struct{}{}
	}
	now := w.Now()
	*p = Pull{begun: now, at: w.expected(now)}
	w.out[p] = struct{}{}
}

// Answering says that the answer to a pull begins to come, which may take long: no probe
// moves it any more.
func (w *Watermark) Answering(p *Pull) {
	if _, out := w.out[p]; out {
		p.answered = true
	}
}

// firstOut returns the first times of the pulls that may bring more.
func (w *Watermark) firstOut(now time.Time) Pull {
	first := Pull{begun: now, at: math.MaxInt64}
	for p := range w.out {
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

// InDoubt reports whether pulls that are out hold the watermark back by so much that
// a probe is to be made.
func (w *Watermark) InDoubt() bool {
	now := w.Now()
	return !w.stands(now) && w.wellBehind() && w.expected(now)-w.firstOut(now).at >= doubtAfter.Milliseconds()
}

// promptly is how long the answer to a probe may take that counts.
const promptly = 500 * time.Millisecond

// Probed says that a probe found nothing, and when it began. A probe is a pull that the
// server answers at once. Two such probes in a row show that a pull which was out before
// the first one had nothing to bring then. The watermark takes such a pull to have gone
// out when the first one began. So it follows the probes, and never gets to the present.
// The second probe has to begin a while after the answer to the first: see [Probe].
//
// One probe alone does not show it. A server that was frozen goes on, and may answer the
// probe with nothing just before it answers the pull, to which it has given all its
// messages. Or it answers before it reads what was sent to it meanwhile. When the second
// answer is here, on the same connection, those messages are here, too, and their lag is
// known; or the answer that brings them has begun to come (see Answering). What the server
// gets after the first probe began is behind by no more than what came lately. That is
// assumed of all that comes while the source is idle.
//
// A server that is frozen or out of reach answers no probe, and no pull is moved. Three
// things end a row: an answer that takes long, since a second stop may come between the
// answers; an event with the worst lag so far; and a pull that fails.
//
// A service may answer with nothing although it has messages. There it counts that the
// pulls which wait have not got any in all this time, either.
func (w *Watermark) Probed(begun time.Time) {
	first := w.proof
	w.proof = begun
	if w.Now().Sub(begun) > promptly {
		w.proof = time.Time{}
	}
	if first.IsZero() || w.proof.IsZero() {
		return
	}
	at := w.expected(first)
	for p := range w.out {
		if p.begun.Before(first) && !p.answered {
			p.at = max(p.at, at)
		}
	}
}
