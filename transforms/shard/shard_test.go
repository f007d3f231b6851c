package shard_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// world is a random log and everything by which it may be cut.
type world struct {
	rnd      *rand.Rand
	pattern  ceptest.Pattern
	disorder int64
	tick     int64
	shards   int
	atEnd    string
}

func newWorld(seed uint64) *world {
	rnd := rand.New(rand.NewPCG(seed, 7))
	return &world{
		rnd:      rnd,
		pattern:  ceptest.RandomPattern(rnd),
		disorder: []int64{0, 5, 30}[rnd.IntN(3)],
		tick:     []int64{1, 7, 10, 50, 1000}[rnd.IntN(5)],
		shards:   []int{1, 2, 3, 64}[rnd.IntN(4)],
		atEnd:    []string{"log", "timeout", "stop", "none"}[rnd.IntN(4)],
	}
}

// result is what a log comes to: sorted lines, so that two can be compared.
type result struct {
	Outcomes, Open, Rejects []string
	Counts                  map[string]int
}

func (r *result) sort() {
	slices.Sort(r.Outcomes)
	slices.Sort(r.Open)
	slices.Sort(r.Rejects)
}

// want is what the contract says.
func (w *world) want(stamped []ceptest.Event, last int64) result {
	m := w.pattern.Run(stamped, w.end(last))
	res := result{Counts: m.Counts}
	for _, r := range m.Outcomes {
		res.Outcomes = append(res.Outcomes, r.String())
	}
	for _, r := range m.Open {
		res.Open = append(res.Open, r.String())
	}
	for _, e := range m.Returned {
		res.Open = append(res.Open, "returned "+e.Key+" "+e.String())
	}
	for _, r := range m.Rejects {
		res.Rejects = append(res.Rejects, r.String())
	}
	res.sort()
	return res
}

// end returns the end of a log that ends as atEnd says.
func (w *world) end(last int64) ceptest.End {
	switch w.atEnd {
	case "log":
		return ceptest.AtEnd(last)
	case "stop":
		return ceptest.Cut(last - w.disorder)
	}
	return ceptest.AtEnd(order.EndOfTime)
}

// run gives a log to shards in random batches with random ticks in between, as a
// runner may, throwing images away at random, and returns what came out.
func (w *world) run(t *testing.T, log []ceptest.Event) result {
	t.Helper()
	stamped, last := ceptest.Stamp(log, w.disorder, 0)
	var shards []*shardRun
	for range w.shards {
		shards = append(shards, &shardRun{world: w, t: t, image: shard.New(w.prog(t), w.tick)})
	}
	watermark, largest := int64(math.MinInt64), int64(math.MinInt64)
	for _, e := range stamped {
		n := 0
		for _, c := range e.Key {
			n = (n*31 + int(c)) % w.shards
		}
		shards[n].event(e)
		largest = max(largest, e.Time)
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
	res := result{Counts: map[string]int{}}
	for _, s := range shards {
		s.flush(shard.NoWatermark, w.atEnd != "none", last)
		s.ticks(order.EndOfTime)
		s.collect(&res)
	}
	res.sort()
	return res
}

func (w *world) prog(t *testing.T) *cep.Prog {
	t.Helper()
	prog, err := cep.Compile(syntax.MustParse(w.pattern.String()), cep.Config{Remember: time.Duration(w.pattern.Remember) * time.Millisecond})
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

func (s *shardRun) event(e ceptest.Event) {
	s.batch.Add(&shard.Event{Key: e.Key, Event: cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: []byte(e.Data)}, Source: "log", Line: e.Time})
}

func (s *shardRun) flush(promise int64, end bool, last int64) {
	if end {
		end := s.batch.End
		if s.atEnd == "stop" {
			end = s.batch.Cut
		}
		end(last-s.disorder, last, s.end(last).Limit)
	}
	if s.batch.Empty() {
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
		before := len(s.out.Outcomes)
		s.work(next)
		for _, e := range s.out.Outcomes[before:] {
			if deadline := e.Run[0].Time + s.pattern.Within; e.How == cep.TimedOut && deadline > next && !s.image.Finished() {
				s.t.Errorf("timeout with deadline %d at tick %d: too early", deadline, next)
			}
		}
		s.append(shard.TickRecord(next))
	}
	if watermark == order.EndOfTime {
		if s.atEnd != "none" {
			s.work(math.MaxInt64 - s.tick)
		}
		if !s.image.Empty() {
			s.t.Errorf("shard is not empty at the end of time")
		}
	}
}

// work works a tick in parts; from a log it is worked in one.
func (s *shardRun) work(tick int64) {
	for s.image.TickUpTo(tick, len(s.out.Outcomes)+len(s.out.Rejects)+s.rnd.IntN(5)+1, &s.out) {
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
	line := func(key string, run cep.Run, how string) string {
		r := ceptest.Run{Key: key, How: how, Deadline: run[0].Time + s.pattern.Within}
		for _, t := range run {
			r.Taken = append(r.Taken, ceptest.Event{Time: t.Time, ID: t.ID, Data: string(t.Data)})
		}
		return r.String()
	}
	count := func(name string, n int) {
		if n > 0 {
			res.Counts[name] += n
		}
	}
	for c, n := range s.out.Classes {
		count(cep.Class(c).String(), int(n))
	}
	count(ceptest.Returned, len(s.out.Undecided))
	count(ceptest.Broken, int(s.out.Ends[cep.Broken]))
	count(ceptest.Open, int(s.out.StillOpen))
	for _, e := range s.out.Outcomes {
		how := map[cep.How]string{cep.Matched: ceptest.Success, cep.TimedOut: ceptest.Timeout}[e.How]
		count(how, 1)
		res.Outcomes = append(res.Outcomes, line(e.Key, e.Run, how))
	}
	for _, e := range s.out.Open {
		res.Open = append(res.Open, line(e.Key, e.Run, ceptest.Open))
	}
	for i := range s.out.Undecided {
		e := &s.out.Undecided[i]
		res.Open = append(res.Open, "returned "+e.Key+" "+ceptest.Event{Type: e.Type, ID: e.ID, Data: string(e.Data), Time: e.Time}.String())
	}
	for _, r := range s.out.Rejects {
		e := ceptest.Event{Key: r.Key, Type: r.Type, ID: r.ID, Data: string(r.Data), Time: r.Time, At: r.At}
		res.Rejects = append(res.Rejects, ceptest.Reject{Class: r.Class.String(), Event: e}.String())
	}
}

// checkIDs sees to it that what an outcome's id is made of, the key and the time
// and id of the first event, tells it from all others.
func (w *world) checkIDs(t *testing.T, seed uint64, stamped []ceptest.Event, last int64) {
	t.Helper()
	type id struct {
		key, id string
		time    int64
	}
	seen := map[id]*ceptest.Run{}
	for _, r := range w.pattern.Run(stamped, w.end(last)).Outcomes {
		k := id{r.Key, r.Taken[0].ID, r.Taken[0].Time}
		if other := seen[k]; other != nil {
			t.Errorf("seed %d, %v remember %dms: two outcomes with one id:\n%v\n%v", seed, w.pattern, w.pattern.Remember, other, r)
		}
		seen[k] = r
	}
}

// logs is the number of random logs to try.
func logs() uint64 {
	if testing.Short() || raceDetector {
		return 300
	}
	return 2000
}

// Whatever the bundles, ticks, shards, snapshots, lost images, and order of
// arrival within the disorder: what comes out is what the contract says, and
// every event and run is counted once.
func TestRandomLogsAgreeWithTheModel(t *testing.T) {
	seen := map[string]int{}
	for seed := range logs() {
		w := newWorld(seed)
		log := w.pattern.RandomLog(w.rnd)
		stamped, last := ceptest.Stamp(log, w.disorder, 0)
		want := w.want(stamped, last)
		for _, log := range [][]ceptest.Event{log, ceptest.Shuffle(w.rnd, log, w.disorder)} {
			got := w.run(t, log)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %v remember %dms, disorder %d, tick %d, %d shards, end %s (-want +got):\n%s\nlog: %v",
					seed, w.pattern, w.pattern.Remember, w.disorder, w.tick, w.shards, w.atEnd, diff, stamped)
			}
		}
		w.checkIDs(t, seed, stamped, last)
		for class, n := range want.Counts {
			seen[class] += n
		}
	}
	for _, class := range []string{ceptest.Started, ceptest.Advanced, ceptest.Duplicate, ceptest.Orphan, ceptest.Other, ceptest.Late, ceptest.Returned,
		ceptest.Success, ceptest.Timeout, ceptest.Broken, ceptest.Open} {
		if seen[class] < int(logs()/400)+1 {
			t.Errorf("only %d cases of %q in all logs: the test proves little", seen[class], class)
		}
	}
	t.Log(seen)
}
