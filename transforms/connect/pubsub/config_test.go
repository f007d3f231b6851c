package pubsub

import (
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"
)

func TestValidateNamesThePartAtFault(t *testing.T) {
	good := Config{Subscription: "pubsub://shop/orders", Run: "run", Disorder: time.Second, Within: time.Minute, MaxAhead: time.Hour, TimeUnit: time.Second}
	with := func(change func(c *Config)) Config {
		c := good
		change(&c)
		return c
	}
	uri := func(uri string) Config { return with(func(c *Config) { c.Subscription = uri }) }
	setting := func(s string) Config { return uri("pubsub://shop/orders?" + s) }
	in := func(s string) string { return `pubsub: -input "pubsub://shop/orders?` + s + `": ` }
	for _, test := range []struct {
		reason string
		config Config
		want   string
	}{
		{"all is well", good, ""},
		{"no run with ack=bundle", with(func(c *Config) { c.Run, c.Subscription = "", "pubsub://shop/orders?ack=bundle" }), ""},
		{"no run", with(func(c *Config) { c.Run = "" }), `pubsub: -input "pubsub://shop/orders": ack=outcome wants the pipeline to run in the process of the command: use ack=bundle`},
		{"no subscription", uri("pubsub://p"), `pubsub: -input "pubsub://p": no subscription: want pubsub://PROJECT/SUBSCRIPTION`},
		{"another scheme", uri("kafka://p/s"), `pubsub: -input "kafka://p/s": want pubsub://PROJECT/SUBSCRIPTION`},
		{"an unknown setting", setting("pull=1"), in("pull=1") + "no setting \"pull\": want pulls, batch, time, ack, poll, lease, window, maxlag, outstanding"},
		{"no integer", setting("pulls=many"), in("pulls=many") + "pulls=many: want an integer from 1 to 100"},
		{"too few", setting("pulls=0"), in("pulls=0") + "pulls=0: want an integer from 1 to 100"},
		{"more than the service gives", setting("batch=1001"), in("batch=1001") + "batch=1001: want an integer from 1 to 1000"},
		{"no place of the time", setting("time=now"), in("time=now") + "time=now: want event, publish or attribute:NAME"},
		{"an attribute without a name", setting("time=attribute:"), in("time=attribute:") + "time=attribute:: want event, publish or attribute:NAME"},
		{"a name where there is none", setting("time=event:x"), in("time=event:x") + "time=event:x: want event, publish or attribute:NAME"},
		{"no way to acknowledge", setting("ack=never"), in("ack=never") + "ack=never: want outcome or bundle"},
		{"no duration", setting("poll=2"), in("poll=2") + "poll=2: want a duration from 1s to 10m0s"},
		{"no lease", setting("lease=0s"), in("lease=0s") + "lease=0s: want a duration from 1s to 10m0s"},
		{"part of a second", setting("lease=1500ms"), in("lease=1500ms") + "lease=1500ms: want whole seconds"},
		{"a lease of more than the service gives", setting("lease=601s"), in("lease=601s") + "lease=601s: want a duration from 1s to 10m0s"},
		{"a window of nothing", setting("window=0"), in("window=0") + "window=0: want a duration from 1ms to 1h0m0s"},
		{"nothing outstanding", setting("outstanding=0"), in("outstanding=0") + "outstanding=0: want an integer from 1 to 1073741824"},
		{"a pattern whose messages cannot be held", with(func(c *Config) { c.NotByOutcome = "it has branches" }),
			`pubsub: -input "pubsub://shop/orders": ack=outcome: it has branches: want ack=bundle, which loses what is open in a crash`},
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
