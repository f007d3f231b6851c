package pubsub

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
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
		if e.Mark != 0 {
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

// job is a pipeline that reads the subscription of a fake server.
type job struct {
	*tally
	t     *testing.T
	run   *process.Run
	ended chan error
}

const (
	testTopic        = "projects/shop/topics/orders"
	testSubscription = "projects/shop/subscriptions/orders"
)

// newServer starts a server with a subscription that gives leases of some seconds.
func newServer(t *testing.T, lease int32, options ...pstest.ServerReactorOption) *pstest.Server {
	t.Helper()
	server := pstest.NewServer(options...)
	t.Cleanup(func() { server.Close() })
	t.Setenv(uri.Emulator, server.Addr)
	addSubscription(t, server, &pubsubpb.Subscription{AckDeadlineSeconds: lease})
	return server
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
	run := process.NewRun()
	j := &job{t: t, run: run, ended: make(chan error, 1), tally: steps[0]}
	p, s := beam.NewPipelineWithRoot()
	events, rejects := Read(s, Config{
		Subscription: "pubsub://shop/orders?window=50ms&" + settings, Run: run.ID, Within: time.Hour,
	})
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

func event(id string) string {
	return fmt.Sprintf(`{"orderId":%q,"type":"create","time":%d}`, id, time.Now().UnixMilli())
}

// givenBack returns how often the lease of a message was ended.
func givenBack(m *pstest.Message) (times int) {
	for _, modack := range m.Modacks {
		if modack.AckDeadline == 0 {
			times++
		}
	}
	return times
}

// wantAckedOnce compares the messages of the server with what is wanted of each.
func wantAckedOnce(t *testing.T, server *pstest.Server) {
	t.Helper()
	for _, m := range server.Messages() {
		if m.Acks != 1 || m.Deliveries != 1 {
			t.Errorf("message %s: %d times acknowledged, %d times delivered; want 1 and 1", m.ID, m.Acks, m.Deliveries)
		}
	}
}
