package pubsub

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

// service makes the requests about one subscription.
type service struct {
	client *admin.SubscriptionAdminClient
	pulls  *admin.SubscriptionAdminClient // for pulls and probes
	name   string
	poll   time.Duration
	batch  int32
}

// requestTime is how long a request may take that is answered at once.
const requestTime = 5 * time.Second

// probeTime is how long the service may take to show that it is there.
const probeTime = 500 * time.Millisecond

// pull returns messages, or none where there are none. A pull that runs into its
// end says nothing about the subscription. The service may let an empty one do
// so, and then answers a second one at once; an emulator does not.
func (s service) pull(ctx context.Context) ([]*pubsubpb.ReceivedMessage, error) {
	got, err := s.try(ctx, s.poll, false)
	if isTimeout(err) && ctx.Err() == nil && os.Getenv(uri.Emulator) == "" {
		return s.try(ctx, probeTime, true)
	}
	return got, err
}

func (s service) try(ctx context.Context, limit time.Duration, atOnce bool) ([]*pubsubpb.ReceivedMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := s.pulls.Pull(ctx, &pubsubpb.PullRequest{
		Subscription: s.name, MaxMessages: s.batch,
		ReturnImmediately: atOnce, //lint:ignore SA1019 only for a probe
	}, once)
	return got.GetReceivedMessages(), err
}

func (s service) acknowledge(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return s.client.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{Subscription: s.name, AckIds: ids}, once)
}

// extend sets the leases to end a while from now. Zero gives them back.
func (s service) extend(ctx context.Context, ids []string, lease time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return s.client.ModifyAckDeadline(ctx, &pubsubpb.ModifyAckDeadlineRequest{
		Subscription: s.name, AckIds: ids, AckDeadlineSeconds: int32(lease / time.Second),
	}, once)
}

// once turns off the client's own retries: a request that is tried again in
// silence hides that the service does not answer.
var once = gax.WithRetry(func() gax.Retryer { return nil })

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded
}

// isFinal reports whether it is no use to try again.
func isFinal(err error) bool {
	switch status.Code(err) {
	case codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument,
		codes.FailedPrecondition, codes.Unimplemented:
		return true
	}
	return false
}

// backoff is how long to wait after a request that failed: ever longer.
type backoff time.Duration

// wait waits, or returns false at the end of ctx.
func (b *backoff) wait(ctx context.Context) bool {
	*b = min(max(2**b, backoff(50*time.Millisecond)), backoff(5*time.Second))
	pause(ctx, time.Duration(*b))
	return ctx.Err() == nil
}

// pause waits a while, or until the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
