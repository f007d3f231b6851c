package files

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// carrier is how far a session is with its carry points.
type carrier struct {
	begun bool  // the shards were told to take up their states
	point int64 // under way, zero: none
}

// keeper returns the keeper of the run, nil where the log is not carried.
func (c Config) keeper(run *process.Run) *carry.Keeper {
	if !c.Carries {
		return nil
	}
	return carry.Of(run)
}

// carryOn is what a bundle does first where the log is carried. It reports whether that is
// all that the bundle does: it has told the shards to take up their states, or waits for a
// carry point.
func (s *session) carryOn(ctx context.Context, k *carry.Keeper, event func(beam.EventTime, []order.Event)) (done bool) {
	if !s.begun {
		s.begun = true
		if start := k.Start(); start != nil {
			event(0, []order.Event{{Mark: order.MarkGoOn, At: start.Watermark}})
			return true
		}
	}
	if s.point == 0 {
		return false
	}
	waiting, cancel := context.WithTimeout(ctx, maxBundleTime)
	defer cancel()
	if !k.Settled(waiting, s.point) {
		return true
	}
	s.point = 0
	return false
}

// endAtPoint begins a carry point at the end of a bundle.
func (s *session) endAtPoint(k *carry.Keeper, event func(beam.EventTime, []order.Event)) (err error) {
	if s.point, err = s.beginPoint(k, carry.Point{}); err != nil {
		return err
	}
	w := s.now.watermark()
	event(beam.EventTime(w), []order.Event{{Mark: order.MarkPoint, Line: s.point, At: w}})
	return nil
}

// beginPoint begins a carry point where the log is.
func (s *session) beginPoint(k *carry.Keeper, p carry.Point) (number int64, err error) {
	if p.Position, err = s.bookmark().Encode(); err != nil {
		return 0, fmt.Errorf("files: %w", err)
	}
	p.Watermark = s.now.watermark()
	return k.Begin(p), nil
}

// carriedEnd returns the mark of the end of a log that is carried. One that was stopped
// before its first record leaves the carry file as it was.
func (s *session) carriedEnd(k *carry.Keeper, mark order.Event, complete bool) (order.Event, error) {
	if s.handed == 0 && !s.last.last {
		return mark, nil
	}
	number, err := s.beginPoint(k, carry.Point{Final: true, Complete: complete})
	mark.Line = number
	return mark, err
}
