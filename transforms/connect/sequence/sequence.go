// Package sequence is what the splittable DoFns have in common that read one
// sequence in one place and in order, such as a log: a restriction that is the
// rest of the sequence from an element on, and a watermark that only moves on.
//
// A DoFn embeds [Source] and gets all methods of a splittable DoFn but
// ProcessElement:
//
//	func (fn *readFn) ProcessElement(ctx context.Context, w *sequence.Watermark, rt *sdf.LockRTracker, ...
package sequence

import (
	"fmt"
	"math"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/mtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Rest]())
}

// Rest is the restriction: the elements of the sequence from number Start on.
type Rest struct {
	Start int64
	// Of tells which sequence Start counts the elements of, for a source that another
	// command may resume with another one. Zero: it is not told.
	Of int64
}

// End, claimed, is the end of the sequence: behind all elements, whose number
// nobody knows before it is reached.
const End int64 = math.MaxInt64

// Source is embedded in a splittable DoFn.
type Source struct{}

func (Source) CreateInitialRestriction([]byte) Rest         { return Rest{} }
func (Source) SplitRestriction(_ []byte, r Rest) []Rest     { return []Rest{r} }
func (Source) RestrictionSize([]byte, Rest) float64         { return 1 }
func (Source) CreateTracker(r Rest) *sdf.LockRTracker       { return sdf.NewLockRTracker(NewTracker(r)) }
func (Source) WatermarkEstimatorState(w *Watermark) int64   { return w.Millis() }
func (Source) CreateWatermarkEstimator(ms int64) *Watermark { return NewWatermark(ms) }
func (Source) InitialWatermarkEstimatorState(beam.EventTime, Rest, []byte) int64 {
	return int64(mtime.MinTimestamp)
}

// Tracker follows a bundle through the rest of the sequence.
type Tracker struct {
	rest    Rest // not claimed yet
	stopped bool // the rest is another bundle's
	err     error
}

// NewTracker returns the tracker of a restriction.
func NewTracker(r Rest) *Tracker { return &Tracker{rest: r} }

// TryClaim claims the elements before a number (an int64); End claims all.
func (t *Tracker) TryClaim(position any) bool {
	p, ok := position.(int64)
	switch {
	case !ok || p < t.rest.Start:
		t.err = fmt.Errorf("sequence: claim of %v (%[1]T): want an int64 from %d on", position, t.rest.Start)
		return false
	case t.IsDone():
		return false
	}
	t.rest.Start = p
	return true
}

// TrySplit gives the rest away at a checkpoint (fraction 0), and nothing else.
//
// Any other split would make a second restriction, and Prism loses the watermark of one of
// the two: see split.go of transforms/beamfix. With Prism repaired there would still be
// nothing to split.
func (t *Tracker) TrySplit(fraction float64) (primary, residual any, err error) {
	if fraction > 0 || t.IsDone() {
		return t.rest, nil, nil
	}
	t.stopped = true
	return t.rest, t.rest, nil
}

// GetError returns the error of a claim that made no sense.
func (t *Tracker) GetError() error { return t.err }

// GetRestriction returns the part that is not claimed yet, a Rest.
func (t *Tracker) GetRestriction() any { return t.rest }

// IsDone reports whether there is nothing left for this bundle.
func (t *Tracker) IsDone() bool { return t.stopped || t.rest.Start == End }

// IsBounded is false: nobody knows the end, and the bundles end themselves.
func (t *Tracker) IsBounded() bool { return false }

// GetProgress tells the elements that are done, and of the rest only whether
// there is any.
func (t *Tracker) GetProgress() (done, remaining float64) {
	if t.IsDone() {
		return 1, 0
	}
	return float64(t.rest.Start), 1
}

// Watermark is a watermark estimator that its source moves on, and that a runner
// may read while a bundle is running.
type Watermark struct {
	ms atomic.Int64
}

// NewWatermark returns the estimator with a state in milliseconds.
func NewWatermark(ms int64) *Watermark {
	w := new(Watermark)
	w.ms.Store(ms)
	return w
}

// Advance moves the watermark on to a time in milliseconds, never back.
func (w *Watermark) Advance(ms int64) { w.ms.Store(max(w.ms.Load(), ms)) }

// Millis returns the watermark in milliseconds.
func (w *Watermark) Millis() int64 { return w.ms.Load() }

// CurrentWatermark returns the watermark, for the runner.
func (w *Watermark) CurrentWatermark() time.Time { return time.UnixMilli(w.ms.Load()) }
