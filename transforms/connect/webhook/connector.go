package webhook

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
)

// Connector returns the sink of webhooks.
func Connector() connect.Connector {
	return connect.Connector{
		Name: "webhook",
		Sink: &connect.SinkKind{
			Forms: []connect.Form{{Text: "https://…"}},
			Help: []string{
				"also a webhook: https://…, or the word webhook for",
				"the same           $" + URLVariable,
			},
			Is:           Is,
			OutcomesOnly: true,
			Show:         Show,
			Parse:        parseSink,
		},
	}
}

func parseSink(t connect.Target, env connect.Env) (connect.Sink, error) {
	c, err := Parse(t.URI)
	switch {
	case err != nil:
		return nil, fmt.Errorf("-%s: %w", t.Flag, err)
	case env.Runner == connect.Dataflow:
		return nil, fmt.Errorf("-%s: the secret of a webhook is in the environment of this process, which the workers do not have: want none or pubsub://PROJECT/TOPIC", t.Flag)
	case env.Runner == connect.Flink && !env.Loopback && !c.FromEnvironment:
		return nil, fmt.Errorf("-%s: the workers are other processes, and a URL that is sent to them is seen in Flink: want %s, and %s in their environment", t.Flag, Environment, URLVariable)
	}
	return Sink{c, env.Run}, nil
}

// Sink is a webhook.
type Sink struct {
	Config Config
	// Run is the id of the process.Run that the pipeline belongs to.
	Run string
}

// Traits implements connect.Sink.
func (s Sink) Traits() connect.SinkTraits { return connect.SinkTraits{Refuses: true} }

// Check implements connect.Sink: it reads what the webhook needs of the environment.
func (s Sink) Check(context.Context) error { return Open(s.Run, s.Config) }

// Write implements connect.Sink.
func (s Sink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	return []beam.PCollection{Write(scope, s.Run, s.Config, messages)}
}
