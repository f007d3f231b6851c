package main

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// runPrism runs the pipeline on the embedded runner and returns its counters by
// name. A live input has no end: the run is left as it is once it was asked to stop
// and what is under way is delivered.
//
// It is not cancelled: Beam 2.77.0 then closes a channel that the source's bundle
// still sends its answer on (core/runtime/harness/harness.go:195 and :213), which is
// a data race and a panic. The process ends anyway.
func runPrism(p pipeline.Plan, run *process.Run) (map[string]int64, error) {
	graph, s := beam.NewPipelineWithRoot()
	pipeline.Build(s, p)
	if !p.Live {
		return executePrism(graph)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := executePrism(graph)
		failed <- err
	}()
	select {
	case err := <-failed:
		return nil, err
	case <-run.Stopping():
		return quiesce(p, run), nil
	}
}

// executePrism runs a pipeline to its end.
func executePrism(graph *beam.Pipeline) (map[string]int64, error) {
	beamfix.ForPrism()
	result, err := prism.Execute(context.Background(), graph)
	if err != nil {
		return nil, shortError(err)
	}
	counters := map[string]int64{}
	for _, counter := range result.Metrics().AllMetrics().Counters() {
		if counter.Namespace() == count.Namespace {
			counters[counter.Name()] += counter.Result()
		}
	}
	return counters, nil
}
