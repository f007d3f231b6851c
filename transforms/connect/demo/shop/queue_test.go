package shop

import (
	"slices"
	"testing"
)

func TestQueueGivesTheEarliestFirst(t *testing.T) {
	var q queue
	var want []int64
	r := dice(1)
	for range 1000 { // grows and shrinks
		for range r.below(8) {
			at := int64(r.below(100))
			q.push(delivery{at: at})
			want = append(want, at)
		}
		slices.Sort(want)
		for range min(r.below(8), uint64(len(q))) {
			if got := q.pop().at; got != want[0] {
				t.Fatalf("pop gave %d, want %d", got, want[0])
			}
			want = want[1:]
		}
	}
}
