package pubsub

import (
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/pull"
	"ordertimeout/transforms/connect/pubsub/uri"
)

const (
	// silence is how long after a start no alert may come without a warning.
	silence = time.Minute
	// shortLease is the lease that is wanted then, the shortest that a subscription
	// can give.
	shortLease = 10 * time.Second
)

// warnings says what of a subscription works, but not well, a line each.
func (c Config) warnings(sub uri.Subscription, found *pubsubpb.Subscription) (lines []string) {
	warn := func(format string, args ...any) { lines = append(lines, c.fault(format, args...).Error()) }
	given := client.LeaseOf(found)
	switch quiet := pull.Settle(sub, given); {
	case quiet < silence:
	case given >= max(sub.Lease, sub.Window):
		warn("no alert comes in the first %v after a start, or after Pub/Sub was out of reach, as the subscription gives leases of %v: want an acknowledgement deadline of %v (gcloud pubsub subscriptions update %s --ack-deadline=%d)",
			quiet, given, shortLease, sub.Name, int(shortLease.Seconds()))
	case sub.Lease >= sub.Window:
		warn("no alert comes in the first %v after a start, or after Pub/Sub was out of reach: want lease=%v", quiet, shortLease)
	default:
		warn("no alert comes in the first %v after a start, or after Pub/Sub was out of reach: want window=%v", quiet, shortLease)
	}
	if sub.Ack != uri.AckOutcome {
		return lines
	}
	// What is open is at Pub/Sub alone, however often it is delivered.
	if window := c.Windows.Smallest; window > 0 && sub.Lease > window/2 {
		warn("lease=%v is more than half of the window of %v: after a crash most timeouts are told late", sub.Lease, window)
	}
	if c.Windows.ByEvent {
		warn("lease=%v cannot be checked where an expression gives windows: want all of them above it: after a crash orders would time out before their messages come back", sub.Lease)
	}
	if p := found.GetDeadLetterPolicy(); p != nil {
		warn("the dead-letter policy takes a message away after %d deliveries, and each restart is one of each open order's: want none (gcloud pubsub subscriptions update %s --clear-dead-letter-policy)",
			max(p.GetMaxDeliveryAttempts(), 5), sub.Name)
	}
	if found.GetEnableExactlyOnceDelivery() {
		warn("exactly-once delivery makes acknowledgements slow and refuses late ones, and repeats are known without it: want it off (gcloud pubsub subscriptions update %s --no-enable-exactly-once-delivery)", sub.Name)
	}
	return lines
}
