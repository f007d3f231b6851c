package process

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ordertimeout/transforms/ledger"
)

func TestDeliveryEndsAWhileAfterTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRun()
		defer r.Close()
		early, cancel := r.Delivery(t.Context())
		defer cancel()
		time.Sleep(time.Hour)
		synctest.Wait()
		if r.Stopped() || early.Err() != nil {
			t.Fatal("it ends without a stop")
		}
		r.Stop()
		time.Sleep(stopGrace - time.Nanosecond)
		// One that begins later does not last longer.
		late, cancel := r.Delivery(t.Context())
		defer cancel()
		synctest.Wait()
		if !r.Stopped() || early.Err() != nil || late.Err() != nil {
			t.Fatal("it ends too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if context.Cause(early) != ErrStopped || context.Cause(late) != ErrStopped {
			t.Errorf("got %v and %v, want %v", context.Cause(early), context.Cause(late), ErrStopped)
		}
	})
}

// Goroutines that outlive their delivery would keep synctest from returning.
func TestDeliveryEndsWithItsContextAndItsCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRun()
		defer r.Close()
		parent, end := context.WithCancel(t.Context())
		child, cancel := r.Delivery(parent)
		defer cancel()
		cancelled, cancel := r.Delivery(t.Context())
		end()
		cancel()
		synctest.Wait()
		if context.Cause(child) != context.Canceled || context.Cause(cancelled) != context.Canceled {
			t.Errorf("got %v and %v", context.Cause(child), context.Cause(cancelled))
		}
		r.Stop()
		last, cancel := r.Delivery(t.Context())
		cancel()
		<-last.Done()
	})
}

func TestAShareOfARunDeliversAsLongAsItsContext(t *testing.T) {
	r := Of(t.Name())
	defer r.Close()
	ctx, cancel := r.Delivery(t.Context())
	if ctx.Err() != nil || r.Stopped() {
		t.Error("it is stopped")
	}
	cancel()
	if ctx.Err() == nil {
		t.Error("it is not cancelled")
	}
}

func TestHeldWantsASourceThatHoldsEveryEvent(t *testing.T) {
	r := NewRun()
	defer r.Close()
	if r.Held([]uint64{1}) {
		t.Error("held without a source that holds")
	}
	l := ledger.New(1, 1)
	l.Expect(new(ledger.Message), 2, 0, true)
	if err := r.Account(l); err != nil || r.Account(ledger.New(1, 1)) == nil {
		t.Errorf("the first source: %v; want that there is one at most", err)
	}
	for _, test := range []struct {
		reason string
		refs   []uint64
		want   bool
	}{
		{"all events are", []uint64{1, 2}, true},
		{"one is not", []uint64{1, 0}, false},
		{"nobody holds anything of it", nil, false},
		{"one never was", []uint64{1, 3}, false},
	} {
		if got := r.Held(test.refs); got != test.want {
			t.Errorf("%s: got %v", test.reason, got)
		}
	}
	other := Of(t.Name())
	defer other.Close()
	if other.Held([]uint64{1}) {
		t.Error("held by another process")
	}
}

func TestCountersAddAndGaugesAreSet(t *testing.T) {
	r := NewRun()
	defer r.Close()
	r.Count("read", 0)
	if len(r.Counters()) > 0 {
		t.Error("nothing is counted, and there is a counter")
	}
	r.Count("read", 2)
	r.Count("read", 3)
	r.Set("unacked", 9)
	r.Set("unacked", 4)
	r.Set("watermark", 0)
	got := r.Counters()
	if _, ok := got["watermark"]; !ok || got["read"] != 5 || got["unacked"] != 4 {
		t.Errorf("got %v", got)
	}
}
