package transforms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// store is the state of one shard as a runner keeps it: what a bundle writes
// counts once the bundle is committed.
type store struct {
	state.Provider // for the kinds of state that matchFn has not

	committed, bundle cells
	writes            int
	versions          int // reads and writes of the version
}

// cells are the contents of the states "version" and "log".
type cells struct {
	version any
	log     []any
}

func (s *store) commit()   { s.committed = cells{s.bundle.version, slices.Clone(s.bundle.log)} }
func (s *store) rollback() { s.bundle = cells{s.committed.version, slices.Clone(s.committed.log)} }

func (s *store) ReadValueState(string) (any, []state.Transaction, error) {
	s.versions++
	return s.bundle.version, nil, nil
}
func (s *store) ReadBagState(string) ([]any, []state.Transaction, error) {
	return s.bundle.log, nil, nil
}
func (s *store) WriteValueState(t state.Transaction) error {
	s.writes++
	s.versions++
	s.bundle.version = t.Val
	return nil
}
func (s *store) ClearValueState(state.Transaction) error {
	s.writes++
	s.bundle.version = nil
	return nil
}
func (s *store) WriteBagState(t state.Transaction) error {
	s.writes++
	s.bundle.log = append(s.bundle.log, t.Val)
	return nil
}
func (s *store) ClearBagState(state.Transaction) error {
	s.writes++
	s.bundle.log = nil
	return nil
}

// timerList is a timers.Provider that notes the timers' tags.
type timerList struct{ tags []string }

func (l *timerList) Set(t timers.TimerMap) { l.tags = append(l.tags, t.Tag) }

// worker is a process that has the state of a shard: a matchFn with images of its
// own.
type worker struct {
	t      *testing.T
	fn     *matchFn
	store  *store
	timers timerList
	inside bool // of a bundle
}

// bundle does what f does in one bundle; outside of it each call is a bundle.
func (w *worker) bundle(f func()) {
	w.start()
	w.inside = true
	f()
	w.inside = false
}

func (w *worker) start() {
	if !w.inside {
		w.fn.StartBundle(nil, nil, nil, nil)
	}
}

func newWorker(t *testing.T, s *store) *worker {
	t.Helper()
	fn := &matchFn{
		Config:  MatchConfig{Pattern: "create followedBy pay within 10s", Remember: 10 * time.Second, Tick: time.Second, Shards: 1},
		ID:      fmt.Sprintf("%s %p", t.Name(), new(int)),
		Timer:   timers.InEventTime("tick"),
		Log:     state.MakeBagState[[]byte]("log"),
		Version: state.MakeValueState[int64]("version"),
	}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	return &worker{t: t, fn: fn, store: s}
}

// batch gives the worker events in texts such as "create@1000 o1", "end@5000", or
// "watermark@4000" behind them.
func (w *worker) batch(texts ...string) {
	w.t.Helper()
	var b shard.Batch
	for _, text := range texts {
		var typ, id string
		var at int64
		if _, err := fmt.Sscan(strings.Replace(text, "@", " ", 1)+" -", &typ, &at, &id); err != nil {
			w.t.Fatal(err)
		}
		switch typ {
		case "end":
			b.End(at, at, at)
			continue
		case "watermark":
			b.Promise(at)
			continue
		}
		b.Add(&shard.Event{Key: order.Key("u", id), Event: cep.Event{Type: typ, Time: at, At: at, Data: []byte(text)}})
	}
	w.bytes(b.Min(), b.Bytes())
}

func (w *worker) bytes(at int64, batch []byte) {
	w.t.Helper()
	w.start()
	err := w.fn.ProcessElement(context.Background(), beam.EventTime(at), w.store, &w.timers, 0, batch,
		func(beam.EventTime, *order.Outcome) {}, func(beam.EventTime, *order.Outcome) {}, func(order.Reject) {}, func(*order.Event) {})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick fires the timer of a tick and returns what comes out.
func (w *worker) tick(at int64) (texts []string) {
	w.t.Helper()
	w.start()
	outcome := func(_ beam.EventTime, o *order.Outcome) { texts = append(texts, string(o.Kind)+" "+o.OrderID) }
	var tags timerList
	w.fn.setTimer(&tags, appointment{at, at})
	err := w.fn.OnTimer(context.Background(), beam.EventTime(at), w.store, &w.timers, 0, timers.Context{Tag: tags.tags[0]}, outcome, outcome,
		func(r order.Reject) { texts = append(texts, string(r.Reason)) }, func(e *order.Event) { texts = append(texts, "open "+e.OrderID) })
	if err != nil {
		w.t.Fatal(err)
	}
	return texts
}

// cachedShard returns the worker's image in memory, if there is one.
func (w *worker) cachedShard() *shard.Shard {
	images.Lock()
	defer images.Unlock()
	if im := images.m[imageKey{w.fn.ID, 0}]; im != nil {
		if err := im.wait(); err != nil {
			w.t.Error(err)
		}
		return im.shard
	}
	return nil
}

func (w *worker) want(got []string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("what came out (-want +got):\n%s", diff)
	}
}

// While nobody else writes, one image serves: the log is not read again.
func TestImageStaysGood(t *testing.T) {
	w := newWorker(t, &store{})
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	first := w.cachedShard()
	w.batch("pay@3000 o1")
	w.want(w.tick(4000), "success o1")
	if first == nil || w.cachedShard() != first {
		t.Error("the image was built again")
	}
}

func TestABundleReadsAndWritesTheVersionOnce(t *testing.T) {
	s := &store{}
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	w.tick(2000)
	s.versions = 0
	w.bundle(func() {
		w.batch("pay@3000 o1", "create@5000 o2")
		w.want(w.tick(4000), "success o1")
		w.batch("pay@5000 o2")
		w.want(w.tick(6000), "success o2")
	})
	if s.versions != 2 {
		t.Errorf("%d reads and writes of the version, want 2", s.versions)
	}
	w.tick(30000)
	if s.versions != 4 {
		t.Errorf("%d reads and writes of the version after the next bundle, want 4", s.versions)
	}
}

// Another worker has had the shard in between: what this one has in memory is
// out of date, and it must not lose what the other one did.
func TestImageOfAnotherVersionIsThrownAway(t *testing.T) {
	s := &store{}
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1", "create@1000 o2")
	here.want(here.tick(2000))
	stale := here.cachedShard()
	there.batch("pay@3000 o1")
	there.want(there.tick(4000), "success o1")

	here.want(here.tick(12000), "timeout o2")
	if here.cachedShard() == stale {
		t.Error("the image of an older version was kept")
	}
	there.batch("pay@5000 o1", "pay@13000 o2")
	there.want(there.tick(14000), "orphan", "orphan")
}

// A batch that comes while the image is out of date goes to the log alone, and is
// there when the image is built.
func TestBatchWithoutAnImageIsInTheLog(t *testing.T) {
	s := &store{}
	here, there := newWorker(t, s), newWorker(t, s)
	here.batch("create@1000 o1")
	here.want(here.tick(2000))
	there.batch("create@3000 o2")
	here.batch("pay@4000 o2")
	if here.cachedShard() != nil {
		t.Error("an image is in memory that has not seen the other worker's batch")
	}
	here.want(here.tick(5000), "success o2")
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
		s := &store{}
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
		again := newWorker(t, &store{bundle: cells{s.bundle.version, slices.Clone(s.bundle.log)}})
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
		s := &store{}
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
		again := newWorker(t, &store{bundle: cells{s.bundle.version, slices.Clone(s.bundle.log)}})
		w.batch("create@30000 o2")
		again.batch("create@30000 o2")
		if diff := cmp.Diff(again.tick(50000), w.tick(50000)); diff != "" {
			t.Errorf("%s: afterwards the image gives other than the log (-log +image):\n%s", test.reason, diff)
		}
	}
}

// A snapshot with what was done ahead would lose its outcomes in a crash.
func TestNoSnapshotBeforeWhatWasDoneAheadIsDelivered(t *testing.T) {
	s := &store{}
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	w.want(w.tick(2000))
	images.m[imageKey{w.fn.ID, 0}].logSize = 10 * logSlack
	w.batch("pay@3000 o1", "watermark@4000")
	if len(s.bundle.log) != 3 {
		t.Errorf("%d records of log, want 3", len(s.bundle.log))
	}
	w.want(w.tick(4000), "success o1")
	if len(s.bundle.log) != 1 || !shard.IsSnapshot(s.bundle.log[0].([]byte)) {
		t.Errorf("%d records of log after the tick, want a snapshot", len(s.bundle.log))
	}
}

func TestImagesOfAProcessAreBounded(t *testing.T) {
	w := newWorker(t, &store{})
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
		s := &store{}
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
