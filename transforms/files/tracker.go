package files

import (
	"fmt"
	"math"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func init() {
	beam.RegisterType(reflect.TypeFor[restriction]())
}

// restriction is the rest of the log: its records from number Start on.
type restriction struct {
	Start int64
}

// end is the restriction behind the end of the log, of a length that nobody
// knows before it is reached.
const end = math.MaxInt64

// tracker tracks a restriction, by the number of the records handed out. It
// splits at that number only: the log is read in one place, in order.
type tracker struct {
	rest    restriction // not claimed yet
	stopped bool        // the rest is someone else's
	err     error
}

// TryClaim claims the records up to a position, an int64.
func (t *tracker) TryClaim(position any) bool {
	p, ok := position.(int64)
	switch {
	case !ok || p < t.rest.Start:
		t.err = fmt.Errorf("files: claim of %v (%[1]T): want an int64 from %d on", position, t.rest.Start)
		return false
	case t.stopped:
		return false
	}
	t.rest.Start = p
	return true
}

func (t *tracker) GetError() error { return t.err }

// TrySplit gives all that is not claimed away if the fraction is 0, and else
// nothing.
//
// Any other split would make a second restriction, and Prism takes the
// watermark of the restriction that reported last for that of all
// (runners/prism/internal/engine/elementmanager.go:1038), and drops the
// watermark altogether on the splits it asks for of its own accord
// (runners/prism/internal/stage.go:270). Both would be reasons to refuse even
// if reading could be split; they can be forgotten where it never is.
func (t *tracker) TrySplit(fraction float64) (primary, residual any, err error) {
	if fraction > 0 || t.IsDone() {
		return t.rest, nil, nil
	}
	t.stopped = true
	return restriction{Start: t.rest.Start}, t.rest, nil
}

// GetProgress tells the records done; of the rest only whether there is any.
func (t *tracker) GetProgress() (done, remaining float64) {
	if t.IsDone() {
		return 1, 0
	}
	return float64(t.rest.Start), 1
}

func (t *tracker) IsDone() bool { return t.stopped || t.rest.Start == end }

func (t *tracker) GetRestriction() any { return t.rest }
