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

// pullAll takes n messages out of a queue with nothing but the client library: see
// client.takeAll.
func (q queue) pullAll(ctx context.Context, n int, when time.Duration, count *tally) (took time.Duration, err error) {
	return client{q.pull, q.acknowledge}.takeAll(ctx, n, when, count)
}

// client takes messages without a pipeline.
type client struct {
	pull        func(context.Context) (ids []string, err error) // maybe none
	acknowledge func(ctx context.Context, ids []string) error
}

// takeAll takes n messages, as the source of the pipeline does: so many pulls at a
// time, and as many acknowledgements besides, which come at once, later or when all is
// pulled. It returns the time from the first pull to the last acknowledgement.
func (c client) takeAll(ctx context.Context, n int, when time.Duration, count *tally) (took time.Duration, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	all := make(chan struct{})
	t := taking{
		client: c, n: int64(n), when: when, count: count, end: end,
		pulled: make(chan batch, n), all: all, readAll: sync.OnceFunc(func() { close(all) }),
	}
	var pullers, ackers sync.WaitGroup
	start := time.Now()
	for range pulls {
		pullers.Go(func() { t.pullOn(ctx) })
		ackers.Go(func() {
			if t.acknowledgeOn(ctx) {
				took = time.Since(start)
				end(errAll)
			}
		})
	}
	pullers.Wait()
	close(t.pulled)
	ackers.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errAll) {
		return 0, err
	}
	return took, nil
}

// taking is a takeAll at work.
type taking struct {
	client
	n       int64
	when    time.Duration
	count   *tally
	pulled  chan batch      // from the pulls to the acknowledgements
	all     <-chan struct{} // closed once all is pulled, or will not be
	readAll func()          // closes it
	end     func(error)
}

// pullOn pulls until ctx ends.
func (t *taking) pullOn(ctx context.Context) {
	for ctx.Err() == nil {
		got, err := t.pull(ctx)
		if err != nil {
			t.end(err)
		}
		if len(got) > 0 {
			t.pulled <- batch{got, time.Now().Add(t.when)}
			if t.count.pulled.Add(int64(len(got))) == t.n {
				t.readAll()
			}
		}
	}
	t.readAll() // or it will not be
}

// acknowledgeOn acknowledges what is pulled, and reports whether what it acknowledged
// was the last of all.
func (t *taking) acknowledgeOn(ctx context.Context) (last bool) {
	for b := range t.pulled {
		if t.when == whenAll {
			<-t.all
		}
		b.addThose(t.pulled)
		pause(ctx, time.Until(b.due))
		if err := t.acknowledge(ctx, b.ids); err != nil {
			t.end(err)
		} else if t.count.acked.Add(int64(len(b.ids))) == t.n {
			return true
		}
	}
	return false
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
