package ceptest

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// RandomPattern returns a pattern of two to four steps, strict, relaxed or both.
func RandomPattern(rnd *rand.Rand) Pattern {
	patterns := []Pattern{
		{Steps: []string{"create", "pay"}, Strict: []bool{false, false}, Within: 100},
		{Steps: []string{"create", "pay"}, Strict: []bool{false, true}, Within: 100},
		{Steps: []string{"a", "b", "c"}, Strict: []bool{false, false, true}, Within: 150},
		{Steps: []string{"a", "b", "c", "d"}, Strict: []bool{false, true, false, false}, Within: 150},
	}
	p := patterns[rnd.IntN(len(patterns))]
	p.Remember = []int64{0, 1, 40, p.Within}[rnd.IntN(4)]
	return p
}

// RandomLog returns a log, not stamped, in order of arrival. Its events are near
// each other in time and few in kinds, so that boundaries, ties, repeats and
// late events are the rule. The keys are k0 to k3.
func (p Pattern) RandomLog(rnd *rand.Rand) []Event {
	var log []Event
	keys, span := 1+rnd.IntN(4), int64(50+rnd.IntN(500))
	for n := 5 + rnd.IntN(60); n > 0; n-- {
		e := Event{Key: fmt.Sprint("k", rnd.IntN(keys)), Type: "other", Time: 1000 + rnd.Int64N(span)}
		if rnd.IntN(8) > 0 {
			e.Type = p.Steps[rnd.IntN(len(p.Steps))]
		}
		if rnd.IntN(3) == 0 {
			e.ID = fmt.Sprint("i", rnd.IntN(4))
		}
		e.Data = fmt.Sprintf("%s-%d-%d", e.Type, e.Time, rnd.IntN(2))
		log = append(log, e)
	}
	slices.SortStableFunc(log, func(a, b Event) int { return int(a.Time - b.Time) })
	// Some copies and some stragglers arrive anywhere behind their place.
	for n := rnd.IntN(15); n > 0; n-- {
		i := rnd.IntN(len(log))
		e := log[i]
		if rnd.IntN(2) == 0 {
			log = slices.Delete(log, i, i+1)
		}
		j := min(len(log), i+1+rnd.IntN(30))
		log = slices.Insert(log, j, e)
	}
	return log
}

// Shuffle returns the log in another order of arrival in which each event has
// the same place in time: within the disorder, events change places freely.
func Shuffle(rnd *rand.Rand, log []Event, disorder int64) []Event {
	log = slices.Clone(log)
	want, _ := Stamp(log, disorder, 0)
	for range 4 * len(log) {
		i := rnd.IntN(len(log) - 1)
		log[i], log[i+1] = log[i+1], log[i]
		got, _ := Stamp(log, disorder, 0)
		if got[i].At != want[i+1].At || got[i+1].At != want[i].At {
			log[i], log[i+1] = log[i+1], log[i]
			continue
		}
		want = got
	}
	return log
}
