package pipeline

import (
	"errors"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"

	"ordertimeout/transforms/process"
)

// An output to the topic that is read would come back for ever. The subscription has
// another name than its topic, so only the service can tell.
func TestOutputToTheTopicThatIsReadIsRefused(t *testing.T) {
	server := pstest.NewServer()
	t.Cleanup(func() { server.Close() })
	t.Setenv("PUBSUB_EMULATOR_HOST", server.Addr)
	for _, topic := range []string{"events", "others"} {
		if _, err := server.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/shop/topics/" + topic}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.GServer.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: "projects/shop/subscriptions/orders", Topic: "projects/shop/topics/events", AckDeadlineSeconds: 10,
	}); err != nil {
		t.Fatal(err)
	}
	defer process.Of(t.Name()).Close()
	for _, runner := range []string{RunnerPrism, RunnerFlink, RunnerDataflow} {
		for flag, set := range map[string]func(c *Config, to string){
			"success":  func(c *Config, to string) { c.Success = to },
			"timeouts": func(c *Config, to string) { c.Timeouts = to },
			"rejects":  func(c *Config, to string) { c.Rejects = to },
		} {
			for _, topic := range []string{"events", "others"} {
				c := Default()
				c.Runner, c.Run, c.Input = runner, t.Name(), []string{"pubsub://shop/orders"}
				c.Success, c.Timeouts = "none", "none"
				set(&c, "pubsub://shop/"+topic)
				_, warnings, err := plan(t, c).Check(t.Context())
				want := "-" + flag + " pubsub://shop/events: the topic that -input pubsub://shop/orders reads: what is written comes back as input, without end: want another topic"
				if topic == "events" && (!errors.Is(err, ErrLoop) || err.Error() != want) || topic == "others" && err != nil || len(warnings) > 0 {
					t.Errorf("%s: -%s to %s: got %v, warnings %q, want %s", runner, flag, topic, err, warnings, want)
				}
			}
		}
	}
}

// Who submits a job to Dataflow may not be allowed to look at the subscription.
func TestTopicThatIsNotKnownIsWarnedOf(t *testing.T) {
	server := pstest.NewServer()
	t.Cleanup(func() { server.Close() })
	t.Setenv("PUBSUB_EMULATOR_HOST", server.Addr)
	c := dataflow()
	const want = "-input pubsub://shop/orders: its topic is not known, which is to be none of -timeouts -rejects: pubsub: subscription projects/shop/subscriptions/orders: no such subscription"
	c.Rejects = "pubsub://shop/rejects"
	if _, warnings, err := plan(t, c).Check(t.Context()); err != nil || len(warnings) != 1 || warnings[0] != want {
		t.Errorf("got %q, %v, want %q", warnings, err, want)
	}
	c.Timeouts, c.Rejects = "none", "none"
	if _, warnings, err := plan(t, c).Check(t.Context()); err != nil || len(warnings) > 0 {
		t.Errorf("without an output to a topic: got %q, %v", warnings, err)
	}
}
