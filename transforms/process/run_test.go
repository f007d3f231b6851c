package process

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunIsFoundByItsID(t *testing.T) {
	r := NewRun()
	if Of(r.ID) != r || r.Remote() {
		t.Error("a run is not found by its id")
	}
	other := Of("another")
	defer other.Close()
	if other == r || !other.Remote() || Of("another") != other {
		t.Error("a run of another process has no share here, or more than one")
	}
	if err := r.Close(); err != nil || Of(r.ID) != r {
		t.Errorf("a closed run is not found, %v", err)
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

// In another process nobody stops the run, and its runner does without our flow control.
func TestAShareOfARunLeavesItToTheRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Of(t.Name())
		defer r.Close()
		r.Sent(1 << 30)
		start := time.Now()
		r.Throttle()
		if waited := time.Since(start); waited > 0 || r.Stopped() || !r.Repeats() || r.Tally() != nil {
			t.Errorf("a share of a run waited for %v, stopped %t, repeats %t, tally %v", waited, r.Stopped(), r.Repeats(), r.Tally())
		}
	})
}

// A source does not wait for what is not on its way, nor when it is to stop. It
// would here for ever if a wait had no end.
func TestThrottleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRun()
		defer r.Close()
		for _, step := range []struct {
			what string
			sent int
			stop bool
			want time.Duration
		}{
			{"as much as may be on its way", maxInFlight, false, 0},
			{"a byte more", 1, false, maxWait},
			{"a byte less", -1, false, 0},
			{"much more, and a stop", 1 << 30, true, 0},
		} {
			r.Sent(step.sent)
			if step.stop {
				r.Stop()
			}
			start := time.Now()
			r.Throttle()
			if waited := time.Since(start); waited != step.want {
				t.Errorf("%s: waited %v, want %v", step.what, waited, step.want)
			}
		}
	})
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
}

// opened notes in which order things are closed.
type opened struct {
	name   string
	closed *[]string
	err    error
}

func (o *opened) Close() error {
	*o.closed = append(*o.closed, o.name)
	return o.err
}

// another is a second type to be opened.
type another struct{ *opened }

func TestCloseClosesWhatWasOpenedTheLastFirst(t *testing.T) {
	var closed []string
	r, failure := NewRun(), errors.New("it does not close")
	first, err := Get(r, func() *opened { return &opened{"first", &closed, failure} })
	if again, _ := Get(r, func() *opened { return nil }); err != nil || again != first {
		t.Errorf("the same type gives %v, %v, want %v", again, err, first)
	}
	if err := Add(r, another{&opened{"second", &closed, nil}}); err != nil {
		t.Fatal(err)
	}
	if Add(r, another{}) == nil {
		t.Error("a second one of a type is taken")
	}
	if found, open := Find[another](r); !open || found.name != "second" {
		t.Errorf("found %v, %t", found, open)
	}
	if err := r.Close(); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	if err := r.Close(); err != nil || len(closed) != 2 || closed[0] != "second" || closed[1] != "first" {
		t.Errorf("closed %v, the second time %v: want the second, then the first, each once", closed, err)
	}
	if at, ended := r.Closed(); !ended || at.IsZero() {
		t.Errorf("closed at %v, %t", at, ended)
	}
	if _, err := Get(r, func() *opened { return first }); err == nil || Add(r, first) == nil {
		t.Error("a closed run opens something")
	}
	if _, open := Find[*opened](r); open {
		t.Error("a closed run has something open")
	}
	if err := r.Fail(failure); err != failure || r.Err() != nil {
		t.Errorf("after its end the run failed with %v", r.Err())
	}
}

// A worker's process may get the same run again, as a new one.
func TestAShareOfARunThatWasClosedIsNew(t *testing.T) {
	r := Of(t.Name())
	r.Close()
	again := Of(t.Name())
	defer again.Close()
	if _, closed := again.Closed(); again == r || closed {
		t.Error("the closed share is found")
	}
}
