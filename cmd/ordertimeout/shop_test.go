package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
)

// The names at the Pub/Sub of these tests.
const (
	project     = "shop"
	ordersTopic = "projects/shop/topics/orders"
	ordersSub   = "projects/shop/subscriptions/orders"
)

// outputTopics are the topics that the command publishes to, each with a subscription
// of the same name.
var outputTopics = []string{"success", "timeouts", "rejects"}

// shop publishes orders at a server, and collects what the command publishes of
// them.
type shop struct {
	t      *testing.T
	client *pubsub.Client

	mu   sync.Mutex
	told map[string]notice // by the id of the message: one delivered twice counts once
}

// notice is a message that the command published.
type notice struct {
	topic      string
	attributes map[string]string
	body       []byte
	published  time.Time
}

// newShop makes the topics and subscriptions at the server of an address, the one
// of the orders as given, and starts to collect. This process and those that it
// starts find the server by its environment.
func newShop(t *testing.T, address string, orders *pubsubpb.Subscription) *shop {
	t.Helper()
	t.Setenv("PUBSUB_EMULATOR_HOST", address)
	client, err := pubsub.NewClient(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, client: client, told: map[string]notice{}}
	orders.Name, orders.Topic = ordersSub, ordersTopic
	s.create(orders)
	ctx, cancel := context.WithCancel(context.Background())
	var collectors sync.WaitGroup
	for _, topic := range outputTopics {
		s.create(&pubsubpb.Subscription{
			Name: "projects/shop/subscriptions/" + topic, Topic: "projects/shop/topics/" + topic, AckDeadlineSeconds: 10,
		})
		collectors.Go(func() { s.collect(ctx, topic) })
	}
	t.Cleanup(func() {
		cancel()
		collectors.Wait()
		client.Close()
	})
	return s
}

func (s *shop) create(sub *pubsubpb.Subscription) {
	s.t.Helper()
	if _, err := s.client.TopicAdminClient.CreateTopic(s.t.Context(), &pubsubpb.Topic{Name: sub.Topic}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.SubscriptionAdminClient.CreateSubscription(s.t.Context(), sub); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) collect(ctx context.Context, topic string) {
	for ctx.Err() == nil { // a server that was frozen may end it
		_ = s.client.Subscriber(topic).Receive(ctx, func(_ context.Context, m *pubsub.Message) {
			s.mu.Lock()
			s.told[topic+m.ID] = notice{topic, m.Attributes, m.Data, m.PublishTime}
			s.mu.Unlock()
			m.Ack()
		})
	}
}

// notices returns what was published to a topic so far.
func (s *shop) notices(topic string) []notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []notice
	for _, n := range s.told {
		if n.topic == topic {
			list = append(list, n)
		}
	}
	return list
}

// outcomes returns the different outcomes that were told of each order, such as
// "success", or "success timeout" where there are two. A repeat has the same id
// and does not count.
func (s *shop) outcomes() map[string]string {
	ids := map[string]string{}
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			ids[n.attributes["id"]] = n.attributes["orderId"] + " " + n.attributes["outcome"]
		}
	}
	told := map[string]string{}
	for _, text := range slices.Sorted(maps.Values(ids)) {
		orderID, outcome, _ := strings.Cut(text, " ")
		told[orderID] = strings.TrimSpace(told[orderID] + " " + outcome)
	}
	return told
}

// checkOutcomes compares the outcomes told so far, and what their attributes say
// with what is in them.
func (s *shop) checkOutcomes(want map[string]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.outcomes()); diff != "" {
		s.t.Errorf("outcomes of %d orders (-want +got):\n%s", len(want), diff)
	}
	for i, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			var body struct{ ID, Outcome, OrderID, UserID string }
			err := json.Unmarshal(n.body, &body)
			inside := map[string]string{"id": body.ID, "outcome": body.Outcome, "orderId": body.OrderID, "userId": body.UserID}
			if diff := cmp.Diff(inside, n.attributes); err != nil || diff != "" || body.Outcome != []string{"success", "timeout"}[i] {
				s.t.Errorf("%s: %s, %v, attributes (-body +attributes):\n%s", topic, n.body, err, diff)
			}
		}
	}
}

// publish publishes messages.
func (s *shop) publish(bodies ...string) {
	s.t.Helper()
	if err := s.tryPublish(bodies); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) tryPublish(bodies []string) error {
	request := &pubsubpb.PublishRequest{Topic: ordersTopic}
	for _, body := range bodies {
		m := &pubsubpb.PubsubMessage{Data: []byte(body)}
		if body == "" { // which a server takes only with an attribute
			m.Attributes = map[string]string{"is": "empty"}
		}
		request.Messages = append(request.Messages, m)
	}
	_, err := s.client.TopicAdminClient.Publish(context.Background(), request)
	return err
}

// liveEvent is an event as a line of JSON.
func liveEvent(orderID, typ string, at time.Time) string {
	return fmt.Sprintf(`{"orderId":%q,"userId":"user of %s","type":%q,"time":%d}`, orderID, orderID, typ, at.UnixMilli())
}
