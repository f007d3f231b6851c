package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"ordertimeout/pipeline"
	"ordertimeout/transforms"
)

// runnerDirect is the SDK's runner without state or timers, whose name gives Prism.
const runnerDirect = "direct"

// completeRunner completes and checks the settings of the runner.
func (o *options) completeRunner() error {
	switch o.config.Runner {
	case pipeline.RunnerPrism, runnerDirect:
		return nil
	case pipeline.RunnerDataflow:
		return completeDataflow(o)
	}
	return fmt.Errorf("-runner %s: want prism or dataflow", o.config.Runner)
}

// noSplit turns off that Prism splits a source which takes its time over a
// bundle: it drops the watermark of the part split off (Beam 2.77.0,
// runners/prism/internal/stage.go:270). To be deleted when that TODO is done.
const noSplit = "prism_disable_sdf_split"

// runPrism runs the pipeline on the embedded runner and returns its counters by
// name.
func runPrism(ctx context.Context, c pipeline.Config) (map[string]int64, error) {
	if *jobopts.Experiments == "" {
		*jobopts.Experiments = noSplit
	} else if !strings.Contains(*jobopts.Experiments, noSplit) {
		*jobopts.Experiments += "," + noSplit
	}
	p, s := beam.NewPipelineWithRoot()
	pipeline.Build(s, c)
	result, err := prism.Execute(ctx, p)
	if err != nil {
		return nil, shortError(err)
	}
	counters := map[string]int64{}
	for _, counter := range result.Metrics().AllMetrics().Counters() {
		if counter.Namespace() == transforms.Namespace {
			counters[counter.Name()] += counter.Result()
		}
	}
	return counters, nil
}

// shortError returns the last line of an error of the runner, which otherwise
// comes with the plan of the pipeline and the stack of the failed DoFn.
func shortError(err error) error {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return errors.New("the pipeline failed: " + strings.TrimSpace(lines[len(lines)-1]))
}
