package pubsub

import (
	"context"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2"
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

// publisher returns the run's publisher of a topic.
func (l *link) publisher(ctx context.Context, t Topic) (*topicPublisher, error) {
	c, err := l.client(ctx, t.Project)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if p := l.publishers[t]; p != nil {
		return p, nil
	}
	p := &topicPublisher{Publisher: c.Publisher(t.String())}
	p.EnableMessageOrdering = t.Ordered
	p.PublishSettings.CountThreshold = requestCount
	p.PublishSettings.ByteThreshold = requestSize
	p.PublishSettings.DelayThreshold = requestDelay
	p.PublishSettings.Timeout = t.Timeout
	l.publishers[t] = p
	return p, nil
}

// closePublishers stops publishers. What they have not sent yet belongs to bundles that
// were cancelled.
func closePublishers(ctx context.Context, publishers map[Topic]*topicPublisher) {
	within(ctx, func() {
		for _, p := range publishers {
			p.Stop()
		}
	})
}
