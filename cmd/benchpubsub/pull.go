package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What the source of the pipeline asks for by default.
const (
	pulls     = 4
	pullBatch = 1000
	pullTime  = 2 * time.Second
)

// errAll ends the pulls once all is acknowledged.
var errAll = errors.New("all is acknowledged")

// tally counts the messages that were pulled and acknowledged so far.
type tally struct{ pulled, acked atomic.Int64 }

// pullAll takes n messages out of a queue with nothing but the client library, as
// the source of the pipeline does: so many pulls at a time, and as many
// acknowledgements besides. It returns the time from the first pull to the last
// acknowledgement.
func (q queue) pullAll(ctx context.Context, n int, count *tally) (took time.Duration, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	ids := make(chan []string, pulls)
	var pullers, ackers sync.WaitGroup
	start := time.Now()
	for range pulls {
		pullers.Go(func() {
			for ctx.Err() == nil {
				got, err := q.pull(ctx)
				if err != nil {
					end(err)
				}
				if len(got) > 0 {
					count.pulled.Add(int64(len(got)))
					ids <- got
				}
			}
		})
		ackers.Go(func() {
			for batch := range ids {
				if err := q.acknowledge(ctx, batch); err != nil {
					end(err)
				} else if count.acked.Add(int64(len(batch))) == int64(n) {
					took = time.Since(start)
					end(errAll)
				}
			}
		})
	}
	pullers.Wait()
	close(ids)
	ackers.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errAll) {
		return 0, err
	}
	return took, nil
}

// pull returns the acknowledgement ids of some messages, maybe none.
func (q queue) pull(ctx context.Context) (ids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	got, err := q.client.SubscriptionAdminClient.Pull(ctx, &pubsubpb.PullRequest{Subscription: q.subscription(), MaxMessages: pullBatch})
	if errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded {
		return nil, nil // there was nothing
	}
	for _, m := range got.GetReceivedMessages() {
		ids = append(ids, m.GetAckId())
	}
	return ids, err
}

func (q queue) acknowledge(ctx context.Context, ids []string) error {
	return q.client.SubscriptionAdminClient.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{Subscription: q.subscription(), AckIds: ids})
}
