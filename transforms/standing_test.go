package transforms_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"ordertimeout/transforms"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard/replica"
)

func init() {
	register.DoFn4x2[*sequence.Watermark, *sdf.LockRTracker, []byte, func(beam.EventTime, []order.Event), sdf.ProcessContinuation, error](&standingFn{})
}

// standingFn emits an event in each of some bundles, and then nothing until all of them
// have arrived, or for a while. Its watermark stands.
type standingFn struct {
	sequence.Source
	Run     string
	Bundles int64
}

// arrived is set where all had arrived, and below where less than nothing was on its way.
var arrived, below atomic.Bool

func (fn *standingFn) ProcessElement(_ *sequence.Watermark, rt *sdf.LockRTracker, _ []byte,
	emit func(beam.EventTime, []order.Event)) (sdf.ProcessContinuation, error) {
	n := rt.GetRestriction().(sequence.Rest).Start
	if process.Of(fn.Run).InFlight() < 0 {
		below.Store(true)
	}
	at := 1_700_000_000_000 + n*60_000
	switch {
	case n < fn.Bundles && rt.TryClaim(n+1):
		e := order.Event{Type: "create", UserID: "u", OrderID: fmt.Sprint("o", n), Time: at, At: at, Raw: []byte("{}")}
		emit(0, []order.Event{e})
	case process.Of(fn.Run).InFlight() == 0 || n > fn.Bundles+500:
		arrived.Store(n <= fn.Bundles+500)
		rt.TryClaim(sequence.End)
		return sdf.StopProcessing(), nil
	default:
		rt.TryClaim(n + 1)
	}
	return sdf.ResumeProcessingIn(10 * time.Millisecond), nil
}

// What is read arrives at the stateful step also while the watermark stands: it does not
// wait behind the timers of what came before.
func TestEventsArriveWhileTheWatermarkStands(t *testing.T) {
	arrived.Store(false)
	run := process.NewRun()
	defer run.Close()
	c := transforms.MatchConfig{Rules: transforms.Only("create followedBy pay within 10m", 0), Tick: time.Second, Shards: 1, Run: run.ID}
	p, s := beam.NewPipelineWithRoot()
	events := beam.ParDo(s, &standingFn{Run: run.ID, Bundles: 3}, beam.Impulse(s))
	transforms.Match(s, events, c)
	ptest.RunAndValidate(t, p)
	if !arrived.Load() {
		t.Error("events wait for the watermark, which stands")
	}
}

// Two patterns over one source: each step counts what is on its way to it, so that the
// source waits for both and for no more.
func TestTwoMatchStepsOnOneSource(t *testing.T) {
	arrived.Store(false)
	below.Store(false)
	run := process.NewRun()
	defer run.Close()
	p, s := beam.NewPipelineWithRoot()
	events := beam.ParDo(s, &standingFn{Run: run.ID, Bundles: 3}, beam.Impulse(s))
	for _, step := range []struct {
		within string
		want   []any
	}{
		{"10m", []any{"timeout u o0 at 1700000600000", "timeout u o1 at 1700000660000", "timeout u o2 at 1700000720000"}},
		{"1s", []any{"timeout u o0 at 1700000001000", "timeout u o1 at 1700000061000", "timeout u o2 at 1700000121000"}},
	} {
		c := transforms.MatchConfig{Rules: transforms.Only("create followedBy pay within "+step.within, 0), Tick: time.Second, Shards: 2, Run: run.ID}
		timeouts := transforms.Match(s, events, c).Timeouts
		equals(s.Scope(step.within), beam.ParDo(s, outcomeText, timeouts), step.want)
	}
	if got := run.Consumers(); got != 2 {
		t.Errorf("%d steps take the events, want 2", got)
	}
	ptest.RunAndValidate(t, p)
	if got := run.InFlight(); got != 0 || below.Load() || !arrived.Load() {
		t.Errorf("%d bytes on their way at the end, less than none before: %t, none while the watermark stood: %t: want 0, false and true",
			got, below.Load(), arrived.Load())
	}
	if got, want := run.Counters()["timeout"], int64(6); got != want {
		t.Errorf("%d timeouts counted, want %d", got, want)
	}
	if _, found := process.Find[*replica.Cache](run); !found {
		t.Error("the run does not own its replicas")
	}
}
