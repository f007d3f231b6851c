package beamfix

import (
	"flag"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// These tests are of the SDK as it is, so that TestMain does not call Install. Each fails
// when a defect is mended.
func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// Some defects have no test. So somebody has to look at each of them when the SDK is
// another one.
func TestTheSDKIsTheOneThatWasLookedAt(t *testing.T) {
	if core.SdkVersion != "2.77.0" {
		t.Errorf("Beam is %s: look whether the defects that the package doc lists are still there, and then change this version", core.SdkVersion)
	}
}

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
	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &finalizedFn{}, beam.Impulse(s))
	if _, err := prism.Execute(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if n, of := finalized.Load(), asked.Load(); n != 1 || of != 5 {
		t.Errorf("%d bundles of %d were finalized, want 1 of 5: where all are, delete finalize.go", n, of)
	}
}
