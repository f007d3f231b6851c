package beamfix

import "testing"

// A checkpoint is taken after bundle 1 and complete after bundle 2: then both are
// finalized, and it has only the first.
func TestWhatAFinalizedBundleHandedOutWaitsForALaterOne(t *testing.T) {
	var c Commits[*int]
	blocks := []*int{new(int), new(int), new(int)}
	first, second := c.number(), c.number()
	for i, n := range []int64{first, second} {
		if got := c.finalized(n, blocks[i:i+1]); len(got) > 0 {
			t.Errorf("bundle %d: let go of %d blocks in the round in which it was finalized", n, len(got))
		}
	}
	third := c.number()
	fourth := c.number()
	if !c.pending() {
		t.Error("nothing waits")
	}
	if got := c.finalized(third, blocks[2:]); len(got) != 2 || got[0] != blocks[0] || got[1] != blocks[1] {
		t.Errorf("the next round lets go of %v, want the first two blocks", got)
	}
	if got := c.finalized(fourth, nil); len(got) > 0 {
		t.Errorf("let go of %v, which ended in the same round", got)
	}
	if got := c.finalized(c.number(), nil); len(got) != 1 || got[0] != blocks[2] || c.pending() {
		t.Errorf("an empty bundle of the round after that lets go of %v, want the third block", got)
	}
	c.finalized(c.number(), blocks[:1])
	if got := c.drop(); len(got) != 1 || c.pending() {
		t.Errorf("at a restart %v is given back, want what waits", got)
	}
}
