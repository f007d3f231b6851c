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
// delivered by then is neither delivered nor refused: see [Run.Held]. Call cancel
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
