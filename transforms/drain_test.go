package transforms

import (
	"fmt"
	"testing"
	"time"
)

// Beam's emitters panic where a later step fails. The bundle ends then, and nothing of
// it may be at work any more.
func TestTickThatPanicsLeavesNothingAtWork(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1")
	s.slow = 5 * time.Millisecond
	w.emitted = func() { panic("a later step has failed") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		w.tick(12000)
	}()
	if log, marks := len(s.bundle["log"]), len(s.bundle["marks"]); log != 1 || marks != 2 {
		t.Errorf("%d records of log and %d marks after the panic, want the snapshot of the tick, and 2", log, marks)
	}
}

// A runner that drains a job lets the watermark jump to the end of time. On a live
// input that is no time at which an order could time out.
func TestDrainOfALiveInputIsNoTime(t *testing.T) {
	now := time.Now().Truncate(time.Second).UnixMilli()
	for _, live := range []bool{true, false} {
		s := newStore()
		w := newWorker(t, s)
		w.fn.Config.WallClock = live
		w.batch(fmt.Sprintf("create@%d o1", now-20_000), fmt.Sprintf("create@%d o2", now))
		w.want(w.tick(now-5_000), "timeout o1") // the clock has reached it
		s.writes = 0
		var want []string
		if !live {
			want = []string{"timeout o2"}
		}
		w.want(w.tick(now+3_600_000), want...)
		if live && s.writes > 0 {
			t.Error("the run was not kept as it was")
		}
	}
}
