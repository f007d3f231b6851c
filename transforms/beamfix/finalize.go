package beamfix

import (
	"slices"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// What is wrong: bundle finalization works once for a plan, and then never again. With
// the first bundle, exec.Plan.Finalize sets a new finalizer (Beam 2.77.0,
// core/runtime/exec/plan.go:195). The plan is used again for the next bundle, but its
// DoFns go on registering with the finalizer that they were given when the plan was made
// (plan.go:79). The harness then has no plan to finalize, and answers with an error
// (core/runtime/harness/harness.go:525).
//
// What is done: a DoFn does not register with the SDK, but with [Bundle.OnEnd]. Hooks of
// the harness ask the runner to finalize the bundle, and call what is registered when it
// does. The SDK knows nothing of that, and would log an error for each bundle. So the
// hooks put another request in place of the runner's, one that asks for nothing. Bundles
// that the SDK itself has something to finalize for are left to it. The DoFn still has a
// parameter of type beam.BundleFinalization, which it does not use: that tells the runner
// that the stage has bundles to finalize.
//
// When to delete it: when TestTheSDKFinalizesOnce fails. Until then a mended SDK does no
// harm here.

// finalization is the part of the registry that bundle finalization needs.
type finalization struct {
	// ended is what to call when a bundle was committed or has failed.
	ended map[Bundle]func(committed bool)
	// sdk are the bundles that the SDK has something to finalize for.
	sdk map[Bundle]bool
	// answered are the requests to finalize that are answered here.
	answered map[Bundle]bool
}

func (r *registry) onEnd(b Bundle, f func(committed bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[b] = f
}

func (r *registry) abandon(workers []string) {
	r.mu.Lock()
	var lost []func(committed bool)
	for b, f := range r.ended {
		if slices.Contains(workers, b.worker) {
			lost = append(lost, f)
			delete(r.ended, b)
		}
	}
	r.forgetLocked(workers)
	r.mu.Unlock()
	for _, f := range lost {
		f(false)
	}
}

// processed is called after a bundle was processed, with what the SDK says to the
// runner: whether it failed, and whether it is to be finalized. It returns what to say
// to the runner instead of the latter.
func (r *registry) processed(b Bundle, failed, finalize bool) bool {
	r.mu.Lock()
	r.stopped(b)
	f := r.ended[b]
	switch {
	case failed:
		delete(r.ended, b)
	case finalize:
		r.sdk[b] = true
	}
	r.mu.Unlock()
	if f != nil && failed {
		f(false)
	}
	return finalize || f != nil && !failed
}

// finalized is called when the runner has committed a bundle and asks, in an
// instruction, to finalize it. It reports whether that is answered here.
func (r *registry) finalized(b, instruction Bundle) (answer bool) {
	r.mu.Lock()
	f := r.ended[b]
	delete(r.ended, b)
	if answer = !r.sdk[b]; answer {
		r.answered[instruction] = true
	}
	delete(r.sdk, b)
	r.mu.Unlock()
	if f != nil {
		f(true)
	}
	return answer
}

// answers reports, once, whether an instruction is answered here.
func (r *registry) answers(instruction Bundle) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := r.answered[instruction]
	delete(r.answered, instruction)
	return answer
}

// nothing is a request that asks nothing of the SDK.
func nothing() *fnpb.InstructionRequest_HarnessMonitoringInfos {
	return &fnpb.InstructionRequest_HarnessMonitoringInfos{HarnessMonitoringInfos: &fnpb.HarnessMonitoringInfosRequest{}}
}
