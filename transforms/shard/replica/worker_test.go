package replica

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/shardtest"
)

// store is the Store of one shard in memory: what a bundle writes counts once the bundle
// is committed.
type store struct {
	committed, bundle content
	writes            int
	versionCalls      int // reads and writes of the versions
}

type content struct {
	log      [][]byte
	versions []int64
}

func (c content) clone() content { return content{slices.Clone(c.log), slices.Clone(c.versions)} }

func newStore() *store { return &store{} }

func (s *store) commit()   { s.committed = s.bundle.clone() }
func (s *store) rollback() { s.bundle = s.committed.clone() }

// copy returns a store of another process's, with what is there now.
func (s *store) copy() *store { return &store{bundle: s.bundle.clone()} }

func (s *store) ReadVersions() ([]int64, error) {
	s.versionCalls++
	return slices.Clone(s.bundle.versions), nil
}

func (s *store) AddVersion(version int64) error {
	s.versionCalls++
	s.writes++
	s.bundle.versions = append(s.bundle.versions, version)
	return nil
}

func (s *store) ClearVersions() error {
	s.versionCalls++
	s.writes++
	s.bundle.versions = nil
	return nil
}

func (s *store) ReadLog() ([][]byte, error) { return slices.Clone(s.bundle.log), nil }

func (s *store) AddLog(record []byte) error {
	s.writes++
	s.bundle.log = append(s.bundle.log, record)
	return nil
}

func (s *store) ClearLog() error {
	s.writes++
	s.bundle.log = nil
	return nil
}

// worker is a process that has the log of a shard, and a cache of its own.
type worker struct {
	t      *testing.T
	shards *Shards
	store  *store
	timers []Timer // that were set
	inside bool    // of a bundle
	points []Point // that it has come to
	begun  []shard.Standing
	// removed are the rules of which it has told that they are no more.
	removed []shard.Removed

	emitted func() // called with each outcome, if not nil
}

func newWorker(t *testing.T, s *store) *worker {
	t.Helper()
	return newWorkerOf(t, s, Config{})
}

// newWorkerOf returns a worker with some settings of its own.
func newWorkerOf(t *testing.T, s *store, c Config) *worker {
	t.Helper()
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay within 10s"), cep.Config{Remember: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c.Rules, c.Tick = []Rule{{Rule: shard.Rule{Prog: prog}}}, 1000
	return &worker{t: t, shards: New(NewCache(), "step", c), store: s}
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
		w.shards.StartBundle()
	}
}

// batch gives the worker the events of shardtest.Batch.
func (w *worker) batch(texts ...string) {
	w.t.Helper()
	b := shardtest.Batch(w.t, texts...)
	w.bytes(b.Min(), b.Bytes())
}

func (w *worker) bytes(at int64, batch []byte) {
	w.t.Helper()
	w.start()
	result, err := w.shards.Add(w.store, 0, at, batch)
	if err != nil {
		w.t.Fatal(err)
	}
	w.follow(result)
}

// tick lets the timer of a tick fire and returns what comes out.
func (w *worker) tick(at int64) (texts []string) {
	w.t.Helper()
	w.start()
	result, err := w.shards.Tick(w.store, 0, at, func(c *Chunk) error {
		for i := range c.Outcomes {
			texts = append(texts, string(c.Outcomes[i].Kind)+" "+c.Outcomes[i].OrderID)
			if w.emitted != nil {
				w.emitted()
			}
		}
		c.Rejects(func(r order.Reject) { texts = append(texts, string(r.Reason)) })
		return c.Open(func(events []order.Event) {
			for _, e := range events {
				texts = append(texts, "open "+e.OrderID)
			}
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.follow(result)
	return texts
}

// fire lets the timers fire that are due at a watermark, and returns what comes out.
func (w *worker) fire(watermark int64) (texts []string) {
	w.t.Helper()
	for {
		slices.SortFunc(w.timers, func(a, b Timer) int { return cmp.Compare(a.Tick, b.Tick) })
		if len(w.timers) == 0 || w.timers[0].Tick > watermark {
			return texts
		}
		tick := w.timers[0].Tick
		w.timers = w.timers[1:]
		texts = append(texts, w.tick(tick)...)
	}
}

// follow takes note of what a result asks for.
func (w *worker) follow(r Result) {
	for _, timer := range []Timer{r.Set, r.Next} {
		if timer != (Timer{}) {
			w.timers = append(w.timers, timer)
		}
	}
	w.removed = shard.AddRemoved(w.removed, r.Removed)
	if w.begun = r.Begun; r.Point != nil {
		w.points = append(w.points, *r.Point)
	}
}

// cached returns the worker's replica in memory, nil if there is none. Work on it has
// ended.
func (w *worker) cached() *replica {
	w.shards.cache.mu.Lock()
	defer w.shards.cache.mu.Unlock()
	r := w.shards.cache.found[place{"step", 0}]
	if r != nil {
		if err := r.wait(); err != nil {
			w.t.Error(err)
		}
	}
	return r
}

func (w *worker) want(got []string, want ...string) {
	w.t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		w.t.Errorf("what came out (-want +got):\n%s", diff)
	}
}
