package main

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

func init() { register.DoFn2x0[context.Context, []byte](&lossyFn{}) }

// lossyFn counts in the run what Prism gets a part of.
type lossyFn struct{ Run string }

func (fn *lossyFn) ProcessElement(ctx context.Context, _ []byte) {
	count.Beam(ctx, count.Timeout, 3)
	process.Of(fn.Run).Count(count.Timeout, 5)
	count.Beam(ctx, count.StateCalls, 7)
	process.Of(fn.Run).Count(count.OpenNow, 9)
}

// Prism's counters are not to be relied on, where there are others.
func TestCountersOfTheRunCount(t *testing.T) {
	if !beam.Initialized() { // the other tests run the command in a process of its own
		beam.Init()
	}
	id := rand.Text()
	run := process.Of(id)
	t.Cleanup(func() { _ = run.Close() })
	graph, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &lossyFn{id}, beam.Impulse(s))
	got, err := executePrism(graph, run)
	if diff := cmp.Diff(map[string]int64{count.Timeout: 5, count.StateCalls: 7}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
