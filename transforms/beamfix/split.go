package beamfix

import (
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// What is wrong: Prism has no watermark for the second part of a source that is split.
// Where a source takes its time over a bundle, Prism splits it, and drops the watermark of
// the part that is split off (Beam 2.77.0, runners/prism/internal/stage.go:270, a TODO).
// Where there are several parts, it takes the watermark of the part that reported last for
// that of all (runners/prism/internal/engine/elementmanager.go:1038). Time then passes
// events that are not read yet.
//
// What is done: Prism is told not to split. And sources refuse to be split, on any
// runner: see Tracker.TrySplit in transforms/connect/sequence.
//
// When to delete it: when that TODO is done, and elementmanager.go takes the least of the
// watermarks.

// noSplit is the experiment that keeps Prism from splitting.
const noSplit = "prism_disable_sdf_split"

// ForPrism prepares this process for pipelines on the embedded Prism: sources are not
// split, and workers that are started from now on answer before they end their outputs.
// It is to be called before such a pipeline is run, and after the flags are parsed.
func ForPrism() {
	if !slices.Contains(jobopts.GetExperiments(), noSplit) {
		if *jobopts.Experiments != "" {
			*jobopts.Experiments += ","
		}
		*jobopts.Experiments += noSplit
	}
	answerFirst()
}
