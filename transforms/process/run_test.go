package process

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunIsFoundUntilItIsClosed(t *testing.T) {
	r := NewRun()
	if Lookup(r.ID) != r || Lookup("another") != nil {
		t.Error("a run is not found by its id, or another one is")
	}
	r.Close()
	if Lookup(r.ID) != nil {
		t.Error("a closed run is found")
	}
}

func TestStopIsSeenByAllAndMayBeRepeated(t *testing.T) {
	r := NewRun()
	defer r.Close()
	select {
	case <-r.Stopping():
		t.Fatal("stopping before Stop")
	default:
	}
	r.Stop()
	r.Stop()
	<-r.Stopping()
	<-r.Stopping()
}

func TestTheFirstFailureStays(t *testing.T) {
	r := NewRun()
	defer r.Close()
	first, second := errors.New("first"), errors.New("second")
	if r.Fail(nil) != nil || r.Err() != nil {
		t.Error("no error is one")
	}
	if r.Fail(first) != first || r.Fail(second) != second || r.Err() != first {
		t.Errorf("got %v, want %v", r.Err(), first)
	}
}

// In another process there is no run, and the DoFns work without it.
func TestNilRunDoesNothing(t *testing.T) {
	var r *Run
	r.Sent(1 << 30)
	r.Throttle()
	if err := errors.New("x"); r.Fail(err) != err || r.Err() != nil || r.Stopping() != nil {
		t.Error("a nil run has something to say")
	}
}

// A source does not wait for what is not on its way, nor when it is to stop. It
// would here for ever if a wait had no end.
func TestThrottleEnds(t *testing.T) {
	r := NewRun()
	defer r.Close()
	r.Sent(maxInFlight)
	r.Throttle()
	r.Sent(1)
	r.Throttle() // waits its longest
	r.Sent(-1)
	r.Throttle()
	r.Sent(1 << 30)
	r.Stop()
	r.Throttle()
}

func TestThrottleLeavesItToAClusterRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRun()
		defer r.Close()
		r.Sent(1 << 30)
		for _, test := range []struct {
			cluster bool
			want    time.Duration
		}{{false, maxWait}, {true, 0}} {
			r.Cluster = test.cluster
			start := time.Now()
			r.Throttle()
			if waited := time.Since(start); waited != test.want {
				t.Errorf("with cluster %v: waited %v, want %v", test.cluster, waited, test.want)
			}
		}
	})
}

func TestAbortFailsTheRunAndStopsItsSources(t *testing.T) {
	r := NewRun()
	defer r.Close()
	r.Abort(nil)
	if r.Stopped() {
		t.Error("Abort of no error stopped the run")
	}
	first := errors.New("first")
	r.Abort(first)
	r.Abort(errors.New("second"))
	if !r.Stopped() || r.Err() != first {
		t.Errorf("after Abort: stopped %t with %v, want true with %v", r.Stopped(), r.Err(), first)
	}
	var none *Run
	none.Abort(first)
}
