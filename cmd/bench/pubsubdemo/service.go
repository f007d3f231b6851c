package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
)

// The names at Pub/Sub. A subscription has the name of its topic.
const (
	project       = "demo"
	ordersTopic   = "orders"
	paidTopic     = "paid"
	timeoutsTopic = "timeouts"
)

// service is a Pub/Sub service in this process, and a client of it.
type service struct {
	server *pstest.Server
	client *pubsub.Client
}

// newService starts the service with its topics and subscriptions. From then on
// this process, and those that it starts, take it for the emulator.
func newService(ctx context.Context, lease time.Duration) (*service, error) {
	pstest.SetMinAckDeadline(time.Second) // the real service's is 10 s, for which all would wait
	s := &service{server: pstest.NewServer()}
	if err := os.Setenv("PUBSUB_EMULATOR_HOST", s.server.Addr); err != nil {
		return nil, err
	}
	var err error
	if s.client, err = pubsub.NewClient(ctx, project); err != nil {
		return nil, err
	}
	for _, name := range []string{ordersTopic, paidTopic, timeoutsTopic} {
		if err := s.create(ctx, name, lease); err != nil {
			s.close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// create makes a topic with a subscription.
func (s *service) create(ctx context.Context, name string, lease time.Duration) error {
	topic := "projects/" + project + "/topics/" + name
	if _, err := s.client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: topic}); err != nil {
		return err
	}
	_, err := s.client.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: "projects/" + project + "/subscriptions/" + name, Topic: topic,
		AckDeadlineSeconds: int32(lease / time.Second),
	})
	return err
}

func (s *service) close() {
	_ = s.client.Close() // the process is about to end
	_ = s.server.Close()
}
