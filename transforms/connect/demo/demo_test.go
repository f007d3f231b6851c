package demo

import (
	"context"
	"crypto/rand"
	"reflect"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/order"
)

func TestTheEventsAreThoseOfTheShopStampedByTheirArrival(t *testing.T) {
	c := unruly(50_000) // more than a bundle of 4 MiB
	all, counted := read(t, c, 0)
	checkTime(t, c, all)
	want, largest, watermark := simulated(t, c)
	got := eventsOf(all)
	if len(got) != len(want) || counted != int64(len(want)) {
		t.Fatalf("%d events and a count of %d, want %d", len(got), counted, len(want))
	}
	late := 0
	for i := range want {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Fatalf("event %d (-want +got):\n%s", i, cmp.Diff(want[i], got[i]))
		}
		if got[i].Time < got[i].At {
			late++
		}
	}
	if late < 1000 {
		t.Errorf("%d late events: too few to test anything", late)
	}
	if marks := len(all) - len(got) - 1; marks < 2 {
		t.Errorf("%d bundles: too few to test anything", marks)
	}
	end := all[len(all)-1]
	wantEnd := element{watermark, order.Event{Mark: order.MarkEnd, Time: largest, At: largest}}
	if diff := cmp.Diff(wantEnd, end); diff != "" {
		t.Errorf("the end (-want +got):\n%s", diff)
	}
}

func TestTheEndOfTheInput(t *testing.T) {
	tests := []struct {
		reason string
		change func(*Config)
		stop   int
		at     func(largest, lastArrival, watermark int64) int64
		mark   order.Mark
	}{
		{"its largest event time", func(*Config) {}, 0, func(largest, _, _ int64) int64 { return largest }, order.MarkEnd},
		{"the end of time, where it is asked for", func(c *Config) { c.EndOfTime = true }, 0, func(_, _, _ int64) int64 { return order.EndOfTime }, order.MarkEnd},
		{"the watermark, where that has passed all events", func(c *Config) { c.Disorder = 0 }, 0, func(_, last, _ int64) int64 { return last }, order.MarkEnd},
		{"the watermark, where the input goes on", func(c *Config) { c.GoesOn = true }, 0, func(_, _, w int64) int64 { return w }, order.MarkCut},
		{"the watermark, where the run was stopped", func(c *Config) { c.Count = 0 }, 100, func(_, _, w int64) int64 { return w }, order.MarkCut},
		{"the same whatever is asked for", func(c *Config) { c.Count, c.EndOfTime = 0, true }, 100, func(_, _, w int64) int64 { return w }, order.MarkCut},
		{"the watermark, where the run was stopped while it waited", func(c *Config) { c.Count, c.Loop, c.Speed = 0, true, 0.001 }, 1, func(_, _, w int64) int64 { return w }, order.MarkCut},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			c := unruly(500)
			test.change(&c)
			all, _ := read(t, c, test.stop)
			checkTime(t, c, all)
			events := eventsOf(all)
			var largest int64
			for _, e := range events {
				largest = max(largest, e.Time)
			}
			// Without disorder an event's place in time is its arrival.
			lastArrival := events[len(events)-1].At
			end := all[len(all)-1]
			want := order.Event{Mark: test.mark, Time: largest, At: test.at(largest, lastArrival, end.Timestamp)}
			if diff := cmp.Diff(want, end.Event); diff != "" {
				t.Errorf("the end (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpeedDoesNotChangeTheEvents(t *testing.T) {
	c := unruly(2000)
	fast, _ := read(t, c, 0)
	c.Speed = maxSpeed
	paced, counted := read(t, c, 0)
	checkTime(t, c, paced)
	if diff := cmp.Diff(eventsOf(fast), eventsOf(paced)); diff != "" || counted != c.Count {
		t.Errorf("%d events counted of %d (-as fast as possible +paced):\n%s", counted, c.Count, diff)
	}
	if diff := cmp.Diff(fast[len(fast)-1].Event, paced[len(paced)-1].Event); diff != "" {
		t.Errorf("the end (-as fast as possible +paced):\n%s", diff)
	}
}

func TestTheLoopRepeatsThreeEvents(t *testing.T) {
	c, err := Parse("demo:seed?count=4&speed=0&start=2026-01-01T00:00:58Z")
	if err != nil {
		t.Fatal(err)
	}
	all, _ := read(t, c, 0)
	checkTime(t, c, all)
	var got []string
	for _, e := range eventsOf(all) {
		got = append(got, string(e.Raw))
		if want := c.Shop.Start.UnixMilli() + 1000*(e.Line-1); e.Time != want || e.At != want || e.OrderID != "" || e.UserID == "" || e.Type == "" {
			t.Errorf("%+v: want it at %d", e, want)
		}
	}
	want := []string{
		`{"userId":"1","type":"create","time":"2026-01-01T00:00:58.000Z"}`,
		`{"userId":"2","type":"create","time":"2026-01-01T00:00:59.000Z"}`,
		`{"userId":"2","type":"pay","time":"2026-01-01T00:01:00.000Z"}`,
		`{"userId":"1","type":"create","time":"2026-01-01T00:01:01.000Z"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// call makes one call of a source by hand and returns what it emitted.
func call(t *testing.T, fn *readFn, rt *sdf.LockRTracker, we *sequence.Watermark) (all []element) {
	t.Helper()
	_, err := fn.ProcessElement(context.Background(), we, rt, nil, func(ts beam.EventTime, events []order.Event) {
		for _, e := range events {
			all = append(all, element{ts.Milliseconds(), e})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestASourceThatLostItsSessionGoesOnWhereItWas(t *testing.T) {
	c := unruly(100_000)
	c.Shop = c.shop(time.Time{})
	want, _, _ := simulated(t, c)
	fn := &readFn{Config: c, ID: rand.Text()}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	p, state := sequence.Rest{}, fn.InitialWatermarkEstimatorState(0, sequence.Rest{}, nil)
	var all []element
	for calls := 1; ; calls++ {
		rt, we := fn.CreateTracker(p), fn.CreateWatermarkEstimator(state)
		all = append(all, call(t, fn, rt, we)...)
		if m := all[len(all)-1].Mark; m == order.MarkEnd || m == order.MarkCut {
			if calls < 3 {
				t.Errorf("%d calls: too few to test anything", calls)
			}
			break
		}
		_, residual, err := rt.TrySplit(0)
		if err != nil {
			t.Fatal(err)
		}
		p, state = residual.(sequence.Rest), fn.WatermarkEstimatorState(we)
		fn.sessions.take(fn.ID) // as in another process
	}
	checkTime(t, c, all)
	if got := eventsOf(all); !reflect.DeepEqual(want, got) {
		t.Errorf("%d events, want the same %d", len(got), len(want))
	}
}

func TestACallThatLostItsPositionEmitsNothing(t *testing.T) {
	c := unruly(10)
	c.Shop = c.shop(time.Time{})
	fn := &readFn{Config: c, ID: rand.Text()}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	for _, start := range []int64{0, 10} { // with events, at the end
		rt, we := fn.CreateTracker(sequence.Rest{Start: start}), fn.CreateWatermarkEstimator(0)
		if _, _, err := rt.TrySplit(0); err != nil {
			t.Fatal(err)
		}
		if all := call(t, fn, rt, we); len(all) > 0 || we.Millis() != 0 {
			t.Errorf("from %d: emitted %v and a watermark of %d", start, all, we.Millis())
		}
	}
}

func TestReadPanicsOnAWrongConfig(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, s := beam.NewPipelineWithRoot()
	Read(s, Config{})
}
