package transforms

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard/replica"
	"ordertimeout/transforms/shard/shardtest"
)

// store is the state of one shard as a runner keeps it.
type store struct {
	state.Provider // for the kinds of state that matchFn has not

	bundle cells
	writes int
	slow   time.Duration // what a write takes
}

// cells are the contents of the bags "log" and "marks".
type cells map[string][]any

func newStore() *store { return &store{bundle: cells{}} }

func (s *store) ReadBagState(key string) ([]any, []state.Transaction, error) {
	return s.bundle[key], nil, nil
}
func (s *store) WriteBagState(t state.Transaction) error {
	time.Sleep(s.slow)
	s.writes++
	s.bundle[t.Key] = append(s.bundle[t.Key], t.Val)
	return nil
}
func (s *store) ClearBagState(t state.Transaction) error {
	s.writes++
	delete(s.bundle, t.Key)
	return nil
}

// timerList is a timers.Provider that notes the timers' tags.
type timerList struct{ tags []string }

func (l *timerList) Set(t timers.TimerMap) { l.tags = append(l.tags, t.Tag) }

// worker is a process that has the state of a shard: a matchFn with replicas of its
// own. Each call of it is a bundle.
type worker struct {
	t      *testing.T
	fn     *matchFn
	store  *store
	timers timerList

	emitted func() // called with each outcome, if not nil
}

func newWorker(t *testing.T, s *store) *worker {
	t.Helper()
	return newWorkerOf(t, s, MatchConfig{})
}

// newWorkerOf returns a worker with some settings of its own.
func newWorkerOf(t *testing.T, s *store, c MatchConfig) *worker {
	t.Helper()
	c.Rules, c.Tick, c.Shards = Only("create followedBy pay within 10s", 10*time.Second), time.Second, 1
	fn := &matchFn{
		Config:   c,
		ID:       fmt.Sprintf("%s %p", t.Name(), new(int)),
		Timer:    timers.InEventTime("tick"),
		Log:      state.MakeBagState[[]byte]("log"),
		Versions: state.MakeBagState[int64]("marks"),
	}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	return &worker{t: t, fn: fn, store: s}
}

// batch gives the worker the events of shardtest.Batch.
func (w *worker) batch(texts ...string) {
	w.t.Helper()
	b := shardtest.Batch(w.t, texts...)
	w.bytes(b.Min(), b.Bytes())
}

func (w *worker) bytes(at int64, batch []byte) {
	w.t.Helper()
	w.fn.StartBundle(nil, nil, nil, nil, nil, nil, nil, nil)
	err := w.fn.ProcessElement(context.Background(), beam.EventTime(at), w.store, &w.timers, 0, batch,
		func(beam.EventTime, *order.Outcome) {}, func(beam.EventTime, *order.Outcome) {}, func(order.Reject) {}, func([]order.Event) {}, nil, nil, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick fires the timer of a tick and returns what comes out.
func (w *worker) tick(at int64) (texts []string) {
	w.t.Helper()
	w.fn.StartBundle(nil, nil, nil, nil, nil, nil, nil, nil)
	outcome := func(_ beam.EventTime, o *order.Outcome) {
		texts = append(texts, string(o.Kind)+" "+o.OrderID)
		if w.emitted != nil {
			w.emitted()
		}
	}
	err := w.fn.OnTimer(context.Background(), beam.EventTime(at), w.store, &w.timers, 0, timers.Context{Tag: tagOf(replica.Timer{Tick: at, Hold: at})}, outcome, outcome,
		func(r order.Reject) { texts = append(texts, string(r.Reason)) }, func(events []order.Event) {
			for _, e := range events {
				texts = append(texts, "open "+e.OrderID)
			}
		}, outcome, outcome, outcome, outcome)
	if err != nil {
		w.t.Fatal(err)
	}
	return texts
}

func (w *worker) want(got []string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("what came out (-want +got):\n%s", diff)
	}
}
