package pubsub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn2x1[context.Context, order.Message, error](&publishFn{})
}

// Write publishes messages to the topic of a URI (see [ParseTopic]):
// PCollection<order.Message> -> the topic. It panics where the URI is wrong.
//
// The data of a message is its body, and its attributes are id, outcome, orderId
// and userId, without those that are absent. What the service would refuse for
// its size is cut: an id of more than 1,024 bytes ends in a hash of the whole,
// and of a body of more than 10 MB the events are left out, and "truncated":true
// stands for them.
//
// A bundle ends once the service has all its messages. A publish that fails fails
// the bundle, and is the reason that live.Run.Err gives. The exception is a run
// that was stopped and cannot publish within 2 s: messages whose input the source
// holds are then left to the next run (see live.Run.Held). A message may be
// published twice, and then has the same id.
func Write(s beam.Scope, runID, uri string, messages beam.PCollection) {
	s = s.Scope("pubsub.Write")
	topic, err := ParseTopic(uri)
	if err != nil {
		panic(err)
	}
	beam.ParDo0(s, &publishFn{RunID: runID, Topic: topic}, messages)
}

// Results are awaited when a bundle has ended and whenever this many messages or
// bytes wait for theirs, as runners make bundles of any size.
const (
	maxPending     = 5000
	maxPendingSize = 16 << 20
)

// settleTime is how long a failed bundle waits for the results of its other
// messages, so that what was published is acknowledged.
const settleTime = time.Second

// publishFn publishes the messages of a bundle.
type publishFn struct {
	RunID string
	Topic Topic

	run       *live.Run
	publisher *pubsub.Publisher
	pending   []pending
	size      int // of the pending messages in bytes
}

// pending is a message that was handed to the publisher.
type pending struct {
	result *pubsub.PublishResult
	key    string // ordering key
	refs   []uint64
}

func (fn *publishFn) Setup(ctx context.Context) (err error) {
	fn.run = live.Lookup(fn.RunID)
	fn.publisher, err = publisher(ctx, fn.RunID, fn.Topic)
	return fn.run.Fail(err)
}

func (fn *publishFn) StartBundle(context.Context) { fn.reset() } // may hold messages of a bundle that failed

func (fn *publishFn) reset() {
	clear(fn.pending) // not to keep results alive
	fn.pending, fn.size = fn.pending[:0], 0
}

func (fn *publishFn) ProcessElement(ctx context.Context, m order.Message) error {
	out := message(&m, fn.Topic.Ordered)
	fn.size += len(out.Data)
	fn.pending = append(fn.pending, pending{fn.publisher.Publish(ctx, out), out.OrderingKey, m.Refs})
	if len(fn.pending) >= maxPending || fn.size >= maxPendingSize {
		return fn.await(ctx)
	}
	return nil
}

func (fn *publishFn) FinishBundle(ctx context.Context) error { return fn.await(ctx) }

// await waits until the service has all pending messages.
func (fn *publishFn) await(ctx context.Context) error {
	if len(fn.pending) == 0 {
		return nil
	}
	defer fn.reset()
	delivery, cancel := fn.run.Delivery(ctx)
	defer cancel()
	for i, p := range fn.pending {
		if _, err := p.result.Get(delivery); err != nil {
			if ctx.Err() != nil { // of the runner, which has given up the bundle
				return ctx.Err()
			}
			left := fn.settle(delivery, fn.pending[i:])
			return fn.judge(delivery, left, err)
		}
		fn.run.Done(p.refs)
	}
	return nil
}

// settle waits a little for what else is pending once something has failed, and
// returns what was not published. Ordering keys, which the failure blocks, are
// free again for a runner that repeats the bundle.
func (fn *publishFn) settle(ctx context.Context, rest []pending) (left []pending) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for _, p := range rest {
		if _, err := p.result.Get(ctx); err != nil {
			left = append(left, p)
			continue
		}
		fn.run.Done(p.refs)
	}
	for _, p := range left {
		if p.key != "" {
			fn.publisher.ResumePublish(p.key)
		}
	}
	return left
}

// judge returns the error of a bundle that could not publish what is left.
func (fn *publishFn) judge(delivery context.Context, left []pending, err error) error {
	stopped := errors.Is(context.Cause(delivery), live.ErrStopped)
	if !stopped && !(fn.run.Stopped() && unreachable(err)) {
		return fn.run.Fail(fn.Topic.fault(err))
	}
	lost := 0
	for _, p := range left {
		if !fn.run.Held(p.refs) {
			lost++
		}
	}
	if lost == 0 {
		fn.run.Count(live.LeftCounter, int64(len(left)))
		return nil
	}
	return fn.run.Fail(fmt.Errorf("pubsub: topic %s: stopped before %d messages could be published", fn.Topic, lost))
}

// unreachable reports whether a publish failed because there was no answer.
func unreachable(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded)
}
