package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

const project = "bench"

// queue is a topic with one subscription of the same name.
type queue struct {
	client *pubsub.Client
	name   string
}

// newQueue makes one with a name that no other has.
func (s *server) newQueue(ctx context.Context) (queue, error) {
	q := queue{client: s.client, name: "q" + rand.Text()}
	if _, err := s.client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: q.topic()}); err != nil {
		return q, fmt.Errorf("create a topic: %w", err)
	}
	_, err := s.client.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: q.subscription(), Topic: q.topic(), AckDeadlineSeconds: int32(s.lease / time.Second),
	})
	if err != nil {
		return q, fmt.Errorf("create a subscription: %w", err)
	}
	return q, nil
}

func (q queue) topic() string        { return "projects/" + project + "/topics/" + q.name }
func (q queue) subscription() string { return "projects/" + project + "/subscriptions/" + q.name }

// uri returns the name by which ordertimeout knows the topic and the subscription.
func (q queue) uri() string { return "pubsub://" + project + "/" + q.name }

// delete removes the queue with all that is in it.
func (q queue) delete(ctx context.Context) error {
	err := q.client.SubscriptionAdminClient.DeleteSubscription(ctx, &pubsubpb.DeleteSubscriptionRequest{Subscription: q.subscription()})
	if err == nil {
		err = q.client.TopicAdminClient.DeleteTopic(ctx, &pubsubpb.DeleteTopicRequest{Topic: q.topic()})
	}
	return err
}

// publish publishes messages, and returns once the server has them.
func (q queue) publish(ctx context.Context, messages [][]byte) error {
	p := q.client.Publisher(q.topic())
	defer p.Stop()
	p.PublishSettings.CountThreshold = 1000
	results := make([]*pubsub.PublishResult, len(messages))
	for i, m := range messages {
		results[i] = p.Publish(ctx, &pubsub.Message{Data: m})
	}
	for _, r := range results {
		if _, err := r.Get(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}
