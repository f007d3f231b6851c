// Package process connects the process that runs a pipeline with those of the
// pipeline's DoFns that run in the same process, as all do on the embedded
// runner: to stop the sources, to learn why a run failed in one clear line, to
// keep a source from running ahead, and to see how far it is.
//
// A DoFn travels to its worker as data, so it carries the id of its run and
// looks the run up where it arrives. In another process there is no such run,
// Lookup returns nil, and every method of a nil Run does nothing: the pipeline
// works without it.
package process

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"
)

// Run is one run of a pipeline, as seen in the process that started it. Its
// methods may be called from any goroutine.
type Run struct {
	// ID identifies the run among all runs of all processes.
	ID string

	// Read and Size are the bytes of input read so far and in all; a Size of
	// zero is not known.
	Read, Size atomic.Int64

	// Cluster says that the runner is one for clusters, as Flink is, with its workers
	// in this process: it keeps a source from running ahead itself, so Throttle does
	// not wait, and it repeats a bundle that fails. Set it before the pipeline starts.
	Cluster bool

	stop     chan struct{}
	stopOnce sync.Once
	stopAt   time.Time // set before stop is closed

	mu  sync.Mutex
	err error

	inFlight atomic.Int64
	done     atomic.Pointer[func(refs []uint64)]
	counters sync.Map // *atomic.Int64 by name
	tally    Tally
}

var runs sync.Map // by id

// NewRun registers a new run. Close it when the pipeline has ended.
func NewRun() *Run {
	r := &Run{ID: rand.Text(), stop: make(chan struct{})}
	runs.Store(r.ID, r)
	return r
}

// Lookup returns the run with an id, or nil where this process has none.
func Lookup(id string) *Run {
	r, ok := runs.Load(id)
	if !ok {
		return nil
	}
	return r.(*Run)
}

// Close forgets the run.
func (r *Run) Close() { runs.Delete(r.ID) }

// Stop asks the sources to end as if nothing more could be read.
func (r *Run) Stop() {
	r.stopOnce.Do(func() {
		r.stopAt = time.Now()
		close(r.stop)
	})
}

// Stopping is closed once Stop was called. It is nil, and so blocks for ever,
// for a nil Run.
func (r *Run) Stopping() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.stop
}

// Fail records why the run cannot succeed; the first reason stays. It returns
// err, so that a DoFn can say "return run.Fail(err)".
func (r *Run) Fail(err error) error {
	if r != nil && err != nil {
		r.mu.Lock()
		if r.err == nil {
			r.err = err
		}
		r.mu.Unlock()
	}
	return err
}

// Abort is Fail for what can go on no more but need not end at once: it stops the
// sources too, so that the input ends where it is and what was read is accounted
// for. A sink calls it where it cannot write: on a runner that does not try again a
// failed bundle would take the summary and the open orders with it.
func (r *Run) Abort(err error) {
	if r != nil && err != nil {
		_ = r.Fail(err)
		r.Stop()
	}
}

// Err returns the first reason given to Fail, or nil.
func (r *Run) Err() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
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
	if r == nil || len(refs) == 0 {
		return
	}
	if f := r.done.Load(); f != nil {
		(*f)(refs)
	}
}

// Repeats reports whether a bundle that fails is tried again. On the embedded
// runner it is not: a failed bundle ends the job there.
func (r *Run) Repeats() bool { return r == nil || r.Cluster }

// Flow control: Prism has no backpressure, so a source runs ahead of the rest
// and what it read queues up in the runner's memory.
const (
	// maxInFlight is how many bytes may be on their way between the source's
	// stage and the stateful one before the source waits: one bundle on its way, and
	// the next one. With half of it a replay took 5 % longer, with more as long.
	maxInFlight = 2 << 20
	// maxWait bounds one wait: a source that waits for ever would deadlock with
	// a runner that waits for the source.
	maxWait = 200 * time.Millisecond
)

// Sent counts bytes that leave the source's stage; a negative n bytes that have
// arrived at the next one.
func (r *Run) Sent(n int) {
	if r != nil {
		r.inFlight.Add(int64(n))
	}
}

// InFlight returns the bytes that have left the source's stage and have not arrived at
// the next one.
func (r *Run) InFlight() int64 { return r.inFlight.Load() }

// Throttle waits until little is on its way, or for a short while. Call it at
// the start of a source's bundle, before anything is sent: later it would wait
// for its own output, which leaves at the bundle's end.
//
// On a Cluster it does nothing: such a runner starts again after a failure, and
// what was on its way then never arrives, so that every call would wait its longest.
func (r *Run) Throttle() {
	if r == nil || r.Cluster {
		return
	}
	for end := time.Now().Add(maxWait); r.InFlight() > maxInFlight && time.Now().Before(end); {
		select {
		case <-r.stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
