package pubsub

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub/publish"
	"ordertimeout/transforms/connect/pubsub/pull"
	"ordertimeout/transforms/connect/pubsub/uri"
)

// The forms of the URIs, here and on a runner with a source and sink of its own.
const (
	SubscriptionForm = uri.Scheme + "PROJECT/SUBSCRIPTION"
	TopicForm        = uri.Scheme + "PROJECT/TOPIC"
)

// Connector returns the source of subscriptions and the sink of topics, on runners that
// have none of their own.
func Connector() connect.Connector {
	runners := []string{connect.Prism, connect.Flink}
	return connect.Connector{
		Name: "pubsub",
		Source: &connect.SourceKind{
			Runners: runners,
			Forms:   []connect.Form{{Text: SubscriptionForm}},
			Help:    SubscriptionForm,
			Is:      uri.Is,
			Live:    true,
			Parse:   parseSource,
		},
		Sink: &connect.SinkKind{
			Runners: runners,
			Forms:   []connect.Form{{Text: TopicForm}},
			Help:    []string{TopicForm},
			Is:      uri.Is,
			Parse:   parseSink,
		},
	}
}

// Alone returns an error, a line, where a subscription is not the only input.
func Alone(inputs []string) error {
	if len(inputs) > 1 {
		return fmt.Errorf("-input %q and %d more: want one subscription alone", inputs[0], len(inputs)-1)
	}
	return nil
}

func parseSource(inputs []string, env connect.Env) (connect.Source, error) {
	if err := Alone(inputs); err != nil {
		return nil, err
	}
	c := Config{
		Subscription:  inputs[0],
		DecoderConfig: env.Decoder,
		Disorder:      env.Disorder,
		Checkpoints:   env.Runner == connect.Flink,
		RejectsUnread: env.RejectsUnread,
		Carries:       env.Carries,
		NotByOutcome:  env.NotByOutcome,
		Windows:       env.Windows,
		Run:           env.Run,
	}
	sub, err := c.parse()
	return Source{c, sub}, err
}

// Source is a subscription.
type Source struct {
	Config Config
	// Subscription is the one that the Config names, with what is the default for it.
	Subscription uri.Subscription
}

// Traits implements connect.Source. A subscription never ends, and its watermark is
// behind its events.
func (s Source) Traits() connect.SourceTraits { return connect.SourceTraits{} }

// Resolve implements connect.Source: there is nothing to look up.
func (s Source) Resolve() (connect.Source, []string, error) { return s, nil, nil }

// ReadOnce implements connect.Source: what is acknowledged does not come again.
func (s Source) ReadOnce() bool { return true }

// Check implements connect.Source.
func (s Source) Check(ctx context.Context, _ []string) (connect.Found, error) {
	return check(ctx, s.Config, s.Subscription)
}

// GoOn implements connect.Source: the position must be of the same subscription.
func (s Source) GoOn(position json.RawMessage, _ int64) (connect.Source, error) {
	if err := pull.CheckPosition(position, s.Subscription); err != nil {
		return nil, s.Config.fault("%v", err)
	}
	return s, nil
}

// Knows implements connect.Source. A subscription is never given up.
func (s Source) Knows(json.RawMessage, string) bool { return false }

// Quiesce implements connect.Source.
func (s Source) Quiesce(ctx context.Context) error { return pull.Quiesce(ctx, s.Config.Run) }

// Read implements connect.Source.
func (s Source) Read(scope beam.Scope) (events beam.PCollection, rejects []beam.PCollection) {
	events, malformed := read(scope, s.Config, s.Subscription)
	return events, []beam.PCollection{malformed}
}

func parseSink(t connect.Target, env connect.Env) (connect.Sink, error) {
	topic, err := uri.ParseTopic(t.URI)
	if err != nil {
		return nil, fmt.Errorf("-%s: %w", t.Flag, err)
	}
	return Sink{topic, env.Run}, nil
}

// Sink is a topic.
type Sink struct {
	// Topic is where messages are published to.
	Topic uri.Topic
	// Run is the id of the process.Run that the pipeline belongs to.
	Run string
}

// Traits implements connect.Sink.
func (s Sink) Traits() connect.SinkTraits { return connect.SinkTraits{Topic: s.Topic.String()} }

// Check implements connect.Sink.
func (s Sink) Check(ctx context.Context) error { return publish.CheckTopic(ctx, s.Topic) }

// Write implements connect.Sink.
func (s Sink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	return []beam.PCollection{publish.Write(scope, s.Run, s.Topic, messages)}
}
