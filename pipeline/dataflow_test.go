package pipeline

import (
	"strings"
	"testing"
	"time"
)

// dataflow are settings that can be submitted to Dataflow.
func dataflow() Config {
	c := Default()
	c.Runner, c.Loopback = RunnerDataflow, false
	c.Input = []string{"pubsub://shop/orders"}
	c.Success, c.Timeouts = "none", "pubsub://shop/timeouts"
	return c
}

func TestWhatDataflowCannotDoIsRefused(t *testing.T) {
	for _, test := range []struct {
		change func(*Config)
		want   string // part of the error; "" is none
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.Input = []string{"pubsub://shop/orders?time=attribute:at&id=event&ack=bundle"} }, ""},
		{func(c *Config) { c.Input = []string{"pubsub://shop/orders?ack=outcome"} }, "ack=outcome: the runner acknowledges what is in its state: want ack=bundle"},
		{func(c *Config) { c.Input = []string{"pubsub://shop/orders?pulls=2"} }, "pulls=2: the runner reads as it sees fit"},
		{func(c *Config) { c.Input = []string{"demo:"} }, `-input "demo:": the shop is simulated in the memory of one process`},
		{func(c *Config) { c.Timeouts = "pubsub://shop/timeouts?ordering=user" }, "-timeouts: dataflowpubsub: "},
		{func(c *Config) { c.Rejects, c.Timeouts = "pubsub://shop/rejects", "https://shop.example/" }, `-timeouts: the secret of a webhook`},
		{func(c *Config) { c.Open = "pubsub://shop/open" }, "-open"},
		{func(c *Config) { c.Input = []string{"a.jsonl"} }, `-input "a.jsonl": the workers of Dataflow do not see this machine's files`},
		{func(c *Config) { c.Input = []string{"-"} }, "-input -: standard input is this process's"},
		{func(c *Config) { c.Timeouts = "out" }, `-timeouts "out": the workers of Dataflow do not see this machine's files`},
		{func(c *Config) { c.Timeouts = "-" }, "-timeouts -: standard output is this process's"},
	} {
		c := dataflow()
		test.change(&c)
		_, err := c.Plan()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: got %v, want %q", c, err, test.want)
		}
	}
}

// On Dataflow the watermark does not know the times in the events, and time is
// behind it; all else holds it back itself.
func TestOnlyANativeSubscriptionIsAheadOfItsEvents(t *testing.T) {
	for _, test := range []struct {
		runner, input string
		want          time.Duration
	}{
		{RunnerDataflow, "pubsub://shop/orders", 7 * time.Second},
		{RunnerFlink, "pubsub://shop/orders", 0},
		{RunnerPrism, "pubsub://shop/orders", 0},
		{RunnerDataflow, "memfs://shop/orders.jsonl", 0},
	} {
		c := dataflow()
		c.Runner, c.Input, c.Disorder, c.Run = test.runner, []string{test.input}, 7*time.Second, "run"
		if got := plan(t, c).matches[0].WatermarkSlack; got != test.want {
			t.Errorf("%s, %s: %v, want %v", test.runner, test.input, got, test.want)
		}
	}
}
