package shard

import (
	"slices"

	"ordertimeout/transforms/cep"
)

// Removed is a rule that is no more, and what it had.
type Removed struct {
	Rule string
	// Runs are its runs that were open, and Matched those of them that had given a match, as
	// with every: they have ended so, and are not removed.
	Runs, Matched int64
	// Undecided are the events that it held, and that nobody has any more.
	Undecided int64
}

// AddRemoved adds up what rules had that are no more.
func AddRemoved(sum, more []Removed) []Removed {
	for _, r := range more {
		i := slices.IndexFunc(sum, func(s Removed) bool { return s.Rule == r.Rule })
		if i < 0 {
			i, sum = len(sum), append(sum, Removed{Rule: r.Rule})
		}
		sum[i].Runs += r.Runs
		sum[i].Matched += r.Matched
		sum[i].Undecided += r.Undecided
	}
	return sum
}

// Removed returns the rules that had something, and are no more, where the shard was restored
// from what other rules have written.
func (s *Shard) Removed() []Removed { return s.removed }

// Leave ends all rules of the shard, which is not to be used any more, and returns what they
// had, and how many events wait for their tick, which they have in common.
func (s *Shard) Leave() (removed []Removed, waiting int64) {
	for part := range s.lanes[0].waiting {
		waiting += int64(len(part))
	}
	return s.remove(), waiting
}

// remove ends the runs of all lanes that are there.
func (s *Shard) remove() (removed []Removed) {
	for i, l := range s.lanes {
		if l == nil {
			continue
		}
		if r := l.remove(s.rules.Each[i].Name); r != (Removed{Rule: r.Rule}) {
			removed = append(removed, r)
		}
	}
	return removed
}

// remove ends the runs of a lane. Nothing is let go of: the input that led to a state that
// other rules have written is not held here.
func (l *lane) remove(rule string) Removed {
	r, out := Removed{Rule: rule}, Output{}
	for k := range l.keys.all {
		r.Undecided += int64(len(l.heldIn(k)))
		l.matcher.Remove(&k.state, &out.Output)
		out.Settled = out.Settled[:0]
	}
	r.Matched = out.Ends[cep.Matched]
	r.Runs = r.Matched + out.Ends[cep.Removed]
	return r
}
