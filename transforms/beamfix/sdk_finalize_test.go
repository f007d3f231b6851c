package beamfix

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func init() {
	register.DoFn3x1[beam.BundleFinalization, *sdf.LockRTracker, []byte, sdf.ProcessContinuation](&finalizedFn{})
}

// asked is how many bundles of a finalizedFn were to be finalized, and finalized how many
// were.
var asked, finalized atomic.Int64

// finalizedFn makes several bundles of one plan, and has the SDK finalize each.
type finalizedFn struct{}

func (*finalizedFn) CreateInitialRestriction([]byte) offsetrange.Restriction {
	return offsetrange.Restriction{End: 5}
}

func (*finalizedFn) SplitRestriction(_ []byte, r offsetrange.Restriction) []offsetrange.Restriction {
	return []offsetrange.Restriction{r}
}

func (*finalizedFn) RestrictionSize(_ []byte, r offsetrange.Restriction) float64 { return r.Size() }

func (*finalizedFn) CreateTracker(r offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(r))
}

func (*finalizedFn) ProcessElement(f beam.BundleFinalization, rt *sdf.LockRTracker, _ []byte) sdf.ProcessContinuation {
	if !rt.TryClaim(rt.GetRestriction().(offsetrange.Restriction).Start) {
		return sdf.StopProcessing()
	}
	asked.Add(1)
	f.RegisterCallback(time.Minute, func() error {
		finalized.Add(1)
		return nil
	})
	return sdf.ResumeProcessingIn(0)
}

func TestTheSDKFinalizesOnce(t *testing.T) {
	asked.Store(0)
	finalized.Store(0)
	runOnPrism(t, func(s beam.Scope) { beam.ParDo0(s, &finalizedFn{}, beam.Impulse(s)) })
	if n, of := finalized.Load(), asked.Load(); n != 1 || of != 5 {
		t.Errorf("%d bundles of %d were finalized, want 1 of 5: where all are, delete finalize.go", n, of)
	}
}
