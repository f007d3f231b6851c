package whole

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"ordertimeout/transforms/cep/ceptest"
)

// RandomLog returns a log of n events and some copies, not stamped, in order of arrival.
// Its events are near each other in time and few in kinds, so that boundaries of the
// pattern's windows, ties, repeats and late events are the rule. The types are a to d,
// which the patterns know, and e; data has the members type, time and n. The keys are k0
// to k2.
func (p Pattern) RandomLog(rnd *rand.Rand, n int) []ceptest.Event {
	windows := append(windowsOf(p.Sequence), p.Within, p.Remember)
	if p.Window.Text != "" {
		windows = append(windows, p.Window.Then, p.Window.Else)
	}
	keys, time := 1+rnd.IntN(3), int64(1000)
	var log []ceptest.Event
	for range n {
		switch rnd.IntN(8) {
		case 0:
			// From an event before, exactly a window, or one millisecond to each side of it.
			if len(log) > 0 {
				time = log[rnd.IntN(len(log))].Time + windows[rnd.IntN(len(windows))] + int64(rnd.IntN(3)-1)
			}
		case 1, 2:
		default:
			time += int64(rnd.IntN(8))
		}
		log = append(log, randomEvent(rnd, fmt.Sprint("k", rnd.IntN(keys)), time))
	}
	slices.SortStableFunc(log, func(a, b ceptest.Event) int { return int(a.Time - b.Time) })
	// Some copies and some stragglers arrive anywhere behind their place.
	for range rnd.IntN(1 + n/3) {
		i := rnd.IntN(len(log))
		e := log[i]
		if rnd.IntN(2) == 0 {
			log = slices.Delete(log, i, i+1)
		}
		log = slices.Insert(log, min(len(log), i+1+rnd.IntN(n)), e)
	}
	return log
}

func randomEvent(rnd *rand.Rand, key string, time int64) ceptest.Event {
	e := ceptest.Event{Key: key, Type: "aabbccdde"[rnd.IntN(9):][:1], Time: time}
	if rnd.IntN(3) == 0 {
		e.ID = fmt.Sprint("i", rnd.IntN(6))
	}
	e.Data = fmt.Sprintf(`{"type":%q,"time":%d,"n":%d}`, e.Type, time, rnd.IntN(4))
	return e
}

// windowsOf returns the windows of the links of a sequence.
func windowsOf(seq []Element) []int64 {
	var all []int64
	for _, el := range seq {
		if el.Within > 0 {
			all = append(all, el.Within)
		}
		all = append(all, windowsOf(el.Group)...)
	}
	return all
}
