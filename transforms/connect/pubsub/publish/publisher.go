package publish

import (
	"context"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/uri"
)

// How messages are put together in requests.
const (
	// requestCount and requestSize are the messages and bytes that make a request
	// full.
	requestCount = 1000
	requestSize  = 1 << 20
	// requestDelay is how long one that is not full waits for more.
	requestDelay = 5 * time.Millisecond
)

// topicPublisher is a run's publisher of a topic.
type topicPublisher struct {
	*pubsub.Publisher
	failed atomic.Bool // it could not publish, for another reason than a stop
}

// publisherOf returns the run's publisher of a topic.
func publisherOf(ctx context.Context, l *client.Link, t uri.Topic) (*topicPublisher, error) {
	return client.Share(ctx, l, t, func() (*topicPublisher, error) {
		c, err := l.Client(ctx, t.Project)
		if err != nil {
			return nil, err
		}
		p := &topicPublisher{Publisher: c.Publisher(t.String())}
		p.EnableMessageOrdering = t.Ordered
		p.PublishSettings.CountThreshold = requestCount
		p.PublishSettings.ByteThreshold = requestSize
		p.PublishSettings.DelayThreshold = requestDelay
		p.PublishSettings.Timeout = t.Timeout
		return p, nil
	})
}

// Close stops the publisher. What it has not sent yet belongs to bundles that were
// cancelled.
func (p *topicPublisher) Close(ctx context.Context) { client.Within(ctx, p.Stop) }
