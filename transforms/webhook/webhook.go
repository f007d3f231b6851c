// Package webhook tells an HTTP server of each outcome: one POST a message, by
// the Standard Webhooks specification (https://www.standardwebhooks.com).
//
//	c, err := webhook.Parse("https://example.com/alerts#retries=3")
//	...
//	err = webhook.CheckSecret()
//	...
//	undelivered := webhook.Write(s, run.ID, c, timeouts)
//	... run the pipeline ...
//	webhook.Close(run.ID)
//
// A request has the message's JSON as its body, and the headers
//
//	webhook-id         the message's ID, the same for every repeat
//	webhook-timestamp  the time of the attempt, in seconds since the epoch
//	webhook-signature  "v1," and an HMAC-SHA256 of the two and the body, base64
//
// so that the receiver can tell that it came from here, and drop repeats. Any
// answer 2xx accepts the message. No answer, 429, and 5xx but 501 are tried
// again after a wait that doubles, with jitter, and not before the time that a
// Retry-After header of a 429 or 503 asks for. Any other answer is a refusal, a
// redirect among them: whoever signs what it sends does not send it elsewhere.
//
// A message that is refused, or that all attempts have failed for, becomes a
// reject with the reason order.Undelivered.
//
// # Stopping
//
// When the run is stopped, attempts go on for 2 s. A message that is neither
// accepted nor refused by then is not rejected, as nobody has refused it, and its
// input is not acknowledged. Where the source holds that input (ack=outcome) the
// message is left to the next run, which makes it again with the same ID; any
// other would be lost, so it fails the run (see live.Run.Held).
//
// # Secrets
//
// The signing secret comes from the environment (see [CheckSecret]) of the
// process that sends. It is in no setting, so it does not travel with the
// pipeline, and in no message of this package. A URL may hold secrets, too: only
// its scheme, host and path are ever shown.
package webhook

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms"
	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn4x1[context.Context, beam.EventTime, order.Message, func(beam.EventTime, order.Reject), error](&postFn{})
	register.Emitter2[beam.EventTime, order.Reject]()
}

var undeliveredCounter = beam.NewCounter(transforms.Namespace, live.UndeliveredCounter)

// Write posts each message, at most Config.Concurrency at a time, and gives those
// that were not accepted: PCollection<order.Message> -> PCollection<order.Reject>.
// A bundle ends when each of its messages is accepted or rejected. A reject has
// the timestamp of its message. Write panics where [Config.Validate] has an error.
func Write(s beam.Scope, runID string, c Config, messages beam.PCollection) (rejects beam.PCollection) {
	s = s.Scope("webhook.Write")
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return beam.ParDo(s, &postFn{RunID: runID, Config: c}, messages)
}

// postFn posts the messages of a bundle.
type postFn struct {
	RunID  string
	Config Config

	run    *live.Run
	sender *sender

	// Of the bundle.
	delivery context.Context
	cancel   context.CancelFunc
	posts    sync.WaitGroup

	mu       sync.Mutex
	rejected []rejected
	held     int64 // messages that a stop has left to the next run
	lost     int64 // and those that no run would make again
}

// rejected is a reject and its timestamp.
type rejected struct {
	at     beam.EventTime
	reject order.Reject
}

func (fn *postFn) Setup() (err error) {
	fn.run = live.Lookup(fn.RunID)
	fn.sender, err = open(fn.RunID, fn.Config)
	return fn.run.Fail(err)
}

func (fn *postFn) StartBundle(ctx context.Context, _ func(beam.EventTime, order.Reject)) {
	fn.abandon()
	fn.delivery, fn.cancel = fn.run.Delivery(ctx)
	fn.rejected, fn.held, fn.lost = nil, 0, 0
}

// abandon ends what is left of a bundle that failed.
func (fn *postFn) abandon() {
	if fn.cancel != nil {
		fn.cancel()
		fn.posts.Wait()
		fn.cancel = nil
	}
}

func (fn *postFn) Teardown() { fn.abandon() }

// ProcessElement begins to post a message as soon as there is a slot.
func (fn *postFn) ProcessElement(ctx context.Context, at beam.EventTime, m order.Message, _ func(beam.EventTime, order.Reject)) error {
	select {
	case fn.sender.slots <- struct{}{}:
	case <-fn.delivery.Done():
		fn.leave(&m)
		return ctx.Err()
	}
	fn.posts.Go(func() {
		defer func() { <-fn.sender.slots }()
		fn.post(at, &m)
	})
	return nil
}

func (fn *postFn) post(at beam.EventTime, m *order.Message) {
	switch fate, refusal := fn.sender.post(fn.delivery, m); fate {
	case accepted:
		fn.run.Done(m.Refs)
	case refused:
		r := order.NewUndelivered(m, refusal)
		fn.mu.Lock()
		fn.rejected = append(fn.rejected, rejected{at, r})
		fn.mu.Unlock()
	case undecided:
		fn.leave(m)
	}
}

// leave counts a message that is neither accepted nor refused.
func (fn *postFn) leave(m *order.Message) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if fn.run.Held(m.Refs) {
		fn.held++
	} else {
		fn.lost++
	}
}

func (fn *postFn) FinishBundle(ctx context.Context, emit func(beam.EventTime, order.Reject)) error {
	fn.posts.Wait()
	fn.abandon()
	if ctx.Err() != nil { // the runner has given up the bundle
		return ctx.Err()
	}
	if fn.lost > 0 {
		return fn.run.Fail(fmt.Errorf("webhook: %s: stopped before %d messages could be delivered", fn.Config, fn.lost))
	}
	for _, r := range fn.rejected {
		emit(r.at, r.reject)
	}
	n := int64(len(fn.rejected))
	undeliveredCounter.Inc(ctx, n)
	fn.run.Count(live.UndeliveredCounter, n)
	fn.run.Count(live.LeftCounter, fn.held)
	return nil
}
