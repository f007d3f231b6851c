package transforms

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/shard"
)

// While nobody else writes, one image serves: the log is not read again.
func TestImageStaysGood(t *testing.T) {
	w := newWorker(t, newStore())
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	first := w.cachedShard()
	w.batch("pay@3000 o1")
	w.want(w.tick(4000), "success o1")
	if first == nil || w.cachedShard() != first {
		t.Error("the image was built again")
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
		s.marks = 0
		w.bundle(test.bundle)
		if s.marks != test.want {
			t.Errorf("%s: %d reads and writes of the marks, want %d", test.reason, s.marks, test.want)
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
	first := here.cachedShard()
	for i := range int64(10 * maxMarks) {
		here.batch(fmt.Sprintf("create@%d o2", 3000+i))
		if n := len(s.bundle["marks"]); n > maxMarks {
			t.Fatalf("%d marks after %d batches, want at most %d", n, i, maxMarks)
		}
	}
	if here.cachedShard() != first {
		t.Error("the image was built again")
	}
	there.batch("pay@5000 o1")
	for i := range int64(2 * maxMarks) {
		here.batch(fmt.Sprintf("create@%d o3", 5000+i))
	}
	if got := here.tick(6000); !slices.Contains(got, "success o1") {
		t.Error("another worker's batch was lost with its mark")
	}
	for i := range int64(3 * maxMarks) {
		there.tick(7000 + i)
		if n := len(s.bundle["marks"]); n > 4*maxMarks {
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
	stale := here.cachedShard()
	there.batch("pay@3000 o1")
	there.want(there.tick(4000), "success o1")

	here.want(here.tick(12000), "timeout o2")
	if here.cachedShard() == stale {
		t.Error("the image of an older log was kept")
	}
	there.batch("pay@5000 o1", "pay@13000 o2")
	there.want(there.tick(14000), "orphan", "orphan")
}

// A batch that comes while the image is out of date goes to the log, too, and is there
// when the image is built again.
func TestBatchWithoutAnImageIsInTheLog(t *testing.T) {
	s := newStore()
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1")
	here.want(here.tick(2000))
	there.batch("create@3000 o2")
	stale := here.cachedShard()
	here.batch("pay@4000 o2")
	here.want(here.tick(5000), "success o2")
	if here.cachedShard() == stale {
		t.Error("the image that has not seen the other worker's batch was kept")
	}
}

// A runner tries a failed bundle again. Its writes are gone; the image that it
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
			t.Errorf("%s: afterwards the image gives other than the log (-log +image):\n%s", bundle.reason, diff)
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
		if im := images.m[imageKey{w.fn.ID, 0}]; im == nil || im.ahead != 5000 {
			t.Fatalf("%s: the tick of the promise was not worked ahead", test.reason)
		}
		if diff := cmp.Diff(test.want, test.after(w)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		// The log leads where the image is.
		again := newWorker(t, s.copy())
		w.batch("create@30000 o2")
		again.batch("create@30000 o2")
		if diff := cmp.Diff(again.tick(50000), w.tick(50000)); diff != "" {
			t.Errorf("%s: afterwards the image gives other than the log (-log +image):\n%s", test.reason, diff)
		}
	}
}

// A snapshot with what was done ahead would lose its outcomes in a crash.
func TestNoSnapshotBeforeWhatWasDoneAheadIsDelivered(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	images.m[imageKey{w.fn.ID, 0}].logSize = 10 * logSlack
	w.batch("pay@3000 o1", "watermark@4000")
	if len(s.bundle["log"]) != 3 {
		t.Errorf("%d records of log, want 3", len(s.bundle["log"]))
	}
	w.want(w.tick(4000), "success o1")
	if len(s.bundle["log"]) != 1 || !shard.IsSnapshot(s.bundle["log"][0].([]byte)) {
		t.Errorf("%d records of log after the tick, want a snapshot", len(s.bundle["log"]))
	}
}

// A snapshot that was made ahead of its tick does not have what came in between.
func TestSnapshotMadeAheadHasAllBatches(t *testing.T) {
	for _, between := range [][]string{nil, {"create@5000 o2"}, {"create@5000 o2", "watermark@6000"}} {
		s := newStore()
		w := newWorker(t, s)
		w.batch("create@1000 o1")
		w.want(w.tick(2000))
		images.m[imageKey{w.fn.ID, 0}].logSize = 10 * logSlack
		w.batch("create@3000 o3", "watermark@4000")
		var want []string
		if between != nil {
			w.batch(between...)
			want = []string{"timeout o2"}
		}
		w.tick(4000)
		if len(s.bundle["log"]) != 1 {
			t.Errorf("%q: %d records of log after the tick, want a snapshot", between, len(s.bundle["log"]))
		}
		w = newWorker(t, s.copy())
		w.want(w.tick(14000), "timeout o1", "timeout o3")
		w.want(w.tick(20000), want...)
	}
}

// Beam's emitters panic where a later step fails. The bundle ends then, and nothing of
// it may be at work any more.
func TestTickThatPanicsLeavesNothingAtWork(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	s.slow = 5 * time.Millisecond
	w.emitted = func() { panic("a later step has failed") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		w.tick(12000)
	}()
	if log, marks := len(s.bundle["log"]), len(s.bundle["marks"]); log != 2 || marks != 2 {
		t.Errorf("%d records of log and %d marks after the panic, want both 2", log, marks)
	}
}

func TestImagesOfAProcessAreBounded(t *testing.T) {
	w := newWorker(t, newStore())
	for n := range int64(maxImages + 10) {
		(&image{}).keep(w.fn.ID, n)
	}
	images.Lock()
	defer images.Unlock()
	if len(images.m) > maxImages {
		t.Errorf("%d images, want at most %d", len(images.m), maxImages)
	}
	if images.m[imageKey{w.fn.ID, maxImages + 9}] == nil {
		t.Error("the newest image is gone")
	}
	clear(images.m)
}

// A runner that drains a job lets the watermark jump to the end of time. On a live
// input that is no time at which an order could time out.
func TestDrainOfALiveInputIsNoTime(t *testing.T) {
	now := time.Now().Truncate(time.Second).UnixMilli()
	for _, live := range []bool{true, false} {
		s := newStore()
		w := newWorker(t, s)
		w.fn.Config.Live = live
		w.batch(fmt.Sprintf("create@%d o1", now-20_000), fmt.Sprintf("create@%d o2", now))
		w.want(w.tick(now-5_000), "timeout o1") // the clock has reached it
		s.writes = 0
		var want []string
		if !live {
			want = []string{"timeout o2"}
		}
		w.want(w.tick(now+3_600_000), want...)
		if live && s.writes > 0 {
			t.Error("the run was not kept as it was")
		}
	}
}
