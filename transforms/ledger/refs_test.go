package ledger

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
		want := map[uint64]*Message{}
		var open []uint64
		for range 3000 {
			n := 1 + dice.IntN(9)
			x := &Message{}
			for ref := r.add(x, n, 1); n > 0; n, ref = n-1, ref+1 {
				want[ref], open = x, append(open, ref)
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
				if got, last := r.drop(ref); got != want[ref] || !last {
					t.Fatalf("seed %d: ref %d: dropped %p, the last holder: %t, want %p", seed, ref, got, last, want[ref])
				}
				delete(want, ref)
				if r.find(ref) != nil || dropped(&r, ref) != nil {
					t.Fatalf("seed %d: ref %d is done, and still found", seed, ref)
				}
			}
			if got := r.size(); got != len(want) {
				t.Fatalf("seed %d: %d are not done, want %d", seed, got, len(want))
			}
		}
		if r.find(0) != nil || dropped(&r, 0) != nil || r.find(r.last+1) != nil || dropped(&r, r.last+pageRefs) != nil {
			t.Errorf("seed %d: what was never given out is found", seed)
		}
		for ref, x := range want {
			if dropped(&r, ref) != x {
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
		x, n := &Message{}, 0
		for range 3 * maxPages * pageRefs / 64 {
			for ref := r.add(x, 64, 1); ref <= r.last; ref++ {
				// Those of the first pages only.
				if ref < 100*pageRefs && ref%open == 0 {
					n++
				} else {
					r.drop(ref)
				}
			}
		}
		if len(r.pages) > maxPages || r.size() != n {
			t.Errorf("%s: %d pages, want %d at most; %d are not done, want %d", name, len(r.pages), maxPages, r.size(), n)
		}
		for ref := open; ref < 100*pageRefs; ref += open {
			if dropped(&r, ref) != x {
				t.Fatalf("%s: ref %d is not found", name, ref)
			}
		}
	}
}

// The holders of a Ref are counted in a page and as a stray.
func TestRefsCountTheHolders(t *testing.T) {
	for name, more := range map[string]int{"in a page": 0, "as strays": maxPages * pageRefs} {
		var r refs
		x := &Message{}
		ref := r.add(x, 3, 3)
		alone := r.add(x, 1, 1)
		r.hold(ref)
		r.add(x, more, 1)
		r.hold(ref + 1)
		r.hold(ref + uint64(more) + 99) // nobody has it
		for i, holders := range []int{4, 4, 3, 1} {
			for n := 1; n <= holders; n++ {
				if m, last := r.drop(ref + uint64(i)); m != x || last != (n == holders) {
					t.Errorf("%s: ref %d: holder %d of %d: got %p, the last one: %t", name, ref+uint64(i), n, holders, m, last)
				}
			}
			if r.hold(ref + uint64(i)); dropped(&r, ref+uint64(i)) != nil {
				t.Errorf("%s: ref %d has a holder after the last one", name, ref+uint64(i))
			}
		}
		if (r.page(alone/pageRefs) == nil) != (more > 0) || r.size() != more {
			t.Errorf("%s: %d Refs have holders, want %d", name, r.size(), more)
		}
	}
}

// dropped is drop for who does not care whether the holder was the last one.
func dropped(r *refs, ref uint64) *Message {
	m, _ := r.drop(ref)
	return m
}
