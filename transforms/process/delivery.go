package process

import (
	"context"
	"errors"
	"time"
)

// stopGrace is how long after Stop a sink may go on trying to deliver.
const stopGrace = 2 * time.Second

// ErrStopped is the cause of a Delivery context that ended because the run was
// stopped.
var ErrStopped = errors.New("the run was stopped")

// Delivery returns the context under which a sink delivers: it ends with ctx,
// and 2 s after the run was stopped, then with the cause ErrStopped. What is not
// delivered by then is neither delivered nor refused: see [Held]. Call cancel
// when the bundle has ended.
func (r *Run) Delivery(ctx context.Context) (delivery context.Context, cancel context.CancelFunc) {
	delivery, end := context.WithCancelCause(ctx)
	if !r.remote { // which is never stopped
		go r.endDelivery(delivery, end)
	}
	return delivery, func() { end(nil) }
}

// DeliverBy returns when a stopped run gives up to deliver.
func (r *Run) DeliverBy() time.Time { return r.stopAt.Add(stopGrace) }

// endDelivery ends a context once the grace is over. It counts from Stop and not
// from the bundle's start, as one bundle may follow another.
func (r *Run) endDelivery(delivery context.Context, end context.CancelCauseFunc) {
	select {
	case <-r.stop:
	case <-delivery.Done():
		return
	}
	left := time.NewTimer(time.Until(r.stopAt.Add(stopGrace)))
	defer left.Stop()
	select {
	case <-left.C:
		end(ErrStopped)
	case <-delivery.Done():
	}
}

// Held reports whether the source holds the input of a message that was not
// delivered before a stop: then the message is made again by who reads that
// input next, and is not lost. Else its loss is to fail the run.
func (r *Run) Held(refs []uint64) bool {
	if r.done.Load() == nil || len(refs) == 0 {
		return false
	}
	for _, ref := range refs {
		if ref == 0 {
			return false
		}
	}
	return true
}

// OnDone says who holds messages of input until what became of their events is
// delivered. There is one such source in a run.
func (r *Run) OnDone(f func(refs []uint64)) { r.done.Store(&f) }

// Done tells the source that what became of the events with these Refs is
// decided and, where it is to be, delivered: a sink calls it after each message,
// with the Refs in the order of the pattern's steps, and the stateful step for
// events that nothing is delivered of, maybe with one that is to follow them (see
// order.Later). Zeros are ignored.
func (r *Run) Done(refs []uint64) {
	if f := r.done.Load(); f != nil && len(refs) > 0 {
		(*f)(refs)
	}
}

// AddConsumer says that one more step takes every event of the source: a source that
// holds the input of an event lets go of it once all of them are done with it. Call it
// where the graph is built. Counted as they come, the first one would let go of what
// the second has not got yet.
func (r *Run) AddConsumer() { r.consumers.Add(1) }

// Consumers returns how many steps take every event of the source: one at least.
func (r *Run) Consumers() int { return max(1, int(r.consumers.Load())) }
