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

// arrived is set where all had arrived.
var arrived atomic.Bool

func (fn *standingFn) ProcessElement(_ *sequence.Watermark, rt *sdf.LockRTracker, _ []byte,
	emit func(beam.EventTime, []order.Event)) (sdf.ProcessContinuation, error) {
	n := rt.GetRestriction().(sequence.Rest).Start
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
	c := transforms.MatchConfig{Pattern: "create followedBy pay within 10m", Tick: time.Second, Shards: 1, Run: run.ID}
	p, s := beam.NewPipelineWithRoot()
	events := beam.ParDo(s, &standingFn{Run: run.ID, Bundles: 3}, beam.Impulse(s))
	transforms.Match(s, events, c)
	ptest.RunAndValidate(t, p)
	if !arrived.Load() {
		t.Error("events wait for the watermark, which stands")
	}
}
