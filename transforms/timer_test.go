package transforms

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ordertimeout/transforms/shard/replica"
)

// Timers outlive builds: their tags must be read by the next one.
func TestTagsOfTimers(t *testing.T) {
	for _, test := range []struct {
		timer replica.Timer
		want  string
	}{
		{replica.Timer{Tick: 13_000, Hold: 12_000}, "a14/99c"},
		{replica.Timer{Tick: 1_700_000_010_000, Hold: 1_700_000_000_001}, "loyw42s0/loyw3v29"},
		{replica.Timer{Tick: 0, Hold: -1000}, "0/-rs"},
	} {
		tag := tagOf(test.timer)
		if tag != test.want {
			t.Errorf("%v: got tag %q, want %q", test.timer, tag, test.want)
		}
		if tick, err := tickOfTag(test.want); tick != test.timer.Tick || err != nil {
			t.Errorf("%s: got tick %d, error %v, want %d", test.want, tick, err, test.timer.Tick)
		}
	}
	if _, err := tickOfTag("?/99c"); err == nil || err.Error() != `transforms: timer with tag "?/99c": want a tick` {
		t.Errorf("a tag without a tick: got %v", err)
	}
}

// A timer that fires a little before its time waits for it: it does not come again. One
// that is far ahead is of a job that is drained.
func TestReachedWaitsForAClockThatIsBehind(t *testing.T) {
	for gap, want := range map[time.Duration]bool{
		-time.Hour: true, 0: true, time.Millisecond: true, maxSkew: true, maxSkew + time.Millisecond: false, time.Hour: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			if got := reached(t.Context(), start.Add(gap)); got != want {
				t.Errorf("%v ahead: %v, want %v", gap, got, want)
			}
			if waited := time.Since(start); want && waited != max(gap, 0) || !want && waited != 0 {
				t.Errorf("%v ahead: waited %v", gap, waited)
			}
			ended, end := context.WithCancel(t.Context())
			end()
			if gap > 0 && reached(ended, start.Add(max(gap, 0)+time.Millisecond)) {
				t.Errorf("%v ahead: reached in a bundle that is no more", gap)
			}
		})
	}
}
