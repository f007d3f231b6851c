package pubsub

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
)

// What a message holds and what is published does not depend on who talks to the
// service. These are for a runner that does so itself: see package native.

// Decode returns the events and the rejects of a message, as [Read] gives them,
// but neither stamped nor with a Ref. Of the subscription's settings those of the
// events' time count. The decoder counts what its fields say.
func Decode(m *pubsubpb.PubsubMessage, sub Subscription, decoder *order.Decoder) (events []order.Event, rejects []order.Reject) {
	r := reader{sub: sub, decoder: decoder}
	r.add(m, nil)
	return r.blocks[0].events[1:], r.blocks[0].rejects
}

// Encode returns what [Write] publishes of a message, without an ordering key.
func Encode(m *order.Message) *pubsubpb.PubsubMessage {
	out := message(m, false)
	return &pubsubpb.PubsubMessage{Data: out.Data, Attributes: out.Attributes}
}
