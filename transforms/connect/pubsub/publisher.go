package pubsub

import (
	"context"
	"sync"
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

type publisherKey struct {
	runID string
	topic Topic
}

// topicPublisher is a run's publisher of a topic.
type topicPublisher struct {
	*pubsub.Publisher
	failed atomic.Bool // it could not publish, for another reason than a stop
}

// publishers are those of this process, as are [clients].
var publishers = struct {
	sync.Mutex
	byKey map[publisherKey]*topicPublisher
}{byKey: map[publisherKey]*topicPublisher{}}

// publisher returns the run's publisher of a topic.
func publisher(ctx context.Context, runID string, t Topic) (*topicPublisher, error) {
	key := publisherKey{runID, t}
	publishers.Lock()
	defer publishers.Unlock()
	if p := publishers.byKey[key]; p != nil {
		return p, nil
	}
	c, err := client(ctx, runID, t.Project)
	if err != nil {
		return nil, err
	}
	p := &topicPublisher{Publisher: c.Publisher(t.String())}
	p.EnableMessageOrdering = t.Ordered
	p.PublishSettings.CountThreshold = requestCount
	p.PublishSettings.ByteThreshold = requestSize
	p.PublishSettings.DelayThreshold = requestDelay
	p.PublishSettings.Timeout = t.Timeout
	publishers.byKey[key] = p
	return p, nil
}

// closePublishers stops the run's publishers. What they have not sent yet belongs
// to bundles that were cancelled.
func closePublishers(ctx context.Context, runID string) {
	publishers.Lock()
	var closing []*topicPublisher
	for key, p := range publishers.byKey {
		if key.runID == runID {
			closing = append(closing, p)
			delete(publishers.byKey, key)
		}
	}
	publishers.Unlock()
	within(ctx, func() {
		for _, p := range closing {
			p.Stop()
		}
	})
}
