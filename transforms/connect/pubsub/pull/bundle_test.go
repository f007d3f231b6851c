package pull

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/livemark"
	"ordertimeout/transforms/connect/pubsub/lease"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// newIdlePuller returns a puller that pulls nothing.
func newIdlePuller() *puller {
	p := &puller{run: process.Of(""), arrived: make(chan struct{}, 1), from: Source{Sub: uri.Subscription{Ack: uri.AckOutcome}}}
	p.room.L = &p.mu
	p.clock.Config = livemark.Config{Now: time.Now, MaxLag: time.Hour}
	p.held = lease.New(time.Second, time.Second, 1, time.Now, func(int) {})
	return p
}

// put puts a block into the queue.
func (p *puller) put(rejects int, times ...int64) {
	b := &message.Block{Events: make([]order.Event, 1), Size: 1, Earliest: 1 << 60, Rejects: make([]order.Reject, rejects), Malformed: int64(rejects)}
	for _, at := range times {
		b.Events = append(b.Events, order.Event{Time: at})
		b.Earliest, b.Latest = min(b.Earliest, at), max(b.Latest, at)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueue(b)
}

// newCall returns a call whose emitters write to got.
func newCall(p *puller, before int64, got *[]string) *call {
	return &call{
		puller: p, before: before, claim: func(any) bool { return true },
		event: func(at beam.EventTime, events []order.Event) {
			text := fmt.Sprintf("at %d:", at)
			for _, e := range events {
				switch e.Mark {
				case order.MarkWatermark:
					text += fmt.Sprintf(" mark %d", e.At)
				case order.MarkFirstWatermark:
					text += fmt.Sprintf(" first %d", e.At)
				default:
					text += fmt.Sprintf(" %d>%d", e.Time, e.At)
				}
			}
			*got = append(*got, text)
		},
		reject: func(at beam.EventTime, _ order.Reject) { *got = append(*got, fmt.Sprintf("at %d: reject", at)) },
	}
}

func TestEventsAreStampedWithTheWatermarkBeforeTheBundle(t *testing.T) {
	for _, test := range []struct {
		reason      string
		before, now int64
		want        []string
		behind      int64
	}{
		{"the watermark is not known", 0, 0, []string{"at 0: 10>10 30>30", "at 0: reject", "at 0: 20>20"}, 0},
		{"it is known from this bundle on", 0, 15, []string{"at 0: mark 15 10>10 30>30", "at 0: reject", "at 0: mark 15 20>20"}, 15},
		{"one event is late, and one on time to the millisecond", 20, 25,
			[]string{"at 20: mark 25 10>20 30>30", "at 20: reject", "at 20: mark 25 20>20"}, 25},
	} {
		p := newIdlePuller()
		if test.now > 0 {
			p.clock.Now = func() time.Time { return time.UnixMilli(test.now) }
			p.clock.Pulled()
			p.clock.Value()
		}
		p.put(1, 10, 30)
		p.put(0, 20)
		var got []string
		c := newCall(p, test.before, &got)
		rest, err := c.fill(t.Context())
		if !rest || err != nil {
			t.Errorf("%s: ended %t, %v", test.reason, rest, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
		if w := c.end(); w != test.behind || c.counts.Records != 4 || c.counts.Malformed != 1 || c.position != 4 {
			t.Errorf("%s: watermark %d, %d records, %d malformed, position %d", test.reason, w, c.counts.Records, c.counts.Malformed, c.position)
		}
	}
}

func TestWatermarkIsHeldByWhatIsQueuedUntilTheBundleEnds(t *testing.T) {
	p := newIdlePuller()
	now := time.UnixMilli(100_000)
	p.clock.Config = livemark.Config{Now: func() time.Time { return now }, MaxLag: time.Hour, Stale: time.Hour, Window: time.Second}
	p.clock.Pulled()
	p.put(0, 95_000)
	now = now.Add(time.Minute)
	if got := p.watermark(); got != 95_000 {
		t.Errorf("watermark %d with the event in the queue", got)
	}
	var got []string
	c := newCall(p, 0, &got)
	if _, err := c.fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.watermark(); got != 95_000 {
		t.Errorf("watermark %d with the event in the bundle", got)
	}
	if got := c.end(); got != 160_000 {
		t.Errorf("watermark %d behind the bundle", got)
	}
}

// All shards are told of the first watermark: once it is known, where there were events.
func TestFirstWatermarkIsTold(t *testing.T) {
	for _, test := range []struct {
		reason           string
		before, position int64
		settle           time.Duration
		want             []string
	}{
		{"events came before", 0, 7, 0, []string{"at 0: first 100000"}},
		{"it is not known yet", 0, 7, time.Hour, nil},
		{"it was known", 90_000, 7, 0, nil},
		{"no event came before", 0, 0, 0, nil},
	} {
		p := newIdlePuller()
		p.clock.Config = livemark.Config{Now: func() time.Time { return time.UnixMilli(100_000) }, MaxLag: time.Hour, Stale: time.Hour, Settle: test.settle}
		p.clock.Pulled()
		var got []string
		c := newCall(p, test.before, &got)
		c.position = test.position
		c.tellFirst()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

func TestBundleIsBounded(t *testing.T) {
	p := newIdlePuller()
	for range 3 {
		p.put(0, make([]int64, maxBundleEvents/2)...)
	}
	var got []string
	c := newCall(p, 0, &got)
	if rest, err := c.fill(t.Context()); !rest || err != nil || len(got) != 2 {
		t.Errorf("%d blocks, %t, %v", len(got), rest, err)
	}
	p.queue[0].Size = maxBundleSize
	p.put(0, 1)
	c, got = newCall(p, 0, &got), nil
	if rest, err := c.fill(t.Context()); !rest || err != nil || len(got) != 1 {
		t.Errorf("a large one: %d blocks, %t, %v", len(got), rest, err)
	}
}

func TestBlockThatCannotBeClaimedStays(t *testing.T) {
	p := newIdlePuller()
	p.put(0, 1, 2)
	var got []string
	c := newCall(p, 0, &got)
	c.claim = func(position any) bool { return position.(int64) < 2 }
	if rest, err := c.fill(t.Context()); rest || err != nil || len(got) > 0 {
		t.Errorf("%d blocks, %t, %v", len(got), rest, err)
	}
	c = newCall(p, 0, &got)
	if rest, err := c.fill(t.Context()); !rest || err != nil || len(got) != 1 {
		t.Errorf("then: %d blocks, %t, %v", len(got), rest, err)
	}
}
