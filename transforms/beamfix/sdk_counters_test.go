package beamfix

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func init() {
	register.DoFn3x1[*sdf.LockRTracker, []byte, func(int64, int64), sdf.ProcessContinuation](&keysFn{})
	register.DoFn4x0[context.Context, state.Provider, int64, int64](&countedFn{})
	register.Emitter2[int64, int64]()
}

// keys is how many keys, and bundles, a keysFn makes.
const keys = 5

// keysFn emits a key in each of several bundles.
type keysFn struct{}

func (*keysFn) CreateInitialRestriction([]byte) offsetrange.Restriction {
	return offsetrange.Restriction{End: keys}
}

func (*keysFn) SplitRestriction(_ []byte, r offsetrange.Restriction) []offsetrange.Restriction {
	return []offsetrange.Restriction{r}
}

func (*keysFn) RestrictionSize(_ []byte, r offsetrange.Restriction) float64 { return r.Size() }

func (*keysFn) CreateTracker(r offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(r))
}

func (*keysFn) ProcessElement(rt *sdf.LockRTracker, _ []byte, emit func(int64, int64)) sdf.ProcessContinuation {
	key := rt.GetRestriction().(offsetrange.Restriction).Start
	if !rt.TryClaim(key) {
		return sdf.StopProcessing()
	}
	emit(key, 1)
	return sdf.ResumeProcessingIn(0)
}

// countedFn counts. It has a state, so that Prism works different keys at the same time.
type countedFn struct{ State state.Value[int64] }

func (*countedFn) ProcessElement(ctx context.Context, _ state.Provider, _, _ int64) {
	beam.NewCounter("beamfix", "counted").Inc(ctx, 1)
}

// A worker is slow to say what the numbers in the answers of its bundles mean.
func TestPrismLosesFirstCounts(t *testing.T) {
	var one sync.Mutex // a stream is for one to send on at a time
	locked := func(send func(any) error, message any) error {
		one.Lock()
		defer one.Unlock()
		return send(message)
	}
	result := runOnPrism(t, func(s beam.Scope) {
		beam.ParDo0(s, &countedFn{State: state.MakeValueState[int64]("state")}, beam.ParDo(s, &keysFn{}, beam.Impulse(s)))
	}, sending(func(send func(any) error, message any) error {
		if answer, ok := message.(*fnpb.InstructionResponse); ok && answer.GetMonitoringInfos() != nil {
			time.AfterFunc(time.Second, func() { _ = locked(send, message) })
			return nil
		}
		return locked(send, message)
	}))
	var n int64
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Name() == "counted" {
			n += c.Result()
		}
	}
	if n == keys {
		t.Errorf("all of %d bundles were counted: take Prism's counters in cmd/ordertimeout, executePrism", keys)
	}
}
