package client

import (
	"context"
	"errors"
	"os"
	"time"

	admin "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// Service makes the requests about one subscription.
type Service struct {
	// Client makes all requests but pulls and probes, which Pulls makes.
	Client, Pulls *admin.SubscriptionAdminClient
	// Name is the full name of the subscription.
	Name string
	// Poll is how long a pull waits, and Batch how many messages it asks for.
	Poll  time.Duration
	Batch int32
}

// RequestTime is how long a request may take that is answered at once.
const RequestTime = 5 * time.Second

// probeTime is how long the service may take to show that it is there.
const probeTime = 500 * time.Millisecond

// LeaseOf returns the lease that a subscription gives, which is 10 s where it does
// not say.
func LeaseOf(found *pubsubpb.Subscription) time.Duration {
	if found.GetAckDeadlineSeconds() == 0 {
		return 10 * time.Second
	}
	return time.Duration(found.GetAckDeadlineSeconds()) * time.Second
}

// Look returns what is known of the subscription.
func (s Service) Look(ctx context.Context) (*pubsubpb.Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, RequestTime)
	defer cancel()
	return s.Client.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: s.Name})
}

// Pull returns messages, or none where there are none. The service may let a pull that
// finds nothing run into its deadline, as one does where the service is away. So such a
// pull is followed by a probe, which a service that is there answers at once. An emulator
// answers before the deadline, and is not asked again.
func (s Service) Pull(ctx context.Context) ([]*pubsubpb.ReceivedMessage, error) {
	got, err := s.Try(ctx, s.Poll, false)
	if isTimeout(err) && ctx.Err() == nil && os.Getenv(uri.Emulator) == "" {
		return s.Try(ctx, probeTime, true)
	}
	return got, err
}

// Try makes one pull, which fails at its limit. With atOnce it is a probe: the service is
// to answer at once, also where it has nothing.
func (s Service) Try(ctx context.Context, limit time.Duration, atOnce bool) ([]*pubsubpb.ReceivedMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := s.Pulls.Pull(ctx, &pubsubpb.PullRequest{
		Subscription: s.Name, MaxMessages: s.Batch,
		ReturnImmediately: atOnce, //lint:ignore SA1019 only for a probe
	}, once)
	return got.GetReceivedMessages(), err
}

// Acknowledge acknowledges by the ids of leases.
func (s Service) Acknowledge(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, RequestTime)
	defer cancel()
	return s.Client.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{Subscription: s.Name, AckIds: ids}, once)
}

// Extend sets the leases to end a while from now. Zero gives them back.
func (s Service) Extend(ctx context.Context, ids []string, lease time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, RequestTime)
	defer cancel()
	return s.Client.ModifyAckDeadline(ctx, &pubsubpb.ModifyAckDeadlineRequest{
		Subscription: s.Name, AckIds: ids, AckDeadlineSeconds: int32(lease / time.Second),
	}, once)
}

// once turns off the client's own retries: a request that is tried again in
// silence hides that the service does not answer.
var once = gax.WithRetry(func() gax.Retryer { return nil })

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded
}

// IsFinal reports whether it is no use to try again after an error.
func IsFinal(err error) bool {
	switch status.Code(err) {
	case codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument,
		codes.FailedPrecondition, codes.Unimplemented:
		return true
	}
	return false
}

// Backoff is how long to wait after a request that failed: ever longer.
type Backoff time.Duration

// Wait waits, or returns false at the end of ctx.
func (b *Backoff) Wait(ctx context.Context) bool {
	*b = min(max(*b*2, Backoff(50*time.Millisecond)), Backoff(5*time.Second))
	Pause(ctx, time.Duration(*b))
	return ctx.Err() == nil
}

// Pause waits a while, or until the end of ctx.
func Pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
