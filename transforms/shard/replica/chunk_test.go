package replica

import (
	"fmt"
	"slices"
	"testing"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
)

// However many chunks a tick has, all of it comes out once, and the log has it as one.
func TestTickInParts(t *testing.T) {
	creates := []string{"pay@1500 x"}
	want := []string{"orphan"}
	for i := range int64(7) {
		creates = append(creates, fmt.Sprintf("create@%d000 o%d", i+2, i))
		want = append(want, fmt.Sprintf("timeout o%d", i))
	}
	for _, test := range []struct {
		reason  string
		promise []string
		more    bool
	}{
		{"at its timer", nil, false},
		{"ahead of its timer", []string{"watermark@20000"}, true},
	} {
		s := newStore()
		w := newWorkerOf(t, s, Config{ChunkSize: 2})
		w.batch("create@0 first", "pay@0 first")
		w.want(w.tick(1000), "success first")
		w.batch(append(slices.Clone(creates), test.promise...)...)
		if r := w.cached(); r.chunk.more != test.more {
			t.Errorf("%s: there is more: %v, want %v", test.reason, r.chunk.more, test.more)
		}
		records := len(s.bundle.log)
		got := w.tick(20000)
		slices.Sort(got)
		w.want(got, want...)
		if got := len(s.bundle.log) - records; got != 1 {
			t.Errorf("%s: the tick made %d records of log, want 1", test.reason, got)
		}
		again := newWorkerOf(t, s.copy(), Config{ChunkSize: 2})
		w.want(again.tick(40000))
		w.want(w.tick(40000))
	}
}

// What has gathered before the source knows the time is worked in one step, not in one a
// tick.
func TestTicksBeforeTheFirstPromiseAreOneStep(t *testing.T) {
	for _, test := range []struct {
		reason string
		known  bool // the shard is in memory
	}{{"a start", false}, {"a shard that is known", true}} {
		s := newStore()
		w := newWorker(t, s)
		if test.known {
			w.batch("view@0 x")
			w.want(w.tick(500))
		}
		w.batch("create@1000 o1", "pay@1500 o1", "create@3000 o2")
		w.batch("create@2500 o3", "pay@4000 o3")
		w.batch("first@20000")
		records := len(s.bundle.log)
		for _, tick := range []int64{2000, 3000, 4000} { // the timers of the batches
			w.want(w.tick(tick))
		}
		w.want(w.tick(20000), "success o1", "success o3", "timeout o2")
		if got := len(s.bundle.log) - records; got != 1 {
			t.Errorf("%s: ticks made %d records of log, want 1", test.reason, got)
		}
		w.want(newWorker(t, s.copy()).tick(40000))
	}
}

// Where a chunk cannot be sent, the replica that has gone on does not count.
func TestTickThatFailsInItsSecondPart(t *testing.T) {
	s := newStore()
	w := newWorkerOf(t, s, Config{ChunkSize: 2})
	w.batch("create@1000 o1", "create@2000 o2", "create@3000 o3", "create@4000 o4", "create@5000 o5", "watermark@5500")
	w.want(w.tick(5500))
	s.commit()
	sent := 0
	w.emitted = func() {
		if sent++; sent == 3 {
			panic("a later step has failed")
		}
	}
	func() {
		defer func() { _ = recover() }()
		w.bundle(func() { w.tick(20000) })
	}()
	if sent != 3 {
		t.Fatalf("%d outcomes before the failure, want 3", sent)
	}
	s.rollback()
	w.inside, w.emitted = false, nil
	got := w.tick(20000)
	slices.Sort(got)
	w.want(got, "timeout o1", "timeout o2", "timeout o3", "timeout o4", "timeout o5")
}

// What is held for an outcome that a rule does not tell of is let go of: nobody else does.
func TestWhatIsNotToldOfIsSettled(t *testing.T) {
	c := Chunk{config: &Config{Rules: []Rule{{}, {Unread: []order.Kind{order.Success}}}}}
	c.Output.Outcomes = []cep.Outcome{{How: cep.Matched, Refs: []uint64{1, 2}}, {How: cep.TimedOut, Refs: []uint64{3}}, {How: cep.Matched}}
	for rule, want := range [][][]uint64{nil, {{1, 2}}} {
		c.Output.Rule = rule
		if got := c.Settled(); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("rule %d: settled %v, want %v", rule, got, want)
		}
	}
}
