package pubsub

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/connect/pubsub/pull"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn6x2[
		context.Context, *sequence.Watermark, *sdf.LockRTracker, []byte,
		func(beam.EventTime, []order.Event), func(beam.EventTime, order.Reject),
		sdf.ProcessContinuation, error,
	](&readFn{})
	register.DoFn7x2[
		context.Context, *sequence.Watermark, beam.BundleFinalization, *sdf.LockRTracker, []byte,
		func(beam.EventTime, []order.Event), func(beam.EventTime, order.Reject),
		sdf.ProcessContinuation, error,
	](&readAndFinalizeFn{})
	register.Emitter2[beam.EventTime, []order.Event]()
	register.Emitter2[beam.EventTime, order.Reject]()
}

// readFn is a splittable DoFn of one restriction, the subscription.
type readFn struct {
	sequence.Source
	From pull.Source
}

// ProcessElement hands out a bundle's worth of what was pulled.
func (fn *readFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	return pull.HandOut(ctx, fn.From, we, rt, event, reject)
}

// readAndFinalizeFn is a readFn whose bundles the runner finalizes. The SDK's own
// BundleFinalization does not work. Package beamfix does it instead: see its finalize.go.
type readAndFinalizeFn struct {
	sequence.Source
	From pull.Source
}

// ProcessElement hands out a bundle's worth of what was pulled.
func (fn *readAndFinalizeFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, _ beam.BundleFinalization, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	return pull.HandOut(ctx, fn.From, we, rt, event, reject)
}
