package pubsub

import (
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/pubsub/pull"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

func TestValidateNamesThePartAtFault(t *testing.T) {
	good := Config{
		Subscription: "pubsub://shop/orders", Run: "run", Disorder: time.Second,
		DecoderConfig: order.DecoderConfig{Within: time.Minute, MaxAhead: time.Hour, TimeUnit: time.Second},
	}
	with := func(change func(c *Config)) Config {
		c := good
		change(&c)
		return c
	}
	of := func(target string) Config { return with(func(c *Config) { c.Subscription = target }) }
	setting := func(s string) Config { return of("pubsub://shop/orders?" + s) }
	in := func(s string) string { return `pubsub: -input "pubsub://shop/orders?` + s + `": ` }
	for _, test := range []struct {
		reason string
		config Config
		want   string
	}{
		{"all is well", good, ""},
		{"no run with ack=bundle", with(func(c *Config) { c.Run, c.Subscription = "", "pubsub://shop/orders?ack=bundle" }), ""},
		{"no run", with(func(c *Config) { c.Run = "" }), `pubsub: -input "pubsub://shop/orders": ack=outcome wants the pipeline to run in the process of the command: use ack=bundle`},
		{"no subscription", of("pubsub://p"), `pubsub: -input "pubsub://p": no subscription: want pubsub://PROJECT/SUBSCRIPTION`},
		{"another scheme", of("kafka://p/s"), `pubsub: -input "kafka://p/s": want pubsub://PROJECT/SUBSCRIPTION`},
		{"an unknown setting", setting("pull=1"), in("pull=1") + "no setting \"pull\": want pulls, batch, time, ack, poll, lease, window, maxlag, outstanding"},
		{"no integer", setting("pulls=many"), in("pulls=many") + "pulls=many: want an integer from 1 to 100"},
		{"too few", setting("pulls=0"), in("pulls=0") + "pulls=0: want an integer from 1 to 100"},
		{"more than the service gives", setting("batch=1001"), in("batch=1001") + "batch=1001: want an integer from 1 to 1000"},
		{"no place of the time", setting("time=now"), in("time=now") + "time=now: want event, publish or attribute:NAME"},
		{"an attribute without a name", setting("time=attribute:"), in("time=attribute:") + "time=attribute:: want event, publish or attribute:NAME"},
		{"a name where there is none", setting("time=event:x"), in("time=event:x") + "time=event:x: want event, publish or attribute:NAME"},
		{"no way to acknowledge", setting("ack=never"), in("ack=never") + "ack=never: want outcome or bundle or carry"},
		{"no duration", setting("poll=2"), in("poll=2") + "poll=2: want a duration from 1s to 10m0s"},
		{"no lease", setting("lease=0s"), in("lease=0s") + "lease=0s: want a duration from 1s to 10m0s"},
		{"part of a second", setting("lease=1500ms"), in("lease=1500ms") + "lease=1500ms: want whole seconds"},
		{"a lease of more than the service gives", setting("lease=601s"), in("lease=601s") + "lease=601s: want a duration from 1s to 10m0s"},
		{"a window of nothing", setting("window=0"), in("window=0") + "window=0: want a duration from 1ms to 1h0m0s"},
		{"nothing outstanding", setting("outstanding=0"), in("outstanding=0") + "outstanding=0: want an integer from 1 to 1073741824"},
		{"a pattern whose messages cannot be held", with(func(c *Config) { c.NotByOutcome = "it has branches" }),
			`pubsub: -input "pubsub://shop/orders": ack=outcome: it has branches: want ack=carry, with -carry FILE`},
		{"it is carried", with(func(c *Config) { c.NotByOutcome, c.Carries = "it has branches", true }), ""},
		{"ack=carry without a file", setting("ack=carry"), `pubsub: -input "pubsub://shop/orders?ack=carry": ack=carry wants -carry FILE, which a message is acknowledged by`},
		{"ack=outcome with a file", with(func(c *Config) { c.Carries, c.Subscription = true, "pubsub://shop/orders?ack=outcome" }),
			`pubsub: -input "pubsub://shop/orders?ack=outcome": ack=outcome with -carry: what it acknowledges and the carry file would not go together: want ack=carry, which is the default there`},
		{"one that holds none", with(func(c *Config) { c.NotByOutcome, c.Subscription = "it has branches", "pubsub://shop/orders?ack=bundle" }), ""},
		{"one of checkpoints", with(func(c *Config) { c.NotByOutcome, c.Checkpoints = "it has branches", true }), ""},
		{"another unit", with(func(c *Config) { c.TimeUnit = time.Microsecond }), "pubsub: -time-unit 1µs: want ms or s"},
		{"negative distance", with(func(c *Config) { c.MaxAhead = -1 }), "pubsub: -max-ahead -1ns: want 0 or more"},
		{"negative disorder", with(func(c *Config) { c.Disorder = -1 }), "pubsub: -disorder -1ns: want 0 or more"},
		{"negative time", with(func(c *Config) { c.Within = -1 }), "pubsub: -within -1ns: want more than 0"},
	} {
		got := ""
		if err := test.config.Validate(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestReadPanicsOnWhatValidateRefuses(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, s := beam.NewPipelineWithRoot()
	Read(s, Config{})
}

func TestRunnerWithCheckpointsAcknowledgesByBundle(t *testing.T) {
	const target = "pubsub://shop/orders"
	for _, test := range []struct {
		query       string
		checkpoints bool
		want        uri.Ack
	}{
		{"", false, uri.AckOutcome},
		{"", true, uri.AckBundle},
		{"?ack=bundle", false, uri.AckBundle},
		{"?ack=bundle", true, uri.AckBundle},
		{"?ack=outcome", false, uri.AckOutcome},
		{"?ack=outcome", true, ""},
	} {
		c := Config{Subscription: target + test.query, Checkpoints: test.checkpoints, Run: "some"}
		sub, err := c.subscription()
		switch {
		case test.want != "" && (err != nil || sub.Ack != test.want):
			t.Errorf("%q, checkpoints %t: ack=%s, %v; want ack=%s", test.query, test.checkpoints, sub.Ack, err, test.want)
		case test.want == "" && (err == nil || !strings.Contains(err.Error(), "-input") || !strings.Contains(err.Error(), "ack=outcome")):
			t.Errorf("%q, checkpoints %t: %v", test.query, test.checkpoints, err)
		}
		if (c.Validate() == nil) != (test.want != "") {
			t.Errorf("%q, checkpoints %t: validated: %v", test.query, test.checkpoints, c.Validate())
		}
	}
}

func TestTheSettingsReachTheSource(t *testing.T) {
	c := Config{
		Subscription: "pubsub://shop/orders?pulls=3", Disorder: 2, RejectsUnread: true, Run: "run",
		DecoderConfig: order.DecoderConfig{TimeUnit: time.Second, MaxAhead: 4, ByOrder: true, Within: 3},
	}
	sub, err := c.parse()
	if err != nil {
		t.Fatal(err)
	}
	got := c.source(sub)
	want := pull.Source{Input: c.Subscription, Sub: sub, Decoder: c.DecoderConfig, Disorder: 2, RejectsUnread: true, Run: "run", ID: got.ID}
	if diff := cmp.Diff(want, got); diff != "" || sub.Pulls != 3 || sub.Ack != uri.AckOutcome {
		t.Errorf("subscription %+v (-want +got)\n%s", sub, diff)
	}
	if other := c.source(sub); got.ID == "" || got.ID == other.ID {
		t.Errorf("two sources have the ids %q and %q: want two", got.ID, other.ID)
	}
}
