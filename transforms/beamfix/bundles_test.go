package beamfix

import (
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

func TestQuietIsWhenNoBundleIsAtWork(t *testing.T) {
	h := newHarness(t)
	quiet := func(d time.Duration) bool { return h.bundles.quiet([]string{h.id}, d) }
	if !quiet(time.Hour) {
		t.Error("not before the first bundle")
	}
	req := h.start("1")
	if quiet(0) {
		t.Error("while a bundle is at work")
	}
	h.bundles.setIdle(h.bundle("1"), true)
	h.bundles.setIdle(h.bundle("1"), true)
	if !quiet(time.Hour) {
		t.Error("not while it is idle")
	}
	h.bundles.setIdle(h.bundle("1"), false)
	if quiet(0) {
		t.Error("when it goes to work")
	}
	h.bundles.setIdle(h.bundle("1"), true)
	h.answer(req, &fnpb.InstructionResponse{})
	if !quiet(time.Hour) {
		t.Error("not after an idle bundle")
	}
	h.process("2", "", false)
	if quiet(time.Hour) {
		t.Error("right after a bundle")
	}
	if !quiet(0) {
		t.Error("not a while after a bundle")
	}
}

func TestNoBundleIsKnownWithoutHooks(t *testing.T) {
	r := newRegistry()
	ctx := metrics.SetBundleID(grpcx.WriteWorkerID(t.Context(), "w"), "1")
	if b, err := r.bundleOf(ctx); err == nil || !strings.Contains(err.Error(), "beamfix.Install") {
		t.Errorf("bundle %v, %v: want an error that names beamfix.Install", b, err)
	}
	r.active.Store(true)
	if b, err := r.bundleOf(ctx); err != nil || b != (Bundle{"w", "1"}) || b.Worker() != "w" {
		t.Errorf("bundle %v, %v: want bundle 1 of worker w", b, err)
	}
}
