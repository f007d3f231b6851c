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
	marks             int           // reads and writes of the marks
	slow              time.Duration // what a write takes
}

// cells are the contents of the bags "log" and "marks".
type cells map[string][]any

func (c cells) clone() cells {
	cloned := cells{}
	for key, bag := range c {
		cloned[key] = slices.Clone(bag)
	}
	return cloned
}

func newStore() *store { return &store{committed: cells{}, bundle: cells{}} }

func (s *store) commit()   { s.committed = s.bundle.clone() }
func (s *store) rollback() { s.bundle = s.committed.clone() }

// copy returns a store of another process's, with what is there now.
func (s *store) copy() *store { return &store{bundle: s.bundle.clone()} }

func (s *store) count(key string, writes int) {
	s.writes += writes
	if key == "marks" {
		s.marks++
	}
}

func (s *store) ReadBagState(key string) ([]any, []state.Transaction, error) {
	s.count(key, 0)
	return s.bundle[key], nil, nil
}
func (s *store) WriteBagState(t state.Transaction) error {
	time.Sleep(s.slow)
	s.count(t.Key, 1)
	s.bundle[t.Key] = append(s.bundle[t.Key], t.Val)
	return nil
}
func (s *store) ClearBagState(t state.Transaction) error {
	s.count(t.Key, 1)
	delete(s.bundle, t.Key)
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

	emitted func() // called with each outcome, if not nil
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
		Config: MatchConfig{Pattern: "create followedBy pay within 10s", Remember: 10 * time.Second, Tick: time.Second, Shards: 1},
		ID:     fmt.Sprintf("%s %p", t.Name(), new(int)),
		Timer:  timers.InEventTime("tick"),
		Log:    state.MakeBagState[[]byte]("log"),
		Marks:  state.MakeBagState[int64]("marks"),
	}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	return &worker{t: t, fn: fn, store: s}
}

// batch gives the worker events in texts such as "create@1000 o1", "end@5000",
// "watermark@4000" behind them, or "first@4000" without any.
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
		case "first":
			b.PromiseEmpty(0, at)
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
		func(beam.EventTime, *order.Outcome) {}, func(beam.EventTime, *order.Outcome) {}, func(order.Reject) {}, func([]order.Event) {})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick fires the timer of a tick and returns what comes out.
func (w *worker) tick(at int64) (texts []string) {
	w.t.Helper()
	w.start()
	outcome := func(_ beam.EventTime, o *order.Outcome) {
		texts = append(texts, string(o.Kind)+" "+o.OrderID)
		if w.emitted != nil {
			w.emitted()
		}
	}
	var tags timerList
	w.fn.setTimer(&tags, appointment{at, at})
	err := w.fn.OnTimer(context.Background(), beam.EventTime(at), w.store, &w.timers, 0, timers.Context{Tag: tags.tags[0]}, outcome, outcome,
		func(r order.Reject) { texts = append(texts, string(r.Reason)) }, func(events []order.Event) {
			for _, e := range events {
				texts = append(texts, "open "+e.OrderID)
			}
		})
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
