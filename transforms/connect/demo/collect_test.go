package demo

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/demo/shop"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn2x0[beam.EventTime, []order.Event](&collectFn{})
}

func TestMain(m *testing.M) {
	beamfix.ForPrism()
	ptest.Main(m)
}

// element is what the source emitted.
type element struct {
	Timestamp int64
	order.Event
}

// collectors holds by id what has been collected.
var collectors sync.Map // *collector

type collector struct {
	all    []element
	events int
	stop   int // stops the run after so many events; 0 never
	run    *process.Run
}

// collectFn collects what the source emits, in its order: it is fused with it.
type collectFn struct{ ID string }

func (fn *collectFn) ProcessElement(ts beam.EventTime, events []order.Event) {
	v, _ := collectors.Load(fn.ID)
	c := v.(*collector)
	for _, e := range events {
		c.all = append(c.all, element{ts.Milliseconds(), e})
		if e.Mark == 0 {
			if c.events++; c.events == c.stop {
				c.run.Stop()
			}
		}
	}
}

// read runs a pipeline that reads c and returns what the source emitted and how
// many events it counted.
func read(t *testing.T, c Config, stopAfter int) (all []element, counted int64) {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	c.Run = run.ID
	id := rand.Text()
	got := &collector{stop: stopAfter, run: run}
	collectors.Store(id, got)
	defer collectors.Delete(id)

	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &collectFn{ID: id}, Read(s, c))
	result, err := beam.Run(context.Background(), "prism", p)
	if err != nil {
		t.Fatal(err)
	}
	counters := result.Metrics().Query(func(r beam.MetricResult) bool {
		return r.Namespace() == "ordertimeout" && r.Name() == "read"
	}).Counters()
	for _, counter := range counters {
		counted += counter.Result()
	}
	return got.all, counted
}

// unruly is a shop of which many events are late, as fast as possible from a
// fixed time on.
func unruly(count int64) Config {
	c := defaults()
	c.Shop.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c.Shop.Late = 0.1
	c.Speed = 0
	c.Count = count
	return c
}

// simulated returns what unruly events are without a source: those of the shop,
// stamped by the rule; their largest time, and the watermark after the last.
func simulated(t *testing.T, c Config) (events []order.Event, largest, watermark int64) {
	t.Helper()
	c.Shop.Within = c.Within
	s, err := shop.New(c.Shop)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Count {
		a := s.Next()
		a.Event.Source, a.Event.Line = "demo", i+1
		watermark = a.At - c.Disorder.Milliseconds()
		a.Event.At = max(a.Event.Time, watermark)
		largest = max(largest, a.Event.Time)
		events = append(events, a.Event)
	}
	return events, largest, watermark
}

// eventsOf returns the events among elements.
func eventsOf(all []element) (events []order.Event) {
	for _, e := range all {
		if e.Mark == 0 {
			events = append(events, e.Event)
		}
	}
	return events
}

// checkTime checks that elements keep the promises about time: no element is
// before its bundle's watermark, and a mark says what that of the next is.
func checkTime(t *testing.T, c Config, all []element) {
	t.Helper()
	watermark := c.Shop.Start.Add(-c.Disorder).UnixMilli()
	next := watermark
	for i, e := range all {
		switch e.Mark {
		case order.MarkWatermark:
			if e.Timestamp < next {
				t.Fatalf("element %d, a mark, is at %d: before the watermark that was promised, %d", i, e.Timestamp, next)
			}
			if e.At < e.Timestamp {
				t.Fatalf("element %d, a mark, is at %d and promises %d", i, e.Timestamp, e.At)
			}
			watermark, next = e.Timestamp, e.At
		case order.MarkEnd, order.MarkCut:
			if e.Timestamp < next || i != len(all)-1 {
				t.Fatalf("element %d of %d, the end, is at %d: want it last and not before %d", i, len(all), e.Timestamp, next)
			}
		default:
			if e.Timestamp != watermark || e.At < watermark || i == 0 {
				t.Fatalf("element %d is at %d, stamped %d, want a mark before it and %d or later", i, e.Timestamp, e.At, watermark)
			}
		}
	}
}
