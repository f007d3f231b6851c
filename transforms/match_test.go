package transforms_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"ordertimeout/transforms"
	"ordertimeout/transforms/order"
)

func TestStreams(t *testing.T) {
	for _, test := range []struct {
		reason string
		items  []any
		change func(*transforms.MatchConfig)
		want   expectation
	}{
		{
			reason: "paid one millisecond before the deadline, and at it",
			items:  []any{"create@1000 o1 u1", "create@1000 o2 u2", 5000, "pay@10999 o1 u1", "pay@11000 o2 u2"},
			want: expectation{
				successes: []any{"success u1 o1 at 10999"}, timeouts: []any{"timeout u2 o2 at 11000"},
				rejects:  []any{"orphan: pay without an open run of its order"},
				counters: "2 started, 1 advanced, 1 orphan, 1 success, 1 timeout",
			},
		},
		{
			reason: "an idle stream: the watermark alone lets an order time out, before the late payment comes",
			items:  []any{"create@1000 o1 u1", 20000, "pay@5000 o1 u1"},
			want: expectation{
				timeouts: []any{"timeout u1 o1 at 11000"},
				rejects:  []any{"late: pay at 1970-01-01T00:00:05.000Z is too late: the watermark had reached 1970-01-01T00:00:11.000Z"},
				counters: "1 started, 1 late, 1 timeout",
			},
		},
		{
			reason: "a payment behind the shard's clock still completes an open run, at a time that is not behind the output",
			items:  []any{"create@1000 o1 u1", "create@4000 o2 u1", 6000, "pay@3000 o1 u1", "pay@6000 o2 u1"},
			want: expectation{
				successes: []any{"success u1 o1 at 6000", "success u1 o2 at 6000"},
				counters:  "2 started, 2 advanced, 2 success",
			},
		},
		{
			reason: "the same where nothing is remembered that would wake the shard",
			change: func(c *transforms.MatchConfig) { c.Rules = transforms.Only("create followedBy pay within 10s", 0) },
			items:  []any{"create@1000 o1 u1", 20000, "pay@5000 o1 u1"},
			want: expectation{
				timeouts: []any{"timeout u1 o1 at 11000"},
				rejects:  []any{"late: pay at 1970-01-01T00:00:05.000Z is too late: the watermark had reached 1970-01-01T00:00:12.000Z"},
				counters: "1 started, 1 late, 1 timeout",
			},
		},
		{
			reason: "the payment arrives before the order",
			items:  []any{"pay@2000 o1 u1", "create@1000 o1 u1"},
			want:   expectation{successes: []any{"success u1 o1 at 2000"}, counters: "1 started, 1 advanced, 1 success"},
		},
		{
			reason: "redelivered, before and after the end of the order, at ticks of their own",
			items:  []any{"create@1000 o1 u1 #1", 3000, "create@1000 o1 u1 #1", 5000, "pay@5000 o1 u1 #2", 8000, "pay@5000 o1 u1 #2", 9000, "create@1000 o1 u1 #1", 12000},
			want: expectation{
				successes: []any{"success u1 o1 at 5000"},
				rejects:   []any{"duplicate: create delivered again", "duplicate: pay delivered again", "duplicate: create delivered again"},
				counters:  "1 started, 1 advanced, 3 duplicate, 1 success",
			},
		},
		{
			reason: "stamped events and an end marker: deadlines after the end are open, not timeouts",
			items: []any{"create@1000/1000 o1 u1", "create@3000/3000 o2 u2", "create@4000/4000 o3 u3", "watermark/12000", 12000,
				"view@13000/13000 o9 u9", "end@13000/13000"},
			want: expectation{
				timeouts: []any{"timeout u1 o1 at 11000", "timeout u2 o2 at 13000"}, open: []any{"create u3 o3 at 4000"},
				counters: "3 started, 1 other, 2 timeout, 1 open",
			},
		},
		{
			reason: "the source's first watermark, of which shards without events in its bundle hear, too",
			items: []any{"create@1000/1000 o1 u1", "create@1000/1000 o2 u2", "pay@5000/5000 o2 u2", "create@9000/9000 o3 u3",
				"create@2000/2000 o4 u4", "first/14000", 14000, "end@14000/14000"},
			want: expectation{
				successes: []any{"success u2 o2 at 5000"}, timeouts: []any{"timeout u1 o1 at 11000", "timeout u4 o4 at 12000"},
				open: []any{"create u3 o3 at 9000"}, counters: "4 started, 1 advanced, 1 success, 2 timeout, 1 open",
			},
		},
		{
			reason: "a stop: nothing times out beyond the watermark, and what can't be decided is returned",
			items:  []any{"create@1000/1000 o1 u1", 5000, "pay@12000/12000 o1 u1", "end@12000/9000"},
			want: expectation{
				open:     []any{"create u1 o1 at 1000", "pay   at 12000"},
				counters: "1 started, 1 returned, 1 open",
			},
		},
		{
			reason: "by order: the payment does not name the user, the outcome has the first event's",
			change: func(c *transforms.MatchConfig) { c.ByOrder = true },
			items:  []any{"create@1000 o1", "pay@2000 o1 u7"},
			want:   expectation{successes: []any{"success  o1 at 2000"}, counters: "1 started, 1 advanced, 1 success"},
		},
		{
			reason: "time is 3 s behind the watermark: a payment that comes so late is in time, and then the order times out",
			change: func(c *transforms.MatchConfig) { c.WatermarkSlack = 3 * time.Second },
			items:  []any{"create@1000 o1 u1", "create@1000 o2 u2", 13999, "pay@10999 o1 u1", 14000, "pay@10999 o2 u2"},
			want: expectation{
				successes: []any{"success u1 o1 at 13000"}, timeouts: []any{"timeout u2 o2 at 13000"},
				rejects:  []any{"late: pay at 1970-01-01T00:00:10.999Z is too late: the watermark had reached 1970-01-01T00:00:11.000Z"},
				counters: "2 started, 1 advanced, 1 late, 1 success, 1 timeout",
			},
		},
		{
			reason: "the end of an input that is behind the watermark",
			change: func(c *transforms.MatchConfig) { c.WatermarkSlack = 3 * time.Second },
			items:  []any{"create@1000/1000 o1 u1", "create@3000/3000 o2 u2", 13000, "end@11000/11000"},
			want: expectation{
				timeouts: []any{"timeout u1 o1 at 13000"}, open: []any{"create u2 o2 at 3000"},
				counters: "2 started, 1 timeout, 1 open",
			},
		},
		{
			reason: "without order ids the pattern runs on the user",
			change: func(c *transforms.MatchConfig) {
				c.Rules = transforms.Only("create next pay within 10s", 10*time.Second)
			},
			items: []any{"create@1000 u1", "create@1000 u2", "pay@2000 u2", "pay@2500 o1 u1"},
			want: expectation{
				successes: []any{"success u2  at 2000"}, timeouts: []any{"timeout u1  at 11000"},
				rejects:  []any{"orphan: pay without an open run of its order"},
				counters: "2 started, 1 advanced, 1 orphan, 1 success, 1 timeout",
			},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			c := config
			if test.change != nil {
				test.change(&c)
			}
			p, s := beam.NewPipelineWithRoot()
			check(t, p, s, stream(s, test.items...), c, test.want)
		})
	}
}

// The same events in one bundle, bounded, give what the stream gives.
func TestAllInOneBundle(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	texts := beam.Create(s, "pay@10999 o1 u1", "create@1000 o1 u1", "create@1000 o2 u2", "pay@11000 o2 u2", "create@9000 o3 u1", "end@11000/11000")
	check(t, p, s, texts, config, expectation{
		successes: []any{"success u1 o1 at 10999"}, timeouts: []any{"timeout u2 o2 at 11000"},
		rejects: []any{"orphan: pay without an open run of its order"}, open: []any{"create u1 o3 at 9000"},
		counters: "3 started, 1 advanced, 1 orphan, 1 success, 1 timeout, 1 open",
	})
}

func TestOutcomesThatNobodyReadsAreCounted(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	texts := beam.Create(s, "create@1000 o1 u1", "pay@10999 o1 u1", "create@1000 o2 u2", "create@9000 o3 u2", "end@11000/11000")
	c := config
	c.Rules, c.OpenUnread = slices.Clone(c.Rules), true
	c.Rules[0].Unread = []order.Kind{order.Success}
	check(t, p, s, texts, c, expectation{
		successes: []any{}, timeouts: []any{"timeout u2 o2 at 11000"}, rejects: []any{}, open: []any{},
		counters: "3 started, 1 advanced, 1 success, 1 timeout, 1 open",
	})
}

func TestDecode(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	lines := beam.Create(s, `{"orderId":1,"userId":"u","type":"create","time":1000}`, "", " \t", `{"orderId":`, `{"orderId":1,"time":1000}`)
	events, rejects := transforms.Decode(s, lines, order.DecoderConfig{})
	passert.Equals(s, beam.ParDo(s, &openTextFn{}, events), "create u 1 at 1000")
	passert.Equals(s, beam.ParDo(s, rejectText, rejects),
		"malformed: not JSON: unexpected end of JSON input at byte 11", "malformed: type: missing, want a non-empty string")
	result, err := beam.Run(context.Background(), "prism", p)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := counters(result), "3 read, 2 malformed"; got != want {
		t.Errorf("counters %q, want %q", got, want)
	}
}

func TestMatchConfigValidate(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*transforms.MatchConfig)
		want   string
	}{
		{"valid", func(*transforms.MatchConfig) {}, ""},
		{"pattern", func(c *transforms.MatchConfig) { c.Rules = transforms.Only("create next", 0) }, "cep: column 12: unexpected end of pattern: want an event type"},
		{"remember", func(c *transforms.MatchConfig) { c.Rules = transforms.Only("create next pay within 10s", -1) }, "cep: remember -1ns: want whole milliseconds, not negative"},
		{"tick", func(c *transforms.MatchConfig) { c.Tick = time.Microsecond }, "transforms: tick 1µs: want whole milliseconds, at least one"},
		{"behind", func(c *transforms.MatchConfig) { c.WatermarkSlack = -1 }, "transforms: -1ns behind the watermark: want whole milliseconds, none or more"},
		{"shards", func(c *transforms.MatchConfig) { c.Shards = 0 }, "transforms: 0 shards: want at least one"},
	} {
		c := config
		test.change(&c)
		got := ""
		if err := c.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}
