// Package pubsubtest has a fake Pub/Sub server for tests, with a topic and a subscription.
package pubsubtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// The names of what a server has.
const (
	Topic        = "projects/shop/topics/orders"
	Subscription = "projects/shop/subscriptions/orders"
	URI          = uri.Scheme + "shop/orders" // of the subscription
)

// NewServer starts a server with the topic and the subscription, which gives leases of so
// many seconds. The client library finds it until the test ends.
func NewServer(t *testing.T, lease int32, options ...pstest.ServerReactorOption) *pstest.Server {
	t.Helper()
	server := pstest.NewServer(options...)
	t.Cleanup(func() { server.Close() })
	t.Setenv(uri.Emulator, server.Addr)
	Add(t, server, &pubsubpb.Subscription{AckDeadlineSeconds: lease})
	return server
}

// NewEmptyServer starts a server that has nothing, and that says of each permission whether
// it is granted; that of [NewServer] knows no permissions. The client library finds it until
// the test ends.
func NewEmptyServer(t *testing.T, granted bool, options ...pstest.ServerReactorOption) *pstest.Server {
	t.Helper()
	server := pstest.NewServerWithCallback(0, func(g *grpc.Server) { iampb.RegisterIAMPolicyServer(g, permissions{granted: granted}) }, options...)
	t.Cleanup(func() { server.Close() })
	t.Setenv(uri.Emulator, server.Addr)
	return server
}

// permissions is a server that grants what is asked for, or nothing.
type permissions struct {
	iampb.UnimplementedIAMPolicyServer
	granted bool
}

func (p permissions) TestIamPermissions(_ context.Context, r *iampb.TestIamPermissionsRequest) (*iampb.TestIamPermissionsResponse, error) {
	if !p.granted {
		return &iampb.TestIamPermissionsResponse{}, nil
	}
	return &iampb.TestIamPermissionsResponse{Permissions: r.Permissions}, nil
}

// Add adds the topic and the subscription to a server. What the subscription says besides
// its names is as given; without a lease it gives leases of ten seconds.
func Add(t *testing.T, server *pstest.Server, s *pubsubpb.Subscription) {
	t.Helper()
	if s.AckDeadlineSeconds == 0 {
		s.AckDeadlineSeconds = 10
	}
	s.Name, s.Topic = Subscription, Topic
	if _, err := server.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: Topic}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.GServer.CreateSubscription(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// Event returns the event of an order that is created now, as a line of JSON without its
// end.
func Event(order string) string {
	return fmt.Sprintf(`{"orderId":%q,"type":"create","time":%d}`, order, time.Now().UnixMilli())
}

// WantAckedOnce checks that each message of the server was delivered and acknowledged
// once.
func WantAckedOnce(t *testing.T, server *pstest.Server) {
	t.Helper()
	for _, m := range server.Messages() {
		if m.Acks != 1 || m.Deliveries != 1 {
			t.Errorf("message %s: %d times acknowledged, %d times delivered; want 1 and 1", m.ID, m.Acks, m.Deliveries)
		}
	}
}
