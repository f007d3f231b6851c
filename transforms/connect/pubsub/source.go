package pubsub

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
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

// source is what a DoFn reads, as it travels to the workers.
type source struct {
	Config Config
	// Sub is the subscription that the Config names, with what is the default for it.
	Sub Subscription
	// ID is the source's own, among all sources of all pipelines.
	ID string
}

// readFn is a splittable DoFn of one restriction, the subscription.
type readFn struct {
	sequence.Source
	From source
}

// ProcessElement hands out a bundle's worth of what was pulled.
func (fn *readFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	return handOut(ctx, fn.From, we, rt, event, reject)
}

// readAndFinalizeFn is a readFn whose bundles the runner finalizes. The SDK's own
// BundleFinalization does not work. Package beamfix does it instead: see its finalize.go.
type readAndFinalizeFn struct {
	sequence.Source
	From source
}

// ProcessElement hands out a bundle's worth of what was pulled.
func (fn *readAndFinalizeFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, _ beam.BundleFinalization, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	return handOut(ctx, fn.From, we, rt, event, reject)
}

// handOut is one call of the source.
func handOut(
	ctx context.Context, from source, we *sequence.Watermark, rt *sdf.LockRTracker,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	run := process.Of(from.Config.Run)
	bundle, err := beamfix.BundleOf(ctx)
	if err != nil {
		return sdf.StopProcessing(), run.Fail(from.Config.fault("%v", err))
	}
	bundle.SetIdle(true)
	run.Throttle()
	p, err := pullerOf(ctx, from)
	if err != nil {
		awaitEnd(ctx, run)
		return sdf.StopProcessing(), err
	}
	p.worksAt(bundle.Worker())
	this := call{
		puller: p, bundle: bundle, before: max(0, we.Millis()),
		position: rt.GetRestriction().(sequence.Rest).Start,
		claim:    rt.TryClaim, event: event, reject: reject,
	}
	rest, err := this.handOut(ctx)
	if err == nil {
		this.tellFirst()
	}
	this.count(ctx)
	if w := this.end(); w > 0 {
		we.Advance(w)
	}
	switch {
	case err != nil:
		return sdf.StopProcessing(), err
	case !rest:
		return sdf.StopProcessing(), rt.GetError()
	}
	return sdf.ResumeProcessingIn(0), nil
}
