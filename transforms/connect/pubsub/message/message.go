// Package message says what a message of Pub/Sub holds, and what is published of an outcome
// or a reject. It does not depend on who talks to the service. Package pubsub does so
// itself, and package dataflowpubsub leaves it to the runner.
package message

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

// Part is what a message holds, or a part of a large one.
type Part struct {
	Events  []order.Event
	Rejects []order.Reject
	// Malformed is how many lines are no events: those of the Rejects, and those that
	// one reject at the end of the message stands for.
	Malformed int64
}

// Decode reads a message, and calls give with its events and rejects: once, or for a large
// message several times, so that they need not all be in memory. They have no place in
// time and no Refs. Of the subscription only the settings of the events' time are used.
// The decoder goes on counting in its fields.
func Decode(m *pubsubpb.PubsubMessage, sub uri.Subscription, decoder *order.Decoder, give func(Part)) {
	all := func(complete []*Block) bool {
		for _, b := range complete {
			give(Part{Events: b.Events[1:], Rejects: b.Rejects, Malformed: b.Malformed})
		}
		return true
	}
	r := Reader{Sub: sub, Decoder: decoder, Out: all}
	r.Add(m, nil)
	all(r.Blocks)
}

// Encode returns what is published of a message, without an ordering key.
func Encode(m *order.Message) *pubsubpb.PubsubMessage {
	out := ToPublish(m, false)
	return &pubsubpb.PubsubMessage{Data: out.Data, Attributes: out.Attributes}
}
