// Package demo is an input that needs nothing: the events of a simulated shop,
// as a stream that is paced by the clock.
//
//	config, err := demo.Parse("demo:?seed=7&speed=60")
//	...
//	events := demo.Read(s, config)
//
// An event arrives when the simulation says so; the watermark stays
// Config.Disorder behind the arrivals, and moves on with the clock while
// nothing arrives. The events, their stamps and the end are a function of the
// Config alone (with a Start): neither speed nor bundles, nor a source that a
// runner starts again, change them.
//
// Where the process of the source has no process.Run there is none to stop it by: an
// endless input then ends when the runner cancels its job. A job that is resumed by
// another command needs a Start, so that it simulates the same shop.
package demo

import (
	"context"
	"crypto/rand"
	"math"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn5x2[context.Context, *sequence.Watermark, *sdf.LockRTracker, []byte, func(beam.EventTime, []order.Event), sdf.ProcessContinuation, error](&readFn{})
	register.Emitter2[beam.EventTime, []order.Event]()
}

// Read reads a simulated input: () -> PCollection<[]order.Event>, unbounded.
//
// The events of a bundle are one block, after a MarkWatermark; the element
// time is the watermark before it. The input ends after Config.Count events, with a
// MarkEnd at their largest event time, or at the watermark where that is later; or
// with a MarkCut at the watermark where the run is stopped, or the Config says that
// the input goes on.
//
// Read panics where c.Validate gives an error.
func Read(s beam.Scope, c Config) (events beam.PCollection) {
	s = s.Scope("demo.Read")
	if err := c.Validate(); err != nil {
		panic(err)
	}
	c.Shop = c.shop(time.Now())
	return beam.ParDo(s, &readFn{Config: c, ID: rand.Text()}, beam.Impulse(s))
}

const (
	// idle is the longest that a call waits for an event: runners that run one
	// call a bundle (Flink) would spin without it.
	idle = 100 * time.Millisecond
	// pause is between two calls, for runners where a call is costly.
	pause = 50 * time.Millisecond
)

// readFn is the source: each call emits the events that have arrived since the
// last one.
type readFn struct {
	sequence.Source
	Config Config
	ID     string // of the source, among all

	run      *process.Run
	sessions *sessions
}

func (fn *readFn) Setup() (err error) {
	fn.run = process.Of(fn.Config.Run)
	fn.sessions, err = process.Get(fn.run, newSessions)
	return err
}

// InitialWatermarkEstimatorState returns the watermark before the first event.
func (fn *readFn) InitialWatermarkEstimatorState(beam.EventTime, sequence.Rest, []byte) int64 {
	return fn.Config.Shop.Start.Add(-fn.Config.Disorder).UnixMilli()
}

func (fn *readFn) ProcessElement(ctx context.Context, we *sequence.Watermark, rt *sdf.LockRTracker, _ []byte, emit func(beam.EventTime, []order.Event)) (sdf.ProcessContinuation, error) {
	fn.run.Begin()
	fn.run.Throttle()
	s, err := fn.checkOut(rt.GetRestriction().(sequence.Rest).Start, we.Millis())
	if err != nil {
		return nil, err
	}
	left := fn.left(s)
	if left > 0 {
		if err := fn.wait(ctx, s); err != nil {
			return nil, err
		}
	}
	if left == 0 || fn.run.Stopped() {
		if !rt.TryClaim(sequence.End) {
			return sdf.StopProcessing(), rt.GetError()
		}
		emit(beam.EventTime(we.Millis()), []order.Event{fn.end(s, we.Millis())})
		return sdf.StopProcessing(), nil
	}
	events, w := s.bundle(left, time.Now())
	if !rt.TryClaim(s.taken) {
		return sdf.StopProcessing(), rt.GetError() // the rest has been given to another call
	}
	fn.emit(ctx, events, w, we, emit)
	fn.checkIn(s)
	if fn.Config.Speed == 0 || fn.left(s) == 0 {
		return sdf.ResumeProcessingIn(0), nil
	}
	return sdf.ResumeProcessingIn(pause), nil
}

// left returns how many events are still to come.
func (fn *readFn) left(s *session) int64 {
	if fn.Config.Count == 0 {
		return math.MaxInt64
	}
	return fn.Config.Count - s.taken
}

// wait waits until an event has arrived, for a while or until the run is
// stopped.
func (fn *readFn) wait(ctx context.Context, s *session) error {
	if fn.Config.Speed == 0 {
		return nil
	}
	until := s.clock.until(s.coming.At, time.Now())
	if until <= 0 {
		return nil
	}
	timer := time.NewTimer(min(until, idle))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-fn.run.Stopping():
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// emit emits the events of a call and moves the watermark on to w.
func (fn *readFn) emit(ctx context.Context, events []order.Event, w int64, we *sequence.Watermark, emit func(beam.EventTime, []order.Event)) {
	var bytes int64
	for i := range events {
		bytes += int64(len(events[i].Raw))
	}
	if len(events) > 0 {
		now := beam.EventTime(we.Millis())
		emit(now, []order.Event{{Mark: order.MarkWatermark, At: w}})
		emit(now, events)
	}
	we.Advance(w)
	count.Add(ctx, fn.run, count.Read, int64(len(events)))
	fn.run.Read.Add(bytes)
}

// end returns the mark of the end of the input, or of where the run was stopped.
func (fn *readFn) end(s *session, watermark int64) order.Event {
	switch {
	case fn.run.Stopped() || fn.Config.GoesOn:
		return order.Event{Mark: order.MarkCut, Time: s.largest, At: watermark}
	case fn.Config.EndOfTime:
		return order.Event{Mark: order.MarkEnd, Time: s.largest, At: order.EndOfTime}
	}
	return order.Event{Mark: order.MarkEnd, Time: s.largest, At: s.end()}
}
