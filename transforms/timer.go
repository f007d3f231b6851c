package transforms

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"

	"ordertimeout/transforms/shard/replica"
)

// The timers of the stateful step. Each has a tag of its own. One timer that is set again
// would move: on a runner whose watermark lags, it would be moved ahead of the watermark
// for ever.

// slack returns how much later than the watermark says a time is over, in milliseconds.
func (f *matchFn) slack() int64 { return f.Config.WatermarkSlack.Milliseconds() }

// setTimer sets a timer, if t is one.
func (f *matchFn) setTimer(tp timers.Provider, t replica.Timer) {
	if t == (replica.Timer{}) {
		return
	}
	at, hold := time.UnixMilli(t.Tick+f.slack()), time.UnixMilli(t.Hold+f.slack())
	f.Timer.Set(tp, at, timers.WithTag(tagOf(t)), timers.WithOutputTimestamp(hold))
}

// clearTimer clears a timer, if t is one.
func (f *matchFn) clearTimer(tp timers.Provider, t replica.Timer) {
	if t != (replica.Timer{}) {
		f.Timer.ClearTag(tp, tagOf(t))
	}
}

// tagOf returns the tag of a timer. It says the tick, since all that Beam tells OnTimer
// besides is the hold. It says the hold, so that no two timers of a tick are the same one.
func tagOf(t replica.Timer) string {
	return strconv.FormatInt(t.Tick, 36) + "/" + strconv.FormatInt(t.Hold, 36)
}

// tickOfTag returns the tick of a timer's tag.
func tickOfTag(tag string) (int64, error) {
	text, _, _ := strings.Cut(tag, "/")
	tick, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, fmt.Errorf("transforms: timer with tag %q: want a tick", tag)
	}
	return tick, nil
}

// maxSkew is how far the clock of a worker may be behind that by which the runner tells
// the watermark. It is short, as a job that is drained does not read what comes meanwhile.
const maxSkew = 250 * time.Millisecond

// reached reports whether the clock has come to a time, for which it waits if that is near.
// A timer that fires before its time and is left alone does not come again.
func reached(ctx context.Context, at time.Time) bool {
	gap := time.Until(at)
	if gap > maxSkew {
		return false // a runner that drains the job has put the watermark to the end of time
	}
	if gap > 0 {
		select {
		case <-time.After(gap):
		case <-ctx.Done():
			return false
		}
	}
	return true
}
