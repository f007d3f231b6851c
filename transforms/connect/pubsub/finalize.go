package pubsub

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc/metadata"
)

// Bundle finalization of our own.
//
// The SDK's (Beam 2.77.0) works once for a plan and then never again:
// exec.Plan.Finalize sets a new finalizer (core/runtime/exec/plan.go:195), but
// the DoFns of the plan, which is used again for the next bundle, go on
// registering with the one that they were given when it was made (plan.go:79).
// The harness then has no plan to finalize and answers with an error
// (core/runtime/harness/harness.go:525).
//
// So the source does not register with the SDK, but here, by worker and
// instruction, and hooks of the harness do the rest: they ask the runner to
// finalize the bundle, and when it does call what is registered. The SDK, which
// knows nothing of it, is kept from answering (and from logging an error for each
// bundle) by making another request of it, one that asks for nothing. Bundles that
// the SDK itself has something to finalize for are left to it. With the SDK
// repaired all this does no harm.
//
// The same hooks count the bundles at work, for Quiesce.

// bundleID names a bundle: instructions are numbered anew by each worker, and a
// process may have several.
type bundleID struct{ worker, instruction string }

func workerOf(ctx context.Context) string {
	md, _ := metadata.FromOutgoingContext(ctx)
	if id := md.Get("worker_id"); len(id) > 0 {
		return id[0]
	}
	return ""
}

// thisBundle returns the id of the bundle that a DoFn's context belongs to.
func thisBundle(ctx context.Context) bundleID {
	return bundleID{workerOf(ctx), metrics.GetBundleID(ctx)}
}

// bundles is what is known of the bundles of this process.
var bundles = registry{
	ended:    map[bundleID]func(committed bool){},
	idle:     map[bundleID]bool{},
	sdk:      map[bundleID]bool{},
	answered: map[bundleID]bool{},
	workers:  map[string]*worker{},
}

type registry struct {
	mu sync.Mutex
	// ended is what to call when a bundle was committed or has failed.
	ended map[bundleID]func(committed bool)
	// idle are the running bundles that do not count as work.
	idle map[bundleID]bool
	// sdk are the bundles that the SDK has something to finalize for.
	sdk map[bundleID]bool
	// answered are the requests to finalize that are answered here.
	answered map[bundleID]bool
	workers  map[string]*worker
}

// worker is what is known of the bundles of a worker.
type worker struct {
	running int // bundles that count as work
	ended   time.Time
}

// onEnd lets f be called when the bundle was committed or has failed. It must not
// block.
func (r *registry) onEnd(id bundleID, f func(committed bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[id] = f
}

// setIdle says whether a running bundle counts as work.
func (r *registry) setIdle(id bundleID, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle[id] == idle {
		return
	}
	if idle {
		r.idle[id] = true
		r.worker(id).running--
		return
	}
	delete(r.idle, id)
	r.worker(id).running++
}

func (r *registry) worker(id bundleID) *worker {
	w := r.workers[id.worker]
	if w == nil {
		w = &worker{}
		r.workers[id.worker] = w
	}
	return w
}

// quiet reports whether workers have nothing to do, and have had nothing for a
// while.
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

// abandon fails the bundles of workers that are processed and not committed, and
// forgets the workers.
func (r *registry) abandon(workers []string) {
	r.mu.Lock()
	var lost []func(committed bool)
	for id, f := range r.ended {
		if slices.Contains(workers, id.worker) {
			lost = append(lost, f)
			delete(r.ended, id)
		}
	}
	for _, name := range workers {
		delete(r.workers, name)
	}
	r.mu.Unlock()
	for _, f := range lost {
		f(false)
	}
}

// forget drops what is known of workers that have ended.
func (r *registry) forget(workers []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range workers {
		delete(r.workers, name)
	}
}

// started is called before a bundle is processed.
func (r *registry) started(id bundleID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.worker(id).running++
}

// processed is called after it was processed, with what the SDK says to the
// runner: whether it failed, and whether it is to be finalized. It returns what to
// say of the latter.
func (r *registry) processed(id bundleID, failed, finalize bool) bool {
	r.mu.Lock()
	if w := r.worker(id); r.idle[id] {
		delete(r.idle, id)
	} else {
		w.running--
		w.ended = time.Now()
	}
	f := r.ended[id]
	switch {
	case failed:
		delete(r.ended, id)
	case finalize:
		r.sdk[id] = true
	}
	r.mu.Unlock()
	if f != nil && failed {
		f(false)
	}
	return finalize || f != nil && !failed
}

// finalized is called when the runner has committed a bundle and asks, in an
// instruction, to finalize it. It reports whether that is answered here.
func (r *registry) finalized(id, instruction bundleID) (answer bool) {
	r.mu.Lock()
	f := r.ended[id]
	delete(r.ended, id)
	if answer = !r.sdk[id]; answer {
		r.answered[instruction] = true
	}
	delete(r.sdk, id)
	r.mu.Unlock()
	if f != nil {
		f(true)
	}
	return answer
}

// answers reports, once, whether an instruction is answered here.
func (r *registry) answers(instruction bundleID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := r.answered[instruction]
	delete(r.answered, instruction)
	return answer
}

const hookName = "ordertimeout-pubsub"

func init() {
	hooks.RegisterHook(hookName, func([]string) hooks.Hook { return hooks.Hook{Req: onRequest, Resp: onResponse} })
	if err := hooks.EnableHook(hookName); err != nil {
		panic(err) // it was registered in the line above
	}
}

// onRequest is called before the harness follows an instruction. All hooks of the
// process share a lock, so it must not block.
func onRequest(ctx context.Context, req *fnpb.InstructionRequest) (context.Context, error) {
	this := bundleID{workerOf(ctx), req.GetInstructionId()}
	switch {
	case req.GetProcessBundle() != nil:
		bundles.started(this)
	case req.GetFinalizeBundle() != nil:
		if bundles.finalized(bundleID{this.worker, req.GetFinalizeBundle().GetInstructionId()}, this) {
			req.Request = &fnpb.InstructionRequest_HarnessMonitoringInfos{HarnessMonitoringInfos: &fnpb.HarnessMonitoringInfosRequest{}}
		}
	}
	return ctx, nil
}

// onResponse is called before the harness answers.
func onResponse(ctx context.Context, req *fnpb.InstructionRequest, resp *fnpb.InstructionResponse) error {
	this := bundleID{workerOf(ctx), req.GetInstructionId()}
	switch {
	case req.GetProcessBundle() != nil:
		finalize := bundles.processed(this, resp.GetError() != "", resp.GetProcessBundle().GetRequiresFinalization())
		if resp.GetProcessBundle() != nil {
			resp.GetProcessBundle().RequiresFinalization = finalize
		}
	case bundles.answers(this):
		resp.Response = &fnpb.InstructionResponse_FinalizeBundle{FinalizeBundle: &fnpb.FinalizeBundleResponse{}}
	}
	return nil
}
