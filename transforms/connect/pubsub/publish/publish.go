// Package publish publishes messages to the topics of Pub/Sub.
package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn4x1[context.Context, beam.EventTime, order.Message, func(beam.EventTime, order.Reject), error](&publishFn{})
}

// Write publishes messages to the topic of a URI (see [uri.ParseTopic]), and gives those
// that could not be published: PCollection<order.Message> -> PCollection<order.Reject>.
//
// The data of a message is its body, and its attributes are id, outcome, orderId
// and userId, without those that are absent. What the service would refuse for
// its size is cut: an id of more than 1,024 bytes ends in a hash of the whole,
// and of a body of more than 10 MB the events are left out, and "truncated":true
// stands for them. A message may be published twice, and then has the same id.
//
// A bundle ends once the service has all its messages or has failed to take them.
// Where the runner tries a bundle again (see process.Run.Repeats), a publish that fails
// fails the bundle. Elsewhere it aborts the run, and its message is refused: a reject
// with the reason order.Undelivered, whole and with the message's timestamp. What comes
// after it is tried for 2 s, and then refused, too. Either way the first failure is the
// reason that process.Run.Err gives.
//
// The exception is a run that was stopped otherwise and cannot publish within 2 s:
// messages whose input the source holds are then left to the next run (see
// process.Run.Held), neither published nor refused.
func Write(s beam.Scope, runID string, topic uri.Topic, messages beam.PCollection) (refused beam.PCollection) {
	s = s.Scope("pubsub.Write")
	return beam.ParDo(s, &publishFn{RunID: runID, Topic: topic}, messages)
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
	Topic uri.Topic

	run       *process.Run
	publisher *topicPublisher
	noWay     error // why there is no publisher
	pending   []pending
	size      int // of the pending messages in bytes
}

// pending is a message that was handed to the publisher.
type pending struct {
	at      beam.EventTime
	message order.Message
	result  *pubsub.PublishResult
	key     string // ordering key
}

func (fn *publishFn) Setup(ctx context.Context) (err error) {
	fn.run = process.Of(fn.RunID)
	l, err := client.Of(fn.run)
	if err == nil {
		fn.publisher, err = publisherOf(ctx, l, fn.Topic)
	}
	if fn.run.Repeats() {
		return fn.run.Fail(err)
	}
	fn.noWay = err
	fn.run.Abort(err)
	return nil
}

// StartBundle drops what a bundle that failed may have left.
func (fn *publishFn) StartBundle(context.Context, func(beam.EventTime, order.Reject)) { fn.reset() }

func (fn *publishFn) reset() {
	clear(fn.pending) // not to keep results alive
	fn.pending, fn.size = fn.pending[:0], 0
}

func (fn *publishFn) ProcessElement(ctx context.Context, at beam.EventTime, m order.Message, refuse func(beam.EventTime, order.Reject)) error {
	if fn.noWay != nil {
		fn.refuse(ctx, []pending{{at: at, message: m}}, fn.noWay, refuse)
		return nil
	}
	out := message.ToPublish(&m, fn.Topic.Ordered)
	fn.size += len(out.Data)
	fn.pending = append(fn.pending, pending{at, m, fn.publisher.Publish(ctx, out), out.OrderingKey})
	if len(fn.pending) >= maxPending || fn.size >= maxPendingSize {
		return fn.await(ctx, refuse)
	}
	return nil
}

func (fn *publishFn) FinishBundle(ctx context.Context, refuse func(beam.EventTime, order.Reject)) error {
	return fn.await(ctx, refuse)
}

// await waits until the service has all pending messages.
func (fn *publishFn) await(ctx context.Context, refuse func(beam.EventTime, order.Reject)) error {
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
			return fn.judge(ctx, delivery, left, err, refuse)
		}
		fn.run.Done(p.message.Refs)
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
		fn.run.Done(p.message.Refs)
	}
	for _, p := range left {
		if p.key != "" {
			fn.publisher.ResumePublish(p.key)
		}
	}
	return left
}

// judge decides what becomes of the messages that could not be published, and returns
// the error of the bundle.
func (fn *publishFn) judge(ctx, delivery context.Context, left []pending, err error, refuse func(beam.EventTime, order.Reject)) error {
	ended := errors.Is(context.Cause(delivery), process.ErrStopped)
	stopped := ended || fn.run.Stopped() && (unreachable(err) || errors.Is(err, pubsub.ErrPublisherStopped))
	lost := left
	if stopped && !fn.publisher.failed.Load() {
		lost = slices.DeleteFunc(slices.Clone(left), func(p pending) bool { return fn.run.Held(p.message.Refs) })
	}
	why := topicFault(fn.Topic, err)
	if stopped {
		why = fmt.Errorf("pubsub: topic %s: stopped before %d messages could be published", fn.Topic, len(lost))
	}
	if fn.run.Repeats() && len(lost) > 0 {
		return fn.run.Fail(why)
	}
	fn.run.Count(count.Left, int64(len(left)-len(lost)))
	if len(lost) > 0 {
		fn.publisher.failed.CompareAndSwap(false, !stopped)
		fn.run.Abort(why)
		fn.refuse(ctx, lost, why, refuse)
	}
	return nil
}

// refuse gives messages that could not be published.
func (fn *publishFn) refuse(ctx context.Context, left []pending, why error, refuse func(beam.EventTime, order.Reject)) {
	outcomes := int64(0)
	for _, p := range left {
		counter := count.Lost(p.message.Outcome)
		if fn.run.Count(counter, 1); counter == count.Undelivered {
			outcomes++
		}
		refuse(p.at, order.NewUndelivered(&p.message, why.Error()))
	}
	count.Beam(ctx, count.Undelivered, outcomes)
}

// unreachable reports whether a publish failed because there was no answer.
func unreachable(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded)
}
