// Package webhook tells an HTTP server of each outcome: one POST a message, by
// the Standard Webhooks specification (https://www.standardwebhooks.com).
//
//	c, err := webhook.Parse("https://example.com/alerts#retries=3")
//	...
//	err = webhook.Open(run.ID, c)
//	...
//	undelivered := webhook.Write(s, run.ID, c, timeouts)
//	... run the pipeline ...
//	run.Close()
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
// reject with the reason order.Undelivered and the whole message.
//
// # Stopping
//
// When the run is stopped, or has failed, attempts go on for 2 s, whatever the
// receiver does. A message that is neither accepted nor refused by then is left to the
// next run where the source holds its input (ack=outcome): that run makes it again
// with the same ID (see process.Run.Held). Any other would be lost. It becomes a reject
// like one that is refused, and the run fails (process.Run.Abort), but no bundle does: so
// what else was read is accounted for. Only on a runner that repeats a bundle which
// fails the bundle fails instead (process.Run.Repeats).
//
// # Secrets
//
// The signing secret comes from the environment of the process that sends: from
// ORDERTIMEOUT_WEBHOOK_SECRET, or the file that ORDERTIMEOUT_WEBHOOK_SECRET_FILE
// names. A URL may hold secrets, too: in its path, its query, its user information.
// With the target "webhook" it comes from ORDERTIMEOUT_WEBHOOK_URL, or the file that
// ORDERTIMEOUT_WEBHOOK_URL_FILE names. [Open] reads both before the pipeline starts.
//
// Neither is in what travels with the pipeline, so neither is on a runner's pages: a
// DoFn finds them in its process. Workers that are other processes have their own
// environment, and know no other URL. Of a URL only the scheme and the host are ever
// shown, in errors, rejects and warnings; errors whose text may repeat what was sent
// are told in other words.
package webhook

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn4x1[context.Context, beam.EventTime, order.Message, func(beam.EventTime, order.Reject), error](&postFn{})
	register.Emitter2[beam.EventTime, order.Reject]()
}

// Write posts each message, at most Config.Concurrency at a time, and gives those
// that were not accepted: PCollection<order.Message> -> PCollection<order.Reject>.
// A bundle ends when each of its messages is accepted or rejected. A reject has
// the timestamp of its message. Write panics where [Config.Validate] has an error.
// The pipeline is to be built in the process that runs its DoFns, unless the URL comes
// from the environment.
func Write(s beam.Scope, runID string, c Config, messages beam.PCollection) (rejects beam.PCollection) {
	s = s.Scope("webhook.Write")
	if err := c.Validate(); err != nil {
		panic(err)
	}
	senders, err := sendersOf(runID)
	if err != nil {
		panic(err)
	}
	senders.mu.Lock()
	defer senders.mu.Unlock()
	return beam.ParDo(s, &postFn{RunID: runID, Receiver: senders.reserve(c).name}, messages)
}

// postFn posts the messages of a bundle.
type postFn struct {
	RunID    string
	Receiver string // the name of the run's sender

	run    *process.Run
	sender *sender

	// Of the bundle.
	delivery context.Context
	cancel   context.CancelFunc
	posts    sync.WaitGroup

	mu       sync.Mutex
	rejected []rejected
	held     int64     // messages that a stop has left to the next run
	lost     []message // and those that no run would make again
}

// message is a message and its timestamp.
type message struct {
	at beam.EventTime
	*order.Message
}

// rejected is a reject and its timestamp.
type rejected struct {
	at     beam.EventTime
	reject order.Reject
}

func (fn *postFn) Setup() (err error) {
	fn.run = process.Of(fn.RunID)
	senders, err := sendersOf(fn.RunID)
	if err == nil {
		fn.sender, err = senders.find(fn.Receiver)
	}
	return fn.run.Fail(err)
}

func (fn *postFn) StartBundle(ctx context.Context, _ func(beam.EventTime, order.Reject)) {
	fn.abandon()
	fn.delivery, fn.cancel = fn.run.Delivery(ctx)
	fn.rejected, fn.held, fn.lost = nil, 0, nil
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
		fn.leave(at, &m)
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
		fn.run.Count(count.Accepted, 1)
		fn.run.Done(m.Refs)
	case refused:
		fn.mu.Lock()
		defer fn.mu.Unlock()
		fn.rejected = append(fn.rejected, rejected{at, order.NewUndelivered(m, refusal)})
	case undecided:
		fn.leave(at, m)
	}
}

// leave keeps or counts a message that is neither accepted nor refused.
func (fn *postFn) leave(at beam.EventTime, m *order.Message) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if fn.run.Held(m.Refs) {
		fn.held++
	} else {
		fn.lost = append(fn.lost, message{at, m})
	}
}

func (fn *postFn) FinishBundle(ctx context.Context, emit func(beam.EventTime, order.Reject)) error {
	fn.posts.Wait()
	fn.abandon()
	if ctx.Err() != nil { // the runner has given up the bundle
		return ctx.Err()
	}
	if err := fn.giveUp(); err != nil {
		return err
	}
	for _, r := range fn.rejected {
		emit(r.at, r.reject)
	}
	n := int64(len(fn.rejected))
	count.Beam(ctx, count.Undelivered, n)
	fn.run.Count(count.Undelivered, n)
	fn.run.Count(count.Left, fn.held)
	return nil
}

// giveUp decides on what a stop has left that no run would make again. Where the
// bundle is repeated it fails; else all of it becomes rejects, and the run fails.
func (fn *postFn) giveUp() error {
	if len(fn.lost) == 0 {
		return nil
	}
	if fn.run.Repeats() {
		return fn.run.Fail(fmt.Errorf("webhook: %s: stopped before %d messages could be delivered", fn.sender.config, len(fn.lost)))
	}
	fn.run.Abort(fmt.Errorf("webhook: %s: stopped before all outcomes could be delivered: the others are rejects, undelivered", fn.sender.config))
	for _, m := range fn.lost {
		why := fn.sender.refusal("the run was stopped before it was accepted", 1)
		fn.rejected = append(fn.rejected, rejected{m.at, order.NewUndelivered(m.Message, why)})
	}
	return nil
}
