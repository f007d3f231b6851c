package replica

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// While nobody else writes, one replica serves: the log is not read again.
func TestImageStaysGood(t *testing.T) {
	w := newWorker(t, newStore())
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	first := w.cached()
	w.batch("pay@3000 o1")
	w.want(w.tick(4000), "success o1")
	if first == nil || w.cached() != first {
		t.Error("the replica was built again")
	}
}

// What a bundle costs: a mark for its batches, and for its ticks a look at the marks
// and one more.
func TestABundleReadsTheMarksOnceAndAddsOne(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	w.tick(2000)
	for _, test := range []struct {
		reason string
		bundle func()
		want   int
	}{
		{"batches", func() { w.batch("pay@3000 o1", "create@5000 o2"); w.batch("pay@5000 o2") }, 1},
		{"ticks", func() { w.want(w.tick(4000), "success o1"); w.want(w.tick(6000), "success o2") }, 2},
		{"both", func() { w.batch("create@7000 o3"); w.tick(8000); w.batch("create@9000 o4"); w.tick(10000) }, 2},
		{"a tick without a batch", func() { w.want(w.tick(30000), "timeout o3", "timeout o4") }, 2},
	} {
		s.versionCalls = 0
		w.bundle(test.bundle)
		if s.versionCalls != test.want {
			t.Errorf("%s: %d reads and writes of the marks, want %d", test.reason, s.versionCalls, test.want)
		}
	}
}

// Marks that nobody needs any more go, but never those of another worker that this
// one has not seen.
func TestMarksStayFew(t *testing.T) {
	s := newStore()
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1")
	here.tick(2000)
	first := here.cached()
	for i := range int64(10 * maxVersions) {
		here.batch(fmt.Sprintf("create@%d o2", 3000+i))
		if n := len(s.bundle.versions); n > maxVersions {
			t.Fatalf("%d marks after %d batches, want at most %d", n, i, maxVersions)
		}
	}
	if here.cached() != first {
		t.Error("the replica was built again")
	}
	there.batch("pay@5000 o1")
	for i := range int64(2 * maxVersions) {
		here.batch(fmt.Sprintf("create@%d o3", 5000+i))
	}
	if got := here.tick(6000); !slices.Contains(got, "success o1") {
		t.Error("another worker's batch was lost with its mark")
	}
	for i := range int64(3 * maxVersions) {
		there.tick(7000 + i)
		if n := len(s.bundle.versions); n > 4*maxVersions {
			t.Fatalf("%d marks after %d ticks, want fewer", n, i)
		}
	}
}

// Another worker has had the shard in between: what this one has in memory is
// out of date, and it must not lose what the other one did.
func TestImageOfAnotherLogIsThrownAway(t *testing.T) {
	s := newStore()
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1", "create@1000 o2")
	here.want(here.tick(2000))
	stale := here.cached()
	there.batch("pay@3000 o1")
	there.want(there.tick(4000), "success o1")

	here.want(here.tick(12000), "timeout o2")
	if here.cached() == stale {
		t.Error("the replica of an older log was kept")
	}
	there.batch("pay@5000 o1", "pay@13000 o2")
	there.want(there.tick(14000), "orphan", "orphan")
}

// A batch that comes while the replica is out of date goes to the log, too, and is there
// when the replica is built again.
func TestBatchWithoutAnImageIsInTheLog(t *testing.T) {
	s := newStore()
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1")
	here.want(here.tick(2000))
	there.batch("create@3000 o2")
	stale := here.cached()
	here.batch("pay@4000 o2")
	here.want(here.tick(5000), "success o2")
	if here.cached() == stale {
		t.Error("the replica that has not seen the other worker's batch was kept")
	}
}

// A runner tries a failed bundle again. Its writes are gone; the replica that it
// has changed must not count.
func TestFailedBundleLeavesNoWrongImage(t *testing.T) {
	for _, bundle := range []struct {
		reason string
		before func(*worker) // committed
		failed func(*worker) []string
		want   []string
	}{
		{"a batch, and the tick that applies it", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { w.batch("pay@3000 o1"); return w.tick(4000) }, []string{"success o1"}},
		{"a batch alone", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { w.batch("create@3000 o1"); return nil }, nil},
		{"a tick alone", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { return w.tick(11000) }, []string{"timeout o1"}},
		{"the first batch", func(*worker) {},
			func(w *worker) []string { w.batch("pay@1000 o1"); return w.tick(2000) }, []string{"orphan"}},
		{"a batch with a promise", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { w.batch("pay@3000 o1", "watermark@4000"); return nil }, nil},
		{"and its tick", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { w.batch("pay@3000 o1", "watermark@4000"); return w.tick(4000) }, []string{"success o1"}},
		{"the tick of a promise", func(w *worker) { w.batch("create@1000 o1", "pay@3000 o1", "watermark@4000") },
			func(w *worker) []string { return w.tick(4000) }, []string{"success o1"}},
		{"the end", func(w *worker) { w.batch("create@1000 o1"); w.tick(2000) },
			func(w *worker) []string { w.batch("end@3000"); return w.tick(4000) }, []string{"open o1"}},
	} {
		s := newStore()
		w := newWorker(t, s)
		bundle.before(w)
		s.commit()
		for range 3 {
			var got []string
			w.bundle(func() { got = bundle.failed(w) })
			if diff := cmp.Diff(bundle.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", bundle.reason, diff)
			}
			s.rollback()
		}
		w.bundle(func() { bundle.failed(w) })
		s.commit()
		w.batch("create@20000 o9", "end@50000")
		again := newWorker(t, s.copy())
		got, want := w.tick(51000), again.tick(51000)
		if diff := cmp.Diff(want, got); diff != "" || !slices.Contains(got, "timeout o9") {
			t.Errorf("%s: afterwards the replica gives other than the log (-log +replica):\n%s", bundle.reason, diff)
		}
	}
}

// What was done ahead of its timer comes with the timer, however it goes on.
func TestTickThatWasWorkedAhead(t *testing.T) {
	for _, test := range []struct {
		reason string
		after  func(*worker) []string
		want   []string
	}{
		{"its timer", func(w *worker) []string { return w.tick(5000) }, []string{"success o1"}},
		{"the timer of an earlier tick", func(w *worker) []string { return append(w.tick(3000), w.tick(5000)...) }, []string{"success o1"}},
		{"the timer of a later tick", func(w *worker) []string { return w.tick(12000) }, []string{"success o1", "timeout o2"}},
		{"its timer, and again", func(w *worker) []string { return append(w.tick(5000), w.tick(5000)...) }, []string{"success o1"}},
		{"a later batch", func(w *worker) []string {
			w.batch("pay@6000 o2", "watermark@7000")
			return append(w.tick(5000), w.tick(7000)...)
		},
			[]string{"success o1", "success o2"}},
		{"a batch that comes too late for the promise", func(w *worker) []string { w.batch("pay@4500 o2"); return w.tick(5000) },
			[]string{"success o1", "success o2"}},
		{"the end", func(w *worker) []string { w.batch("end@20000"); return append(w.tick(5000), w.tick(21000)...) },
			[]string{"success o1", "timeout o2"}},
		{"another process", func(w *worker) []string { return newWorker(w.t, w.store).tick(5000) }, []string{"success o1"}},
	} {
		s := newStore()
		w := newWorker(t, s)
		w.batch("create@1000 o1", "create@2000 o2")
		w.want(w.tick(2000))
		w.batch("pay@3000 o1", "watermark@5000")
		if r := w.cached(); r == nil || r.early.tick != 5000 {
			t.Fatalf("%s: the tick of the promise was not begun early", test.reason)
		}
		if diff := cmp.Diff(test.want, test.after(w)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		// The log leads where the replica is.
		again := newWorker(t, s.copy())
		w.batch("create@30000 o2")
		again.batch("create@30000 o2")
		if diff := cmp.Diff(again.tick(50000), w.tick(50000)); diff != "" {
			t.Errorf("%s: afterwards the replica gives other than the log (-log +replica):\n%s", test.reason, diff)
		}
	}
}

// A snapshot with what was done ahead would lose its outcomes in a crash.
func TestNoSnapshotBeforeWhatWasDoneAheadIsDelivered(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	w.cached().logSize = 10 * logSlack
	w.batch("pay@3000 o1", "watermark@4000")
	if len(s.bundle.log) != 3 {
		t.Errorf("%d records of log, want 3", len(s.bundle.log))
	}
	w.want(w.tick(4000), "success o1")
	if len(s.bundle.log) != 1 || !shard.IsSnapshot(s.bundle.log[0]) {
		t.Errorf("%d records of log after the tick, want a snapshot", len(s.bundle.log))
	}
}

// A snapshot that was made ahead of its tick does not have what came in between.
func TestSnapshotMadeAheadHasAllBatches(t *testing.T) {
	for _, between := range [][]string{nil, {"create@5000 o2"}, {"create@5000 o2", "watermark@6000"}} {
		s := newStore()
		w := newWorker(t, s)
		w.batch("create@1000 o1")
		w.want(w.tick(2000))
		w.cached().logSize = 10 * logSlack
		w.batch("create@3000 o3", "watermark@4000")
		var want []string
		if between != nil {
			w.batch(between...)
			want = []string{"timeout o2"}
		}
		w.tick(4000)
		if len(s.bundle.log) != 1 {
			t.Errorf("%q: %d records of log after the tick, want a snapshot", between, len(s.bundle.log))
		}
		w = newWorker(t, s.copy())
		w.want(w.tick(14000), "timeout o1", "timeout o3")
		w.want(w.tick(20000), want...)
	}
}

// A batch behind the clock waits for a later tick than that of its own timer. If no other
// timer is set, that one sees to it.
func TestABatchBehindTheClockIsWorked(t *testing.T) {
	w := newWorker(t, newStore())
	w.batch("create@1000 o1")
	w.tick(2000)
	w.tick(11000)
	w.tick(22000) // nothing is remembered any more
	w.timers = nil
	var unstamped shard.Batch
	unstamped.Add(&shard.Event{Key: order.Key("u", "o1"), Event: cep.Event{Type: "pay", Time: 5000}})
	w.bytes(5000, unstamped.Bytes())
	w.want(w.tick(6000))
	if diff := cmp.Diff([]Timer{{6000, 5000}, {23000, 22000}}, w.timers); diff != "" {
		t.Fatalf("timers (-want +got):\n%s", diff)
	}
	w.want(w.tick(6000)) // as of a timer that was set by another worker
	w.want(w.tick(23000), "late")
	if diff := cmp.Diff(2, len(w.timers)); diff != "" {
		t.Errorf("number of timers (-want +got):\n%s", diff)
	}
}
