package dataflowpubsub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/pubsub/uri"
)

// Connector returns the source of subscriptions and the sink of topics on Dataflow, whose
// own ones know the backlog and drop repeats.
func Connector() connect.Connector {
	runners := []string{connect.Dataflow}
	return connect.Connector{
		Name: "dataflowpubsub",
		Source: &connect.SourceKind{
			Runners: runners,
			Forms:   []connect.Form{{Text: pubsub.SubscriptionForm}},
			Is:      uri.Is,
			Live:    true,
			Parse:   parseSource,
		},
		Sink: &connect.SinkKind{
			Runners: runners,
			Forms:   []connect.Form{{Text: pubsub.TopicForm}},
			Is:      uri.Is,
			Parse: func(t connect.Target, _ connect.Env) (connect.Sink, error) {
				topic, err := ParseTopic(t.URI)
				if err != nil {
					return nil, fmt.Errorf("-%s: %w", t.Flag, err)
				}
				return Sink{topic}, nil
			},
		},
	}
}

func parseSource(inputs []string, env connect.Env) (connect.Source, error) {
	if err := pubsub.Alone(inputs); err != nil {
		return nil, err
	}
	c := Config{
		Subscription:   inputs[0],
		DecoderConfig:  env.Decoder,
		WatermarkSlack: env.Disorder,
		RejectsUnread:  env.RejectsUnread,
	}
	sub, err := c.parse()
	return Source{c, sub}, err
}

// Source is a subscription that the runner reads.
type Source struct {
	Config       Config
	Subscription Subscription
}

// Traits implements connect.Source. The watermark follows the messages and not the times
// of their events.
func (s Source) Traits() connect.SourceTraits {
	return connect.SourceTraits{WatermarkSlack: s.Config.WatermarkSlack}
}

// Resolve implements connect.Source: there is nothing to look up.
func (s Source) Resolve() (connect.Source, []string, error) { return s, nil, nil }

// ReadOnce implements connect.Source: what is acknowledged does not come again.
func (s Source) ReadOnce() bool { return true }

// Check implements connect.Source. The workers read as another account, and look for what
// they need themselves. Only the topic is asked for, where an output may be the same.
func (s Source) Check(ctx context.Context, topics []string) (connect.Found, error) {
	if len(topics) == 0 {
		return connect.Found{}, nil
	}
	topic, err := pubsub.TopicOf(ctx, s.Subscription.Subscription)
	if err != nil { // the workers may know it, as another account
		warning := fmt.Sprintf("-input %s: its topic is not known, which is to be none of %s: %v", s.Config.Subscription, strings.Join(topics, " "), err)
		return connect.Found{Warnings: []string{warning}}, nil
	}
	return connect.Found{Topic: topic}, nil
}

// GoOn implements connect.Source. The service keeps the state of a job itself.
func (s Source) GoOn(json.RawMessage, int64) (connect.Source, error) {
	return nil, errors.New("dataflowpubsub: the service keeps the state")
}

// Knows implements connect.Source. Nothing is carried.
func (s Source) Knows(json.RawMessage, string) bool { return false }

// Quiesce implements connect.Source: the workers stop by themselves.
func (s Source) Quiesce(context.Context) error { return nil }

// Read implements connect.Source.
func (s Source) Read(scope beam.Scope) (events beam.PCollection, rejects []beam.PCollection) {
	events, malformed := read(scope, s.Config, s.Subscription)
	return events, []beam.PCollection{malformed}
}

// Sink is a topic that the runner publishes to.
type Sink struct{ Topic uri.Topic }

// Traits implements connect.Sink.
func (s Sink) Traits() connect.SinkTraits { return connect.SinkTraits{Topic: s.Topic.String()} }

// Check implements connect.Sink. The workers publish as another account.
func (s Sink) Check(context.Context) error { return nil }

// Write implements connect.Sink.
func (s Sink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	Write(scope, s.Topic, messages)
	return nil
}
