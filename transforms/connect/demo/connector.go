package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
)

// scheme begins the URI of a simulated shop.
const scheme = "demo:"

// Connector returns the source of simulated shops.
func Connector() connect.Connector {
	return connect.Connector{
		Name: "demo",
		Source: &connect.SourceKind{
			Forms: []connect.Form{{Text: "a demo: URI"}},
			Help:  "demo: (a simulated shop)",
			Is:    func(input string) bool { return strings.HasPrefix(input, scheme) },
			Parse: parse,
		},
	}
}

func parse(inputs []string, env connect.Env) (connect.Source, error) {
	switch {
	case env.Runner == connect.Dataflow:
		return nil, fmt.Errorf("-input %q: the shop is simulated in the memory of one process: want pubsub://PROJECT/SUBSCRIPTION", inputs[0])
	case env.Carries:
		return nil, fmt.Errorf("-carry with -input %q: each run is a shop of its own, and none goes on: want files, - or pubsub://PROJECT/SUBSCRIPTION", inputs[0])
	case len(inputs) > 1:
		return nil, fmt.Errorf("-input: %s and %d more inputs: want the simulated shop alone", scheme, len(inputs)-1)
	}
	if env.Decoder.Names != "" {
		return nil, fmt.Errorf("-fields, -types or -format cloudevents with -input %q: the simulated shop has the usual names", inputs[0])
	}
	c, err := Parse(inputs[0])
	if err != nil {
		return nil, fmt.Errorf("-input: %w", err)
	}
	c.Within, c.Disorder, c.EndOfTime, c.GoesOn, c.Run = env.Windows.Smallest, env.Disorder, env.EndOfTime, env.GoesOn, env.Run
	return Source{c}, c.Validate()
}

// Source is a simulated shop.
type Source struct{ Config Config }

// Traits implements connect.Source. A shop ends where its Count says so.
func (s Source) Traits() connect.SourceTraits {
	return connect.SourceTraits{Bounded: s.Config.Count > 0}
}

// Resolve implements connect.Source: there is nothing to look up.
func (s Source) Resolve() (connect.Source, []string, error) { return s, nil, nil }

// ReadOnce implements connect.Source: what was written of an earlier run stays.
func (s Source) ReadOnce() bool { return true }

// Check implements connect.Source: there is nothing to ask.
func (s Source) Check(context.Context, []string) (connect.Found, error) {
	return connect.Found{}, nil
}

// GoOn implements connect.Source. A shop is never carried.
func (s Source) GoOn(json.RawMessage, int64) (connect.Source, error) {
	return nil, errors.New("demo: a shop does not go on")
}

// Knows implements connect.Source. A shop has no input.
func (s Source) Knows(json.RawMessage, string) bool { return false }

// Quiesce implements connect.Source: a stop ends what the shop does.
func (s Source) Quiesce(context.Context) error { return nil }

// Read implements connect.Source. A shop makes no input that is no event.
func (s Source) Read(scope beam.Scope) (events beam.PCollection, rejects []beam.PCollection) {
	return Read(scope, s.Config), nil
}
