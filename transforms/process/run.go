// Package process is what a run of a pipeline has in one process: its stop, its
// failure, its flow control, its figures, and all that its DoFns open and share.
//
// Who opens. The command makes the run with [NewRun] before the pipeline is built, and
// puts its id into the settings. A package that has something to share among its DoFns
// opens it with [Get] at the first use.
//
// Who closes. The command, with [Run.Close], once the pipeline has ended: it closes
// all that was opened, the last one first.
//
// How a DoFn gets at it. A DoFn travels to its worker as data, so it carries the id of
// its run, and finds the run in Setup with [Of].
//
// What happens on another worker. In a process that did not start the run, [Of] gives
// that process's share of it. It owns what is opened there, until the process ends.
// Nobody looks at its figures, it is never stopped, and its runner decides what a
// failure means: see [Run.Remote].
//
// What is per process and what per run. All that the DoFns of this module share is of
// one run. The register of the runs is the only variable of the process, besides what
// the SDK forces (see package beamfix).
package process

import (
	"crypto/rand"
	"errors"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"ordertimeout/transforms/ledger"
)

// Run is one run of a pipeline, as this process sees it. Its methods may be called
// from any goroutine.
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

	// EndTime is how long after Close the process is still there at most. Until then a
	// pipeline that goes on does not fail for what it can open no more. Zero: the
	// process goes on, and the pipeline fails at once.
	EndTime time.Duration

	remote bool

	begun     chan struct{}
	beginOnce sync.Once

	stop     chan struct{}
	stopOnce sync.Once
	stopAt   time.Time // set before stop is closed

	mu  sync.Mutex
	err error

	owned    sync.Mutex // of the next four
	openings []io.Closer
	byType   map[reflect.Type]io.Closer
	closed   bool
	closedAt time.Time

	inFlight  atomic.Int64
	consumers atomic.Int64
	ledger    atomic.Pointer[ledger.Ledger]
	counters  sync.Map // *atomic.Int64 by name
	tally     Tally
}

// runs are the runs of this process by id: those that it has started, also once they
// are closed, and its shares of others.
var runs sync.Map

// NewRun starts a run in this process. Close it when the pipeline has ended.
func NewRun() *Run {
	r := newRun(rand.Text())
	runs.Store(r.ID, r)
	return r
}

func newRun(id string) *Run {
	return &Run{ID: id, begun: make(chan struct{}), stop: make(chan struct{}), byType: map[reflect.Type]io.Closer{}}
}

// Of returns the run with an id: the one that this process has started, or else this
// process's share of one that another has started. All pipelines that nobody has started
// a run for have an empty id, and share one.
func Of(id string) *Run {
	if r, ok := runs.Load(id); ok {
		return r.(*Run)
	}
	share := newRun(id)
	share.remote = true
	r, _ := runs.LoadOrStore(id, share)
	return r.(*Run)
}

// Remote reports whether the run is a share of one that another process has started,
// or that nobody has.
func (r *Run) Remote() bool { return r.remote }

// Close closes what the run owns, the last one first, and returns the errors. The run
// is still found by its id in the process that has started it, and opens nothing any
// more: a pipeline that goes on after its end must not begin anew. A second call does
// nothing.
func (r *Run) Close() error {
	r.owned.Lock()
	if r.closed {
		r.owned.Unlock()
		return nil
	}
	r.closed, r.closedAt = true, time.Now()
	openings := r.openings
	r.openings, r.byType = nil, nil
	r.owned.Unlock()
	if r.remote {
		runs.CompareAndDelete(r.ID, r)
	}
	var errs []error
	for i := range openings {
		errs = append(errs, openings[len(openings)-1-i].Close())
	}
	return errors.Join(errs...)
}

// Closed reports whether the run was closed, and when.
func (r *Run) Closed() (at time.Time, closed bool) {
	r.owned.Lock()
	defer r.owned.Unlock()
	return r.closedAt, r.closed
}

// Begin notes that a source has begun to read: it was called, and looks for its input. A
// source calls it at each of its bundles.
func (r *Run) Begin() { r.beginOnce.Do(func() { close(r.begun) }) }

// Begun is closed once Begin was called.
func (r *Run) Begun() <-chan struct{} { return r.begun }

// Stop asks the sources to end as if nothing more could be read.
func (r *Run) Stop() {
	r.stopOnce.Do(func() {
		r.stopAt = time.Now()
		close(r.stop)
	})
}

// Stopping is closed once Stop was called.
func (r *Run) Stopping() <-chan struct{} { return r.stop }

// Stopped reports whether the run was asked to stop.
func (r *Run) Stopped() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}

// Fail records why the run cannot succeed; the first reason stays. It returns
// err, so that a DoFn can say "return run.Fail(err)". What fails once the run is closed
// does so for want of what was closed, and is no reason.
func (r *Run) Fail(err error) error {
	if _, closed := r.Closed(); err != nil && !closed {
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
	if err != nil {
		_ = r.Fail(err)
		r.Stop()
	}
}

// Err returns the first reason given to Fail, or nil.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Repeats reports whether a bundle that fails is tried again. On the embedded
// runner it is not: a failed bundle ends the job there.
func (r *Run) Repeats() bool { return r.remote || r.Cluster }
