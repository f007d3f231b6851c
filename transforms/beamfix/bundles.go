package beamfix

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc/metadata"
)

// What is wrong: a program cannot stop its source and wait until what was read is through
// the pipeline. Prism can cancel a job, and cannot drain it (Beam 2.77.0,
// runners/prism/internal/jobservices/management.go). And nothing tells a program whether a
// bundle is at work in its process.
//
// What is done: hooks of the harness see each bundle begin and end, and count those at
// work, by worker.
//
// When to delete it: when Prism can drain a job.

// Bundle names a bundle. The workers number their instructions alike, and a process may
// have several workers.
type Bundle struct{ worker, instruction string }

// BundleOf returns the bundle that the context of a DoFn belongs to. It fails where
// [Install] was not called, as nothing is known of the bundle then.
func BundleOf(ctx context.Context) (Bundle, error) { return bundles.bundleOf(ctx) }

// Worker returns the id of the worker that has the bundle.
func (b Bundle) Worker() string { return b.worker }

// SetIdle says whether a running bundle does not count as work. Until it is called, the
// bundle counts.
func (b Bundle) SetIdle(idle bool) { bundles.setIdle(b, idle) }

// OnEnd lets f be called when the runner has committed the bundle or it has failed. It
// must not block. See [Commits] for how much a runner's word is worth.
func (b Bundle) OnEnd(f func(committed bool)) { bundles.onEnd(b, f) }

// OnProcessed lets f be called when the bundle was processed and has not failed: what it had
// to write is written, and the runner is about to have its answer. f must not block.
func (b Bundle) OnProcessed(f func()) { bundles.onProcessed(b, f) }

// Quiet reports whether the workers, given by their ids, have no bundle that counts as
// work, and have had none for d.
func Quiet(workers []string, d time.Duration) bool { return bundles.quiet(workers, d) }

// Abandon fails the bundles of workers that are processed and not committed, and forgets
// the workers.
func Abandon(workers []string) { bundles.abandon(workers) }

// Forget drops what is known of workers that have ended.
func Forget(workers []string) { bundles.forget(workers) }

// bundles is what is known of the bundles of this process.
var bundles = newRegistry()

// registry is what is known of bundles. The hooks feed it.
type registry struct {
	installed atomic.Bool // whether Install was called
	active    atomic.Bool // whether the hooks are at work

	mu      sync.Mutex
	idle    map[Bundle]bool // the running bundles that do not count as work
	workers map[string]*load
	// processing are what to call when a bundle was processed.
	processing map[Bundle][]func()
	finalization
}

// load is what is known of the bundles of a worker.
type load struct {
	running int // bundles that count as work
	ended   time.Time
}

func newRegistry() *registry {
	return &registry{
		idle: map[Bundle]bool{}, workers: map[string]*load{}, processing: map[Bundle][]func(){},
		finalization: finalization{ended: map[Bundle]func(bool){}, sdk: map[Bundle]bool{}, answered: map[Bundle]bool{}},
	}
}

func (r *registry) bundleOf(ctx context.Context) (Bundle, error) {
	if !r.active.Load() {
		return Bundle{}, errNotInstalled
	}
	return Bundle{workerOf(ctx), metrics.GetBundleID(ctx)}, nil
}

func (r *registry) load(b Bundle) *load {
	w := r.workers[b.worker]
	if w == nil {
		w = &load{}
		r.workers[b.worker] = w
	}
	return w
}

func (r *registry) setIdle(b Bundle, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle[b] == idle {
		return
	}
	if idle {
		r.idle[b] = true
		r.load(b).running--
		return
	}
	delete(r.idle, b)
	r.load(b).running++
}

func (r *registry) onProcessed(b Bundle, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processing[b] = append(r.processing[b], f)
}

// takeProcessing returns what to call when a bundle was processed.
func (r *registry) takeProcessing(b Bundle) []func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.processing[b]
	delete(r.processing, b)
	return all
}

func (r *registry) quiet(workers []string, d time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range workers {
		if w := r.workers[name]; w != nil && (w.running > 0 || time.Since(w.ended) < d) {
			return false
		}
	}
	return true
}

func (r *registry) forget(workers []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetLocked(workers)
}

func (r *registry) forgetLocked(workers []string) {
	for _, name := range workers {
		delete(r.workers, name)
	}
}

// started is called before a bundle is processed.
func (r *registry) started(b Bundle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load(b).running++
}

// stopped takes note that a bundle was processed.
func (r *registry) stopped(b Bundle) {
	if r.idle[b] {
		delete(r.idle, b)
		return
	}
	w := r.load(b)
	w.running--
	w.ended = time.Now()
}

// onRequest is called before the harness follows an instruction. All hooks of the
// process share a lock, so it must not block.
func (r *registry) onRequest(ctx context.Context, req *fnpb.InstructionRequest) (context.Context, error) {
	this := Bundle{workerOf(ctx), req.GetInstructionId()}
	switch {
	case req.GetProcessBundle() != nil:
		r.started(this)
	case req.GetFinalizeBundle() != nil:
		if r.finalized(Bundle{this.worker, req.GetFinalizeBundle().GetInstructionId()}, this) {
			req.Request = nothing()
		}
	}
	return ctx, nil
}

// onResponse is called before the harness answers.
func (r *registry) onResponse(ctx context.Context, req *fnpb.InstructionRequest, resp *fnpb.InstructionResponse) error {
	this := Bundle{workerOf(ctx), req.GetInstructionId()}
	switch {
	case req.GetProcessBundle() != nil:
		for _, f := range r.takeProcessing(this) {
			if resp.GetError() == "" {
				f()
			}
		}
		finalize := r.processed(this, resp.GetError() != "", resp.GetProcessBundle().GetRequiresFinalization())
		if resp.GetProcessBundle() != nil {
			resp.GetProcessBundle().RequiresFinalization = finalize
		}
	case r.answers(this):
		resp.Response = &fnpb.InstructionResponse_FinalizeBundle{FinalizeBundle: &fnpb.FinalizeBundleResponse{}}
	}
	return nil
}

// workerOf returns the id of the worker that a context belongs to.
func workerOf(ctx context.Context) string {
	md, _ := metadata.FromOutgoingContext(ctx)
	if id := md.Get("worker_id"); len(id) > 0 {
		return id[0]
	}
	return ""
}
