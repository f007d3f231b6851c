package pubsub

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect/pubsub/publish"
	"ordertimeout/transforms/connect/pubsub/uri"
)

// Names of the packages below, for who has to do with this package only.

// Subscription is a subscription and how it is read: see [uri.Subscription].
type Subscription = uri.Subscription

// Ack is when a message is acknowledged: see [uri.Ack].
type Ack = uri.Ack

// The times at which a message is acknowledged.
const (
	AckOutcome = uri.AckOutcome // all of its events are done
	AckBundle  = uri.AckBundle  // the bundle it was read in is finalized
)

// Topic is where messages are published to, and how: see [uri.Topic].
type Topic = uri.Topic

// Is reports whether an input or a target is at Pub/Sub.
func Is(target string) bool { return uri.Is(target) }

// ParseSubscription reads the URI of a subscription: see [uri.ParseSubscription].
func ParseSubscription(target string) (Subscription, error) { return uri.ParseSubscription(target) }

// ParseTopic reads the URI of a topic: see [uri.ParseTopic].
func ParseTopic(target string) (Topic, error) { return uri.ParseTopic(target) }

// CheckTopic asks the service whether a topic can be published to: see
// [publish.CheckTopic].
func CheckTopic(ctx context.Context, t Topic) error { return publish.CheckTopic(ctx, t) }

// Write publishes messages to a topic: see [publish.Write].
func Write(s beam.Scope, runID string, t Topic, messages beam.PCollection) (refused beam.PCollection) {
	return publish.Write(s, runID, t, messages)
}
