package count

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/process"
)

// Beam adds to one of Beam's counters.
func Beam(ctx context.Context, name string, n int64) {
	if n != 0 {
		beam.NewCounter(Namespace, name).Inc(ctx, n)
	}
}

// Add adds to one of Beam's counters and to that of the run. Call it once a bundle
// or a tick, not once an event: it costs more than most events do.
func Add(ctx context.Context, run *process.Run, name string, n int64) {
	Beam(ctx, name, n)
	run.Count(name, n)
}

// Source is what a bundle of a source has read.
type Source struct {
	// Records are all records, and Malformed those that are no event.
	Records, Malformed int64
	// Integers are the event times that were integers, and January those of them
	// that read as January 1970.
	Integers, January int64
}

// Add adds the bundle to the counters.
func (s Source) Add(ctx context.Context, run *process.Run) {
	Add(ctx, run, Read, s.Records)
	Add(ctx, run, Malformed, s.Malformed)
	Beam(ctx, IntegerTimes, s.Integers)
	Beam(ctx, January1970, s.January)
}
