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
	pulls     = 8
	pullBatch = 1000
	pullTime  = 2 * time.Second
)

// errAll ends the pulls once all is acknowledged.
var errAll = errors.New("all is acknowledged")

// tally counts the messages that were pulled and acknowledged so far.
type tally struct{ pulled, acked atomic.Int64 }

// When a client acknowledges what it has pulled.
const (
	atOnce  time.Duration = 0
	whenAll time.Duration = -1 // once everything is pulled
	later                 = time.Second
)

// batch is what is to be acknowledged, and when that is due.
type batch struct {
	ids []string
	due time.Time
}

// addThose adds what else was pulled, up to what the source acknowledges in a request.
func (b *batch) addThose(pulled <-chan batch) {
	for len(b.ids) < pullBatch {
		select {
		case next, ok := <-pulled:
			if !ok {
				return
			}
			b.ids, b.due = append(b.ids, next.ids...), next.due
		default:
			return
		}
	}
}

// pullAll takes n messages out of a queue with nothing but the client library, as
// the source of the pipeline does: so many pulls at a time, and as many
// acknowledgements besides, which come at once, later or when all is pulled. It returns
// the time from the first pull to the last acknowledgement.
func (q queue) pullAll(ctx context.Context, n int, when time.Duration, count *tally) (took time.Duration, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	pulled := make(chan batch, n)
	all := make(chan struct{})
	readAll := sync.OnceFunc(func() { close(all) })
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
					pulled <- batch{got, time.Now().Add(when)}
					if count.pulled.Add(int64(len(got))) == int64(n) {
						readAll()
					}
				}
			}
			readAll() // or it will not be
		})
		ackers.Go(func() {
			for b := range pulled {
				if when == whenAll {
					<-all
				}
				b.addThose(pulled)
				pause(ctx, time.Until(b.due))
				if err := q.acknowledge(ctx, b.ids); err != nil {
					end(err)
				} else if count.acked.Add(int64(len(b.ids))) == int64(n) {
					took = time.Since(start)
					end(errAll)
				}
			}
		})
	}
	pullers.Wait()
	close(pulled)
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
