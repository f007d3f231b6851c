package shard_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

var patterns = []string{
	"create followedBy pay within 100ms",
	"create next pay within 100ms",
	"a followedBy b next c within 150ms",
	"a next b followedBy c followedBy d within 150ms",
}

// world is a random log and everything by which it may be cut.
type world struct {
	rnd      *rand.Rand
	pattern  cep.Pattern
	model    modelPattern
	disorder int64
	tick     int64
	shards   int
	atEnd    string
	log      []modelEvent // in order of arrival, not stamped
}

func newWorld(seed uint64) *world {
	w := &world{rnd: rand.New(rand.NewPCG(seed, 7))}
	w.pattern = cep.MustParse(patterns[w.rnd.IntN(len(patterns))])
	remember := []int64{0, 1, 40, w.pattern.Within.Milliseconds()}[w.rnd.IntN(4)]
	w.model = modelPattern{within: w.pattern.Within.Milliseconds(), remember: remember}
	for _, s := range w.pattern.Steps {
		w.model.steps = append(w.model.steps, s.Type)
		w.model.strict = append(w.model.strict, s.Contiguity == cep.Next)
	}
	w.disorder = []int64{0, 5, 30}[w.rnd.IntN(3)]
	w.tick = []int64{1, 7, 10, 50, 1000}[w.rnd.IntN(5)]
	w.shards = []int{1, 2, 3, 64}[w.rnd.IntN(4)]
	w.atEnd = []string{"log", "timeout", "stop", "none"}[w.rnd.IntN(4)]
	w.makeLog()
	return w
}

// makeLog makes events that are near each other in time and few in kinds, so
// that boundaries, ties, repeats and late events are the rule.
func (w *world) makeLog() {
	keys, span := 1+w.rnd.IntN(4), int64(50+w.rnd.IntN(500))
	for n := 5 + w.rnd.IntN(60); n > 0; n-- {
		e := modelEvent{key: fmt.Sprint("k", w.rnd.IntN(keys)), typ: "other", time: 1000 + w.rnd.Int64N(span)}
		if w.rnd.IntN(8) > 0 {
			e.typ = w.model.steps[w.rnd.IntN(len(w.model.steps))]
		}
		if w.rnd.IntN(3) == 0 {
			e.id = fmt.Sprint("i", w.rnd.IntN(4))
		}
		e.data = fmt.Sprintf("%s-%d-%d", e.typ, e.time, w.rnd.IntN(2))
		w.log = append(w.log, e)
	}
	slices.SortStableFunc(w.log, func(a, b modelEvent) int { return int(a.time - b.time) })
	// Some copies and some stragglers arrive anywhere behind their place.
	for n := w.rnd.IntN(15); n > 0; n-- {
		i := w.rnd.IntN(len(w.log))
		e := w.log[i]
		if w.rnd.IntN(2) == 0 {
			w.log = slices.Delete(w.log, i, i+1)
		}
		j := min(len(w.log), i+1+w.rnd.IntN(30))
		w.log = slices.Insert(w.log, j, e)
	}
}

// shuffle returns the log in another order of arrival in which each event has
// the same place in time: within the disorder, events change places freely.
func (w *world) shuffle(log []modelEvent) []modelEvent {
	log = slices.Clone(log)
	want, _ := stamp(log, w.disorder)
	for range 4 * len(log) {
		i := w.rnd.IntN(len(log) - 1)
		log[i], log[i+1] = log[i+1], log[i]
		got, _ := stamp(log, w.disorder)
		if got[i].at != want[i+1].at || got[i+1].at != want[i].at {
			log[i], log[i+1] = log[i+1], log[i]
			continue
		}
		want = got
	}
	return log
}

// limit returns the last deadline that expires, for a log that ends as atEnd says.
func (w *world) limit(last int64) int64 {
	switch w.atEnd {
	case "log":
		return last
	case "stop":
		return last - w.disorder
	}
	return order.EndOfTime
}

// run gives a log to shards in random batches with random ticks in between, as a
// runner may, throwing images away at random, and returns what came out.
func (w *world) run(t *testing.T, log []modelEvent) result {
	t.Helper()
	stamped, last := stamp(log, w.disorder)
	var shards []*shardRun
	for range w.shards {
		shards = append(shards, &shardRun{world: w, t: t, image: shard.New(w.prog(t), w.tick)})
	}
	watermark, largest := int64(math.MinInt64), int64(math.MinInt64)
	for _, e := range stamped {
		n := 0
		for _, c := range e.key {
			n = (n*31 + int(c)) % w.shards
		}
		shards[n].event(e)
		largest = max(largest, e.time)
		if w.rnd.IntN(3) == 0 { // the bundle ends
			watermark = largest - w.disorder
			for _, s := range shards {
				s.flush(watermark, false, 0)
			}
		}
		for _, s := range shards {
			if w.rnd.IntN(2) == 0 {
				s.ticks(watermark)
			}
		}
	}
	res := result{classes: map[string]int{}}
	for _, s := range shards {
		s.flush(shard.NoWatermark, w.atEnd != "none", last)
		s.ticks(order.EndOfTime)
		s.collect(&res)
	}
	slices.Sort(res.outcomes)
	slices.Sort(res.open)
	return res
}

func (w *world) prog(t *testing.T) *cep.Prog {
	t.Helper()
	prog, err := cep.Compile(w.pattern, time.Duration(w.model.remember)*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// shardRun is a shard, its log, and what came out of it.
type shardRun struct {
	*world
	t     *testing.T
	image *shard.Shard
	log   [][]byte
	batch shard.Batch
	out   shard.Output
}

func (s *shardRun) event(e modelEvent) {
	s.batch.Add(&shard.Event{Key: e.key, Event: cep.Event{Type: e.typ, ID: e.id, Time: e.time, At: e.at, Data: []byte(e.data)}, Source: "log", Line: e.time})
}

func (s *shardRun) flush(promise int64, end bool, last int64) {
	if end {
		s.batch.End(last-s.disorder, last, s.limit(last))
	}
	if s.batch.Len() == 0 {
		return
	}
	s.batch.Promise(promise)
	data := s.batch.Bytes()
	s.batch = shard.Batch{}
	if err := s.image.Add(data); err != nil {
		s.t.Fatal(err)
	}
	s.append(data)
}

// ticks works some or all of the ticks that are due at a watermark.
func (s *shardRun) ticks(watermark int64) {
	for {
		next, _, ok := s.image.Next()
		if !ok || next > watermark {
			break
		}
		if s.rnd.IntN(3) == 0 && watermark < order.EndOfTime { // skip to the last one
			next = shard.FloorTick(watermark, s.tick)
		}
		before := len(s.out.Ended)
		s.image.Tick(next, &s.out)
		for _, e := range s.out.Ended[before:] {
			if deadline := e.Run[0].Time + s.model.within; e.How == cep.TimedOut && deadline > next && !s.image.Finished() {
				s.t.Errorf("timeout with deadline %d at tick %d: too early", deadline, next)
			}
		}
		s.append(shard.TickRecord(next))
	}
	if watermark == order.EndOfTime {
		if s.atEnd != "none" {
			s.image.Tick(math.MaxInt64-s.tick, &s.out)
		}
		if !s.image.Empty() {
			s.t.Errorf("shard is not empty at the end of time")
		}
	}
}

func (s *shardRun) append(record []byte) {
	s.log = append(s.log, record)
	if s.rnd.IntN(5) == 0 {
		s.log = [][]byte{s.image.Snapshot()}
	}
	if s.rnd.IntN(5) == 0 {
		image, err := shard.Restore(s.prog(s.t), s.tick, s.log)
		if err != nil {
			s.t.Fatal(err)
		}
		s.image = image
	}
}

// collect adds what came out of the shard to a result, in the model's words.
func (s *shardRun) collect(res *result) {
	line := func(e shard.Ended, how string) string {
		var events []modelEvent
		for _, t := range e.Run {
			events = append(events, modelEvent{time: t.Time, id: t.ID, data: string(t.Data)})
		}
		return fmt.Sprintf("%s %s %s deadline %d", e.Key, how, taken(events), e.Run[0].Time+s.model.within)
	}
	count := func(name string, n int) {
		if n > 0 {
			res.classes[name] += n
		}
	}
	for c, n := range s.out.Classes {
		count(cep.Class(c).String(), int(n))
	}
	count("returned", len(s.out.Returned))
	count("run broken", int(s.out.Broken))
	for _, e := range s.out.Ended {
		how := map[cep.How]string{cep.Matched: "success", cep.TimedOut: "timeout"}[e.How]
		count("run "+how, 1)
		res.outcomes = append(res.outcomes, line(e, how))
	}
	for _, e := range s.out.Open {
		count("run open", 1)
		res.open = append(res.open, line(e, "open"))
	}
	if rejects := s.out.Classes[cep.Duplicate] + s.out.Classes[cep.Orphan] + s.out.Classes[cep.Late]; rejects != int64(len(s.out.Rejects)) {
		s.t.Errorf("%d rejects: want %d", len(s.out.Rejects), rejects)
	}
}

// Whatever the bundles, ticks, shards, snapshots, lost images, and order of
// arrival within the disorder: what comes out is what the contract says, and
// every event and run is counted once.
func TestRandomLogsAgreeWithTheModel(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(6000) {
		w := newWorld(seed)
		stamped, last := stamp(w.log, w.disorder)
		want := model(w.model, stamped, w.limit(last))
		for _, log := range [][]modelEvent{w.log, w.shuffle(w.log)} {
			got := w.run(t, log)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Fatalf("seed %d, %v remember %dms, disorder %d, tick %d, %d shards, end %s (-want +got):\n%s\nlog: %v",
					seed, w.pattern, w.model.remember, w.disorder, w.tick, w.shards, w.atEnd, diff, stamped)
			}
		}
		for class, n := range want.classes {
			seen[class] += n
		}
	}
	for _, class := range []string{"started", "advanced", "duplicate", "orphan", "other", "late", "returned", "run success", "run timeout", "run broken", "run open"} {
		if seen[class] < 20 {
			t.Errorf("only %d cases of %q in all logs: the test proves little", seen[class], class)
		}
	}
	t.Log(seen)
}
