package pubsub

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
)

// What a message holds and what is published does not depend on who talks to the
// service. These are for a runner that does so itself: see package dataflowpubsub.

// Part is what a message holds, or a part of a large one.
type Part struct {
	Events  []order.Event
	Rejects []order.Reject
	// Malformed is how many lines are no events: those of the Rejects, and those that
	// one reject at the end of the message stands for.
	Malformed int64
}

// Decode gives the events and the rejects of a message, as [Read] does, but neither
// stamped nor with a Ref: a large message in parts, so that they need not all be in
// memory. Of the subscription's settings those of the events' time count. The decoder
// counts what its fields say.
func Decode(m *pubsubpb.PubsubMessage, sub Subscription, decoder *order.Decoder, give func(Part)) {
	all := func(complete []*block) bool {
		for _, b := range complete {
			give(Part{Events: b.events[1:], Rejects: b.rejects, Malformed: b.malformed})
		}
		return true
	}
	r := reader{sub: sub, decoder: decoder, out: all}
	r.add(m, nil)
	all(r.blocks)
}

// Encode returns what [Write] publishes of a message, without an ordering key.
func Encode(m *order.Message) *pubsubpb.PubsubMessage {
	out := message(m, false)
	return &pubsubpb.PubsubMessage{Data: out.Data, Attributes: out.Attributes}
}
