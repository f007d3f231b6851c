package pubsub

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever is done in whatever order, each event is found until it is done, and once.
func TestRefsFindTheMessageOfAnEventUntilItIsDone(t *testing.T) {
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 1))
		var r refs
		want := map[uint64]*input{}
		var open []uint64
		for range 3000 {
			n := 1 + dice.IntN(9)
			x := &input{}
			if dice.IntN(10) == 0 {
				x = nil
			}
			for ref := r.add(x, n); n > 0; n, ref = n-1, ref+1 {
				if x != nil {
					want[ref], open = x, append(open, ref)
				}
			}
			// Most are done a while later, every tenth only in the end.
			for len(open) > 500 {
				i := dice.IntN(100)
				ref := open[i]
				open = slices.Delete(open, i, i+1)
				if ref%10 == 0 {
					continue
				}
				if got := r.find(ref); got != want[ref] || got == nil {
					t.Fatalf("seed %d: ref %d: found %p, want %p", seed, ref, got, want[ref])
				}
				if got := r.take(ref); got != want[ref] {
					t.Fatalf("seed %d: ref %d: took %p, want %p", seed, ref, got, want[ref])
				}
				delete(want, ref)
				if r.find(ref) != nil || r.take(ref) != nil {
					t.Fatalf("seed %d: ref %d is done, and still found", seed, ref)
				}
			}
			if got := r.size(); got != len(want) {
				t.Fatalf("seed %d: %d are not done, want %d", seed, got, len(want))
			}
		}
		if r.find(0) != nil || r.take(0) != nil || r.find(r.last+1) != nil || r.take(r.last+pageRefs) != nil {
			t.Errorf("seed %d: what was never given out is found", seed)
		}
		for ref, x := range want {
			if r.take(ref) != x {
				t.Errorf("seed %d: ref %d is not found in the end", seed, ref)
			}
		}
		if len(r.strays) > 0 || len(r.pages) > 1 {
			t.Errorf("seed %d: in the end %d strays and %d pages, want none and the last", seed, len(r.strays), len(r.pages))
		}
	}
}

// A few that stay open must not keep what came with them and after them.
func TestRefsOfDoneEventsTakeNoMemory(t *testing.T) {
	for name, open := range map[string]uint64{"few of a page": pageRefs, "many of a page": 4} {
		var r refs
		x, n := &input{}, 0
		for range 3 * maxPages * pageRefs / 64 {
			for ref := r.add(x, 64); ref <= r.last; ref++ {
				// Those of the first pages only.
				if ref < 100*pageRefs && ref%open == 0 {
					n++
				} else {
					r.take(ref)
				}
			}
		}
		if len(r.pages) > maxPages || r.size() != n {
			t.Errorf("%s: %d pages, want %d at most; %d are not done, want %d", name, len(r.pages), maxPages, r.size(), n)
		}
		for ref := open; ref < 100*pageRefs; ref += open {
			if r.take(ref) != x {
				t.Fatalf("%s: ref %d is not found", name, ref)
			}
		}
	}
}

func TestFifoGivesWhatItGotInOrder(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	var q fifo[int]
	in, out := 0, 0
	for range 10_000 {
		for range dice.IntN(4) {
			q.push(in)
			in++
		}
		for n := dice.IntN(4); n > 0 && q.n > 0; n-- {
			first := *q.first()
			if got := q.pop(); first != out || got != out {
				t.Fatalf("first %d, then %d, want %d", first, got, out)
			}
			out++
		}
		if q.n != in-out {
			t.Fatalf("it has %d, want %d", q.n, in-out)
		}
	}
}
