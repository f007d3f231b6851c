package process

import (
	"errors"

	"ordertimeout/transforms/ledger"
)

// How an acknowledgement finds its way. A source that holds its input until what became
// of it is delivered gives the run its ledger, by Account. The Ref of an event travels with
// the event. Whoever is done with it, a sink or the stateful step, calls Done. The source
// then finds in its ledger what to acknowledge.

// Account gives the run the ledger of the source that holds its input. There is one such
// source in a run: Account fails where there is another one.
func (r *Run) Account(l *ledger.Ledger) error {
	if !r.ledger.CompareAndSwap(nil, l) {
		return errors.New("the run has another source that holds its input")
	}
	return nil
}

// Done tells the source that what became of the events with these Refs is decided and,
// where it is to be, delivered: see [ledger.Ledger.Done]. A sink calls it after each
// message, with the Refs in the order of the pattern's steps. The stateful step calls it
// for events that nothing is delivered of. It does nothing where no source holds input.
func (r *Run) Done(refs []uint64) {
	if l := r.ledger.Load(); l != nil && len(refs) > 0 {
		l.Done(refs)
	}
}

// Take tells the source that a consumer has the events with these Refs once more, so that
// it will be done with them once more: see [ledger.Ledger.Take].
func (r *Run) Take(refs []uint64) {
	if l := r.ledger.Load(); l != nil && len(refs) > 0 {
		l.Take(refs)
	}
}

// Held reports whether the source holds the input of a message that was not
// delivered before a stop: then the message is made again by who reads that
// input next, and is not lost. Else its loss is to fail the run.
func (r *Run) Held(refs []uint64) bool {
	l := r.ledger.Load()
	return l != nil && l.Held(refs)
}

// AddConsumer says that one more step takes every event of the source: a source that
// holds the input of an event lets go of it once all of them are done with it. Call it
// where the graph is built. Counted as they come, the first one would let go of what
// the second has not got yet.
func (r *Run) AddConsumer() { r.consumers.Add(1) }

// Consumers returns how many steps take every event of the source: one at least.
func (r *Run) Consumers() int { return max(1, int(r.consumers.Load())) }
