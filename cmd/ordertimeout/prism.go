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
	remove, err := beamfix.TemporaryDirectory()
	if err != nil {
		return nil, err
	}
	defer remove() // the runner may go on, but wants it at the start alone
	graph, s := beam.NewPipelineWithRoot()
	pipeline.Build(s, p)
	if !p.Live {
		return executePrism(graph, run)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := executePrism(graph, run)
		failed <- err
	}()
	select {
	case err := <-failed:
		return nil, err
	case <-run.Stopping():
		return quiesce(p, run), nil
	}
}

// executePrism runs a pipeline to its end, and returns its counters by name.
//
// What the run has counted, too, is taken from there. Prism loses counts: the answer of a
// bundle has numbers in place of the names of counters, Prism asks for the name of a number
// that it does not know, and if the answers of two bundles have it meanwhile, it keeps what
// the last one says (Beam 2.77.0, runners/prism/internal/jobservices/metrics.go:624). When
// to take Prism's counters again: when TestPrismLosesFirstCounts of package beamfix fails.
func executePrism(graph *beam.Pipeline, run *process.Run) (map[string]int64, error) {
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
	for name, n := range run.Counters() { // no bundle is repeated on Prism
		if _, ok := counters[name]; ok {
			counters[name] = n
		}
	}
	return counters, nil
}
