package files

import (
	"context"
	"math"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn6x2[
		context.Context, *sdf.ManualWatermarkEstimator, *sdf.LockRTracker, []byte,
		func(beam.EventTime, order.Event), func(beam.EventTime, order.Reject),
		sdf.ProcessContinuation, error,
	](&readFn{})
	register.Emitter2[beam.EventTime, order.Event]()
	register.Emitter2[beam.EventTime, order.Reject]()
}

// readFn is a splittable DoFn of one restriction, the log.
type readFn struct {
	Config Config
	// ID is the source's own, among all sources of all pipelines.
	ID string
}

func (fn *readFn) CreateInitialRestriction([]byte) restriction { return restriction{} }

func (fn *readFn) SplitRestriction(_ []byte, r restriction) []restriction { return []restriction{r} }

func (fn *readFn) RestrictionSize([]byte, restriction) float64 { return 1 }

func (fn *readFn) CreateTracker(r restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(&tracker{rest: r})
}

// noWatermark is the estimator's state before there is a watermark.
const noWatermark int64 = math.MinInt64

func (fn *readFn) InitialWatermarkEstimatorState(beam.EventTime, restriction, []byte) int64 {
	return noWatermark
}

func (fn *readFn) CreateWatermarkEstimator(ms int64) *sdf.ManualWatermarkEstimator {
	e := &sdf.ManualWatermarkEstimator{}
	if ms != noWatermark {
		e.UpdateWatermark(time.UnixMilli(ms))
	}
	return e
}

func (fn *readFn) WatermarkEstimatorState(e *sdf.ManualWatermarkEstimator) int64 {
	if e.CurrentWatermark().IsZero() {
		return noWatermark
	}
	return e.CurrentWatermark().UnixMilli()
}

// ProcessElement reads a bundle's worth of the log.
func (fn *readFn) ProcessElement(
	ctx context.Context, we *sdf.ManualWatermarkEstimator, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	run := live.Lookup(fn.Config.Run)
	run.Throttle()
	s, err := resume(fn.ID, fn.Config, run, rt.GetRestriction().(restriction).Start)
	if err != nil {
		if run.Fail(err); run == nil || !rt.TryClaim(int64(end)) {
			return sdf.StopProcessing(), err
		}
		event(0, clock{}.end(false, false))
		return sdf.StopProcessing(), nil
	}
	b := bundle{session: s, claim: rt.TryClaim, event: event, reject: reject}
	outcome, err := b.read(ctx, run.Stopping())
	b.count(ctx)
	if w := s.now.watermark(); w > 0 {
		we.UpdateWatermark(time.UnixMilli(w))
	}
	switch {
	case ctx.Err() != nil:
		s.close()
		return sdf.StopProcessing(), ctx.Err()
	case outcome == more:
		s.park(fn.ID)
		return sdf.ResumeProcessingIn(0), nil
	case outcome == split:
		s.park(fn.ID)
		return sdf.StopProcessing(), rt.GetError()
	}
	return sdf.StopProcessing(), fn.end(s, run, outcome == complete, err, event)
}

// end ends the log, at an error if there is one. In the process of the run the
// error is the run's, and what was read goes through the pipeline; elsewhere the
// bundle fails, and the runner decides.
//
// The element of the end mark is no later than the watermark: it holds back the
// timers behind it until it has arrived.
func (fn *readFn) end(s *session, run *live.Run, complete bool, err error, event func(beam.EventTime, order.Event)) error {
	s.close()
	if err != nil && run == nil {
		return err
	}
	run.Fail(err)
	event(beam.EventTime(s.now.watermark()), s.now.end(complete && err == nil, fn.Config.EndOfTime))
	return nil
}
