package pull

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn7x2[
		context.Context, *sequence.Watermark, beam.BundleFinalization, *sdf.LockRTracker, []byte,
		func(beam.EventTime, []order.Event), func(beam.EventTime, order.Reject),
		sdf.ProcessContinuation, error,
	](&readFn{})
	register.Emitter2[beam.EventTime, []order.Event]()
	register.Emitter2[beam.EventTime, order.Reject]()
	register.DoFn3x1[beam.EventTime, []order.Event, func(int64), error](&tallyFn{})
	register.DoFn1x0[order.Reject](&rejectedFn{})
	register.Emitter1[int64]()
}

// tally is what came out of the source, in the process of the test.
type tally struct {
	sync.Mutex
	id      string
	events  map[string]int // by message, line and order
	rejects map[string]int // by source and error
	refs    map[string]uint64
	marks   []int64
	kinds   []order.Mark // of the marks
	points  int          // carry points, and the events that came before each
	at      []int
	late    int  // events before their element
	done    bool // Done is called for all that comes
	run     *process.Run
	failOn  string // an order id
}

var tallies sync.Map // by id

// newTally returns an empty tally.
func newTally(done bool) *tally {
	return &tally{id: rand.Text(), events: map[string]int{}, rejects: map[string]int{}, refs: map[string]uint64{}, done: done}
}

// tallyFn takes note of the events.
type tallyFn struct{ ID string }

func (fn *tallyFn) ProcessElement(at beam.EventTime, events []order.Event, _ func(int64)) error {
	found, _ := tallies.Load(fn.ID)
	t := found.(*tally)
	t.Lock()
	defer t.Unlock()
	for _, e := range events {
		if e.Mark == order.MarkPoint {
			t.points++
			t.at = append(t.at, len(t.events))
			carry.Of(t.run).Report(e.Line, 0, carry.State{})
			continue
		}
		if e.Mark != 0 {
			t.kinds = append(t.kinds, e.Mark)
			t.marks = append(t.marks, e.At)
			continue
		}
		if e.OrderID == t.failOn {
			return fmt.Errorf("no %s, please", e.OrderID)
		}
		if e.At < int64(at) {
			t.late++
		}
		place := fmt.Sprintf("%s:%d %s", e.Source, e.Line, e.OrderID)
		t.events[place]++
		t.refs[e.OrderID] = e.Ref
		if t.done {
			t.run.Done([]uint64{e.Ref})
		}
	}
	return nil
}

// rejectedFn takes note of the rejects.
type rejectedFn struct{ ID string }

func (fn *rejectedFn) ProcessElement(r order.Reject) {
	found, _ := tallies.Load(fn.ID)
	t := found.(*tally)
	t.Lock()
	defer t.Unlock()
	t.rejects[r.Source+" "+r.Error]++
	if t.done {
		t.run.Done(r.Refs)
	}
}

// readFn is a DoFn of the source, whose bundles the runner finalizes.
type readFn struct {
	sequence.Source
	From Source
}

func (fn *readFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, _ beam.BundleFinalization, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	return HandOut(ctx, fn.From, we, rt, event, reject)
}

// newSource returns the source of a subscription as a pipeline of the run has it.
func newSource(t *testing.T, id, runID, target string) Source {
	t.Helper()
	sub, err := uri.ParseSubscription(target)
	if err != nil {
		t.Fatal(err)
	}
	sub.Ack = cmp.Or(sub.Ack, uri.AckOutcome)
	return Source{Input: target, Sub: sub, Decoder: order.DecoderConfig{Within: time.Hour}, Run: runID, ID: id}
}

// job is a pipeline that reads the subscription of a fake server.
type job struct {
	*tally
	t     *testing.T
	run   *process.Run
	ended chan error
}

// startJob runs a pipeline until stopped. With done it calls Done for all events
// and rejects.
func startJob(t *testing.T, server *pstest.Server, settings string, done bool, failOn string) *job {
	t.Helper()
	step := newTally(done)
	step.failOn = failOn
	return startJobFor(t, server, settings, step)
}

// startJobFor is startJob with steps that each take all events. The rejects go to the
// first one.
func startJobFor(t *testing.T, server *pstest.Server, settings string, steps ...*tally) *job {
	t.Helper()
	return startRun(t, process.NewRun(), server, settings, steps...)
}

// startRun is startJobFor in a run.
func startRun(t *testing.T, run *process.Run, server *pstest.Server, settings string, steps ...*tally) *job {
	t.Helper()
	j := &job{t: t, run: run, ended: make(chan error, 1), tally: steps[0]}
	p, s := beam.NewPipelineWithRoot()
	from := newSource(t, rand.Text(), run.ID, pubsubtest.URI+"?window=50ms&"+settings)
	events, rejects := beam.ParDo2(s, &readFn{From: from}, beam.Impulse(s))
	for _, step := range steps {
		step.run = run
		tallies.Store(step.id, step)
		run.AddConsumer()
		beam.ParDo(s, &tallyFn{ID: step.id}, events)
	}
	beam.ParDo0(s, &rejectedFn{ID: steps[0].id}, rejects)
	go func() {
		_, err := beam.Run(context.Background(), "prism", p)
		j.ended <- err
	}()
	return j
}

// stop stops the pipeline, and returns the error of a failed run. It does as the
// command does, but that it does not cancel beam.Run, which then has a data race
// of its own (Beam 2.77.0, runners/prism/internal/worker/worker.go:137, :675): the
// pipeline fails for want of its source.
func (j *job) stop() error {
	j.t.Helper()
	j.run.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := Quiesce(ctx, j.run.ID); err != nil {
		j.t.Errorf("no quiet: %v", err)
	}
	j.run.Close()
	if err := <-j.ended; err == nil {
		j.t.Error("the pipeline has ended, which is the end of time for open orders")
	}
	return j.run.Err()
}

// await waits for a condition under the lock of the tally.
func (j *job) await(what string, condition func() bool) {
	j.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		j.Lock()
		ok := condition()
		j.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			j.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond) // until the pipeline is as far
	}
}

func (j *job) unacked() int64 { return j.run.Counters()[count.Unacked] }

// givenBack returns how often the lease of a message was ended.
func givenBack(m *pstest.Message) (times int) {
	for _, modack := range m.Modacks {
		if modack.AckDeadline == 0 {
			times++
		}
	}
	return times
}
