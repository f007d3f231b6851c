package beamfix

import (
	"context"
	"slices"
	"testing"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// harness plays the harness of a worker: what the SDK answers is given.
type harness struct {
	t       *testing.T
	ctx     context.Context
	id      string // of the worker
	bundles *registry
}

func newHarness(t *testing.T) *harness {
	return &harness{t, grpcx.WriteWorkerID(t.Context(), t.Name()), t.Name(), newRegistry()}
}

func (h *harness) bundle(instruction string) Bundle { return Bundle{h.id, instruction} }

func (h *harness) request(r *fnpb.InstructionRequest) *fnpb.InstructionRequest {
	if _, err := h.bundles.onRequest(h.ctx, r); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *harness) answer(req *fnpb.InstructionRequest, resp *fnpb.InstructionResponse) *fnpb.InstructionResponse {
	if err := h.bundles.onResponse(h.ctx, req, resp); err != nil {
		h.t.Fatal(err)
	}
	return resp
}

func (h *harness) start(instruction string) *fnpb.InstructionRequest {
	return h.request(&fnpb.InstructionRequest{InstructionId: instruction, Request: &fnpb.InstructionRequest_ProcessBundle{ProcessBundle: &fnpb.ProcessBundleRequest{}}})
}

// process processes a bundle and returns whether the runner is asked to finalize
// it.
func (h *harness) process(instruction, failure string, sdkFinalizes bool) bool {
	resp := &fnpb.InstructionResponse{InstructionId: instruction, Error: failure}
	if failure == "" {
		resp.Response = &fnpb.InstructionResponse_ProcessBundle{ProcessBundle: &fnpb.ProcessBundleResponse{RequiresFinalization: sdkFinalizes}}
	}
	return h.answer(h.start(instruction), resp).GetProcessBundle().GetRequiresFinalization()
}

// finalize finalizes a bundle, and reports whether the SDK is asked to, and
// whether the runner gets an answer.
func (h *harness) finalize(instruction, bundle string) (sdk, answered bool) {
	req := h.request(&fnpb.InstructionRequest{InstructionId: instruction, Request: &fnpb.InstructionRequest_FinalizeBundle{
		FinalizeBundle: &fnpb.FinalizeBundleRequest{InstructionId: bundle}}})
	sdk = req.GetFinalizeBundle() != nil
	resp := &fnpb.InstructionResponse{InstructionId: instruction}
	if sdk {
		resp.Response = &fnpb.InstructionResponse_FinalizeBundle{FinalizeBundle: &fnpb.FinalizeBundleResponse{}}
	} else {
		resp.Response = &fnpb.InstructionResponse_HarnessMonitoringInfos{HarnessMonitoringInfos: &fnpb.HarnessMonitoringInfosResponse{}}
	}
	return sdk, h.answer(req, resp).GetFinalizeBundle() != nil
}

func TestBundleIsFinalizedOnceItIsCommitted(t *testing.T) {
	h := newHarness(t)
	var ends []bool
	for _, id := range []string{"1", "2"} { // the SDK's own works once
		h.bundles.onEnd(h.bundle(id), func(committed bool) { ends = append(ends, committed) })
		if !h.process(id, "", false) {
			t.Error("the runner is not asked to finalize the bundle")
		}
	}
	if len(ends) > 0 {
		t.Error("the bundle was processed, and is not committed")
	}
	for range 2 {
		if sdk, answered := h.finalize("3", "1"); sdk || !answered {
			t.Errorf("the SDK is asked: %t, the runner has an answer: %t", sdk, answered)
		}
	}
	h.finalize("4", "2")
	if !slices.Equal(ends, []bool{true, true}) {
		t.Errorf("called with %t", ends)
	}
}

func TestFailedBundleIsNotFinalized(t *testing.T) {
	h := newHarness(t)
	var ends []bool
	h.bundles.onEnd(h.bundle("1"), func(committed bool) { ends = append(ends, committed) })
	if h.process("1", "it failed", false) {
		t.Error("the runner is asked to finalize the bundle")
	}
	h.finalize("2", "1")
	if !slices.Equal(ends, []bool{false}) {
		t.Errorf("called with %t", ends)
	}
}

func TestBundleWithNothingToFinalizeIsLeftAlone(t *testing.T) {
	h := newHarness(t)
	if h.process("1", "", false) {
		t.Error("the runner is asked to finalize the bundle")
	}
	if sdk, answered := h.finalize("2", "1"); sdk || !answered {
		t.Errorf("asked all the same: the SDK is asked: %t, the runner has an answer: %t", sdk, answered)
	}
}

func TestWhatTheSDKFinalizesIsLeftToIt(t *testing.T) {
	h := newHarness(t)
	called := false
	h.bundles.onEnd(h.bundle("1"), func(bool) { called = true })
	if !h.process("1", "", true) {
		t.Error("the runner is not asked to finalize the bundle")
	}
	if sdk, answered := h.finalize("2", "1"); !sdk || !answered || !called {
		t.Errorf("the SDK is asked: %t, the runner has an answer: %t, the source is told: %t", sdk, answered, called)
	}
}

func TestBundlesOfOtherWorkersAreOthers(t *testing.T) {
	h := newHarness(t)
	called := false
	h.bundles.onEnd(Bundle{"another worker", "1"}, func(bool) { called = true })
	h.process("1", "", false)
	h.finalize("2", "1")
	if called {
		t.Error("the bundle of another worker was finalized")
	}
}
