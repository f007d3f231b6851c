package pipeline

import (
	"math"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// defaultWindow stands for the windows of a pattern that has none, in which nothing waits.
const defaultWindow = 10 * time.Minute

// defaultMaxWithin is the default of -max-within, where the source says no other.
const defaultMaxWithin = 90 * 24 * time.Hour

// windows are what the defaults of other settings follow: those of a pattern, and of its
// links and negations.
type windows struct {
	// shortest is the smallest of all.
	shortest time.Duration
	// whole is how long a run takes: the pattern's window, or without one the sum of the
	// others.
	whole time.Duration
}

func windowsOf(p syntax.Pattern) windows {
	var w windows
	w.add(p.Sequence)
	switch {
	case p.Within > 0 && (w.shortest == 0 || p.Within < w.shortest):
		w.shortest = p.Within
	case w.shortest == 0:
		w = windows{defaultWindow, defaultWindow}
	}
	if p.Within > 0 {
		w.whole = p.Within
	}
	return w
}

// add adds the windows of the elements, and of the groups among them.
func (w *windows) add(elements []syntax.Element) {
	for _, e := range elements {
		if e.Within > 0 {
			w.whole += min(e.Within, math.MaxInt64-w.whole)
			if w.shortest == 0 || e.Within < w.shortest {
				w.shortest = e.Within
			}
		}
		w.add(e.Group)
	}
}

// remember is the default of -remember.
func (w windows) remember() time.Duration { return w.whole }

// tick is the default of -tick.
func (w windows) tick() time.Duration {
	return min(max((w.shortest/60).Truncate(time.Millisecond), 10*time.Millisecond), 10*time.Second)
}
