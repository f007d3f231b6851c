package pubsub

import (
	"time"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// windows checks the windows of a run that acknowledges by outcome, whose only state are the
// messages of a subscription: they have to come back, and be kept for so long. most is how
// long windows may be that an expression gives, where nobody has said, and note says so.
func (c Config) windows(sub uri.Subscription, kept time.Duration) (most time.Duration, note string, err error) {
	const day = 24 * time.Hour
	const keep = "an order that is open at a restart would be lost: want to keep them for longer (gcloud pubsub subscriptions update %s --message-retention-duration=7d)"
	w := c.Windows
	switch {
	case w.Smallest > 0 && sub.Lease >= w.Smallest:
		err = c.fault("lease=%v: want less than the window of %v: after a crash orders would time out before their messages come back", sub.Lease, w.Smallest)
	case kept == 0: // who serves it does not say
	case w.Longest >= kept:
		err = c.fault("the subscription keeps messages for %v, and orders are open for up to %v: "+keep, kept, w.Longest, sub.Name)
	case w.ByEvent && w.Most == 0 && kept <= day:
		err = c.fault("the subscription keeps messages for %v, and an expression gives how long orders are open: want -max-within, of less than that", kept)
	case w.ByEvent && w.Most == 0:
		most = kept - day
		note = c.fault("-max-within is %v: the subscription keeps messages for %v, and with ack=outcome an order that is open for longer would be lost at a restart", most, kept).Error()
	}
	return most, note, err
}
