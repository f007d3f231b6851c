package files

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn6x2[
		context.Context, *sequence.Watermark, *sdf.LockRTracker, []byte,
		func(beam.EventTime, []order.Event), func(beam.EventTime, order.Reject),
		sdf.ProcessContinuation, error,
	](&readFn{})
	register.Emitter2[beam.EventTime, []order.Event]()
	register.Emitter2[beam.EventTime, order.Reject]()
}

// readFn is a splittable DoFn of one restriction, the log.
type readFn struct {
	sequence.Source
	Config Config
	// ID is the source's own, among all sources of all pipelines.
	ID string
}

// CreateInitialRestriction returns the whole log.
func (fn *readFn) CreateInitialRestriction([]byte) sequence.Rest {
	return sequence.Rest{Of: fn.Config.fingerprint()}
}

// resume returns the session that goes on with the rest of the log.
func (fn *readFn) resume(rest sequence.Rest, run *process.Run) (*session, error) {
	if rest.Start > 0 && rest.Of != fn.Config.fingerprint() {
		return nil, fmt.Errorf("files: the job to resume has read %d records of another log: want the same files, -format, -columns, -time-unit, -key and -disorder", rest.Start)
	}
	return resume(fn.ID, fn.Config, run, rest.Start)
}

// ProcessElement reads a bundle's worth of the log.
func (fn *readFn) ProcessElement(
	ctx context.Context, we *sequence.Watermark, rt *sdf.LockRTracker, _ []byte,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	run := process.Of(fn.Config.Run)
	run.Begin()
	run.Throttle()
	s, err := fn.resume(rt.GetRestriction().(sequence.Rest), run)
	if err != nil {
		if run.Fail(err); run.Remote() || !rt.TryClaim(sequence.End) {
			return sdf.StopProcessing(), err
		}
		event(0, []order.Event{clock{}.cut()})
		return sdf.StopProcessing(), nil
	}
	keeper := fn.Config.keeper(run)
	if keeper != nil && s.carryOn(ctx, keeper, event) {
		we.Advance(s.now.watermark())
		s.park()
		return sdf.ResumeProcessingIn(0), nil
	}
	b := bundle{session: s, claim: rt.TryClaim, event: event, reject: reject}
	ending, err := b.read(ctx, run.Stopping())
	b.counts.Add(ctx, run)
	if w := s.now.watermark(); w > 0 {
		we.Advance(w)
		if fn.Config.Live || fn.Config.Follow {
			run.Set(count.WatermarkTime, w)
		}
	}
	switch {
	case ctx.Err() != nil:
		s.close()
		return sdf.StopProcessing(), ctx.Err()
	case ending == more:
		if keeper != nil && keeper.Due(false) {
			run.Abort(s.endAtPoint(keeper, event))
		}
		s.park()
		return sdf.ResumeProcessingIn(0), nil
	case ending == split:
		s.park()
		return sdf.StopProcessing(), rt.GetError()
	}
	return sdf.StopProcessing(), fn.end(s, run, keeper, ending == complete, err, event)
}

// end ends the log, at an error if there is one. In the process of the run the
// error is the run's, and what was read goes through the pipeline; elsewhere the
// bundle fails, and the runner decides.
//
// The element of the end mark is no later than the watermark: it holds back the
// timers behind it until it has arrived.
func (fn *readFn) end(s *session, run *process.Run, keeper *carry.Keeper, complete bool, err error, event func(beam.EventTime, []order.Event)) error {
	s.close()
	if err != nil && run.Remote() {
		return err
	}
	run.Fail(err)
	mark := s.end(complete && err == nil)
	if keeper != nil {
		var failed error
		mark, failed = s.carriedEnd(keeper, mark, complete && err == nil)
		run.Fail(failed)
	}
	event(beam.EventTime(s.now.watermark()), []order.Event{mark})
	if err == nil && (complete || s.last.stopped) {
		run.Set(count.AllRead, 1)
	}
	if complete && err == nil && !fn.Config.EndOfTime { // nothing is beyond the end of time
		run.Set(count.BeyondEnd, int64(s.last.beyond))
		run.Set(count.BeyondEndFrom, s.last.beyondFrom)
	}
	return nil
}

// end returns the mark of the end of the log, which is complete or was left where it is.
func (s *session) end(complete bool) order.Event {
	if complete && !s.config.GoesOn {
		return s.now.end(s.config.EndOfTime)
	}
	return s.now.cut()
}
