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
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// world is a random log and everything by which it may be cut.
type world struct {
	rnd      *rand.Rand
	pattern  whole.Pattern
	log      []ceptest.Event // in the order of arrival
	disorder int64
	tick     int64
	shards   int
	atEnd    string
}

// newWorld returns a world of a pattern that leaves no choice, or of any.
func newWorld(t *testing.T, seed uint64, any bool) *world {
	rnd := rand.New(rand.NewPCG(seed, 7))
	w := &world{rnd: rnd}
	if any {
		w.pattern = whole.RandomPattern(rnd, whole.Shape{Linear: rnd.IntN(4) == 0, Negations: true})
		w.pattern.Remember = []int64{0, 1, 40, 100}[rnd.IntN(4)]
		w.pattern.MaxBranches = []int{0, 0, 30}[rnd.IntN(3)]
		w.log = w.pattern.RandomLog(rnd, 5+rnd.IntN(40))
	} else {
		plain := ceptest.RandomPattern(rnd)
		p, err := whole.Parse(plain.String())
		if err != nil {
			t.Fatal(err)
		}
		w.pattern, w.log = p, plain.RandomLog(rnd)
		w.pattern.Remember = plain.Remember
	}
	w.disorder = []int64{0, 5, 30}[rnd.IntN(3)]
	w.tick = []int64{1, 7, 10, 50, 1000}[rnd.IntN(5)]
	w.shards = []int{1, 2, 3, 64}[rnd.IntN(4)]
	w.atEnd = []string{"log", "timeout", "stop", "none"}[rnd.IntN(4)]
	return w
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
	for i := range m.Outcomes {
		res.Outcomes = append(res.Outcomes, outcomeLine(&m.Outcomes[i]))
	}
	for _, open := range m.Open {
		for _, e := range open.Events {
			res.Open = append(res.Open, "open "+open.Key+" "+e.String())
		}
	}
	for _, e := range m.Overflowed {
		res.Rejects = append(res.Rejects, "overflow "+e.Key+" "+e.String())
	}
	for _, c := range m.Classes {
		switch c.Class {
		case ceptest.Returned:
			res.Open = append(res.Open, "returned "+c.Event.Key+" "+c.Event.String())
		case ceptest.Duplicate, ceptest.Orphan, ceptest.Late:
			res.Rejects = append(res.Rejects, ceptest.Reject{Class: c.Class, Event: c.Event}.String())
		}
	}
	res.sort()
	return res
}

// outcomeLine returns an outcome in a line.
func outcomeLine(o *whole.Outcome) string {
	line := fmt.Sprintf("%s %s at %d, %d to %d, deadline %d, waits %v:", o.Key, o.Kind, o.At, o.StartedAt, o.EndedAt, o.Deadline, o.WaitingFor)
	for _, t := range o.Taken {
		line += fmt.Sprintf(" %s=%v", t.Step, t.Event)
	}
	return line
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
		shards = append(shards, &shardRun{world: w, t: t, image: shard.New(shard.Only(w.prog(t)), w.tick)})
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
			if w.rnd.IntN(8) == 0 && watermark > math.MinInt64 {
				s.goOn(watermark, largest)
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
	prog, err := cep.Compile(syntax.MustParse(w.pattern.String()), cep.Config{
		Remember: time.Duration(w.pattern.Remember) * time.Millisecond, MaxBranches: w.pattern.MaxBranches, Fields: replica.Fields(order.Reader{}),
	})
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
		at, limit := last-s.disorder, s.end(last).Limit
		if s.atEnd == "stop" {
			s.batch.Cut(at, last, limit, 0)
		} else {
			s.batch.End(at, last, limit)
		}
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
		for _, o := range s.out.Outcomes[before:] {
			if o.How == cep.TimedOut && o.At > next && !s.image.Finished() {
				s.t.Errorf("timeout at %d at tick %d: too early", o.At, next)
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
		image, err := shard.Restore(shard.Only(s.prog(s.t)), s.tick, s.log)
		if err != nil {
			s.t.Fatal(err)
		}
		s.image = image
	}
}

// goOn ends the shard's input at a watermark, at a carry point, and lets another shard go on
// with its state.
func (s *shardRun) goOn(watermark, largest int64) {
	s.batch.Cut(watermark, largest, watermark, 1)
	s.flush(watermark, false, 0)
	s.out.OpenUnread = true
	s.work(math.MaxInt64 - s.tick)
	if s.out.Returned > 0 || !s.image.Finished() {
		s.t.Errorf("%d events are returned at a carry point, and the shard has ended: %v", s.out.Returned, s.image.Finished())
	}
	_, state := s.image.Carried()
	s.log = [][]byte{shard.Pack(state)}
	var err error
	if s.image, err = shard.Restore(shard.Only(s.prog(s.t)), s.tick, s.log); err != nil {
		s.t.Fatal(err)
	}
	if has := s.image.Standing()[0]; has.Open != s.out.StillOpen || has.Waiting != s.out.CarriedOut {
		s.t.Errorf("%d open runs and %d events are carried out, and %d and %d in", s.out.StillOpen, s.out.CarriedOut, has.Open, has.Waiting)
	}
	s.out.OpenUnread, s.out.StillOpen, s.out.CarriedOut = false, 0, 0
}

// collect adds what came out of the shard to a result, in the model's words.
func (s *shardRun) collect(res *result) {
	count := func(name string, n int) {
		if n > 0 {
			res.Counts[name] += n
		}
	}
	for c, n := range s.out.Classes {
		count(cep.Class(c).String(), int(n))
	}
	count(ceptest.Returned, len(s.out.Undecided))
	count(ceptest.Open, int(s.out.StillOpen))
	for how, n := range s.out.Ends {
		count(cep.How(how).String(), int(n))
	}
	count(whole.Success, int(s.out.Matches))
	for i := range s.out.Outcomes {
		res.Outcomes = append(res.Outcomes, s.line(&s.out.Outcomes[i]))
	}
	for _, open := range s.out.Open {
		for _, e := range open.Run {
			res.Open = append(res.Open, "open "+open.Key+" "+eventOf(&e).String())
		}
	}
	for _, o := range s.out.Overflowed {
		res.Rejects = append(res.Rejects, "overflow "+o.Key+" "+eventOf(&o.First).String())
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

// line returns an outcome in the model's words.
func (s *shardRun) line(o *cep.Outcome) string {
	steps := s.prog(s.t).Steps()
	m := whole.Outcome{Kind: whole.Success, Key: o.Key, At: o.At, StartedAt: o.Run[0].Time, EndedAt: o.EndedAt, Deadline: o.Deadline}
	if o.How == cep.TimedOut {
		m.Kind = whole.Timeout
	}
	for i := range o.Run {
		m.Taken = append(m.Taken, whole.StepEvent{Step: steps[o.Run[i].Step].Name, Event: eventOf(&o.Run[i])})
	}
	for _, n := range o.Waiting {
		m.WaitingFor = append(m.WaitingFor, steps[n].Name)
	}
	return outcomeLine(&m)
}

func eventOf(t *cep.Taken) ceptest.Event {
	return ceptest.Event{Type: t.Type, ID: t.ID, Data: string(t.Data), Time: t.Time}
}

// checkIDs sees to it that what an outcome's id is made of, the key and the time
// and id of the first event, tells it from all others, where the pattern leaves no choice.
func (w *world) checkIDs(t *testing.T, seed uint64, stamped []ceptest.Event, last int64) {
	t.Helper()
	type id struct {
		key, id string
		time    int64
	}
	seen := map[id]string{}
	m := w.pattern.Run(stamped, w.end(last))
	for i := range m.Outcomes {
		o := &m.Outcomes[i]
		k := id{o.Key, o.Taken[0].Event.ID, o.Taken[0].Event.Time}
		if other, ok := seen[k]; ok {
			t.Errorf("seed %d, %v remember %dms: two outcomes with one id:\n%v\n%v", seed, w.pattern, w.pattern.Remember, other, outcomeLine(o))
		}
		seen[k] = outcomeLine(o)
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
	for seed := range 2 * logs() {
		w := newWorld(t, seed, seed%2 == 1)
		stamped, last := ceptest.Stamp(w.log, w.disorder, 0)
		want := w.want(stamped, last)
		for _, log := range [][]ceptest.Event{w.log, ceptest.Shuffle(w.rnd, w.log, w.disorder)} {
			got := w.run(t, log)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, %v remember %dms, disorder %d, tick %d, %d shards, end %s (-want +got):\n%s\nlog: %v",
					seed, w.pattern, w.pattern.Remember, w.disorder, w.tick, w.shards, w.atEnd, diff, stamped)
			}
		}
		if seed%2 == 0 {
			w.checkIDs(t, seed, stamped, last)
		}
		for class, n := range want.Counts {
			seen[class] += n
		}
	}
	for _, class := range []string{ceptest.Started, ceptest.Advanced, ceptest.Duplicate, ceptest.Orphan, ceptest.Other, ceptest.Late, ceptest.Returned,
		whole.Success, whole.Timeout, whole.Matched, whole.Broken, whole.Cancelled, whole.Skipped, whole.Overflow, ceptest.Open} {
		if seen[class] < int(logs()/400)+1 {
			t.Errorf("only %d cases of %q in all logs: the test proves little", seen[class], class)
		}
	}
	t.Log(seen)
}
