package beamfix

import (
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

func TestPrismIsToldOnceNotToSplit(t *testing.T) {
	dial, experiments := grpcx.Dial, *jobopts.Experiments
	defer func() { grpcx.Dial, *jobopts.Experiments = dial, experiments }()
	for given, want := range map[string]string{"": noSplit, "other": "other," + noSplit, noSplit + ",other": noSplit + ",other"} {
		*jobopts.Experiments = given
		ForPrism()
		ForPrism()
		if got := *jobopts.Experiments; got != want {
			t.Errorf("experiments %q became %q, want %q", given, got, want)
		}
	}
}
