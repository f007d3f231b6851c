package demo

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func init() {
	beam.RegisterType(reflect.TypeFor[position]())
}

// position is the restriction of the source, of which there is one: all events
// after the first Start.
type position struct {
	Start int64
}

// tracker follows a call through its position. It gives up what is left only to
// a checkpoint (fraction 0), never to a split, because of two defects of Beam
// 2.77.0: Prism's watermark is that of the restriction that ended a bundle
// last, not the least of all (runners/prism/internal/engine/elementmanager.go,
// line 1038), and Prism drops the watermark of what it splits off
// (runners/prism/internal/stage.go, line 270). With both repaired a split of an
// endless sequence still makes no sense, but the flag
// prism_disable_sdf_split can go.
type tracker struct {
	rest position
	done bool
	err  error
}

// whole claims all that there is: the input ends here.
const whole int64 = -1

// TryClaim claims the events up to a number (int64), counted from the first of
// all; or whole.
func (t *tracker) TryClaim(upTo any) bool {
	n, ok := upTo.(int64)
	switch {
	case !ok:
		t.err = fmt.Errorf("demo: claim of a %T: want int64", upTo)
		return false
	case t.done:
		return false
	case n == whole:
		t.done = true
	default:
		t.rest.Start = n
	}
	return true
}

func (t *tracker) TrySplit(fraction float64) (primary, residual any, err error) {
	if fraction > 0 || t.done {
		return t.rest, nil, nil
	}
	t.done = true
	return t.rest, t.rest, nil
}

func (t *tracker) GetError() error     { return t.err }
func (t *tracker) GetRestriction() any { return t.rest }
func (t *tracker) IsDone() bool        { return t.done }
func (t *tracker) IsBounded() bool     { return false }
func (t *tracker) GetProgress() (_, _ float64) {
	if t.done {
		return 1, 0
	}
	return 0, 1
}

// estimator is a watermark in milliseconds that only moves on. A runner reads
// it while a call is running.
type estimator struct {
	ms atomic.Int64
}

func (e *estimator) CurrentWatermark() time.Time { return time.UnixMilli(e.ms.Load()) }

func (e *estimator) advance(ms int64) { e.ms.Store(max(e.ms.Load(), ms)) }
