package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// runnerDirect is the SDK's runner without state or timers, whose name gives Prism.
const runnerDirect = "direct"

// completeRunner completes and checks the settings of the runner.
func (o *options) completeRunner() (err error) {
	switch o.config.Runner {
	case pipeline.RunnerPrism, runnerDirect:
	case pipeline.RunnerFlink:
		err = completeFlink(&o.flink, &o.config)
	case pipeline.RunnerDataflow:
		err = completeDataflow(o)
	default:
		err = fmt.Errorf("-runner %s: want prism, flink or dataflow", o.config.Runner)
	}
	if err != nil {
		return err
	}
	return refuseUnfit(o)
}

// runPipeline runs the pipeline on the runner of the settings, to its end or until
// the run was asked to stop, and returns the counters by name: nil where there are
// none to tell.
func runPipeline(o options, run *process.Run, log journal) (counters map[string]int64, err error) {
	if o.config.Runner == pipeline.RunnerFlink {
		return runFlink(o, run, log)
	}
	return runPrism(o.plan, run)
}

// stopGrace is how long what is under way has to be delivered at a stop, so that
// the whole of it takes less than 5 s.
const stopGrace = 2500 * time.Millisecond

// quiesce waits, once a live run in this process was asked to stop, until what is
// under way is delivered, and returns its counters, which are the live ones.
func quiesce(p pipeline.Plan, run *process.Run) map[string]int64 {
	grace, done := context.WithTimeout(context.Background(), stopGrace)
	defer done()
	_ = p.Quiesce(grace) // what is not delivered by then is so by the next run
	counters := run.Counters()
	give(p, counters)
	for i := range p.Rules {
		r := &p.Rules[i]
		of := func(name string) string { return count.Of(r.Name, name) }
		rest := counters[of(count.Read)] + counters[of(count.CarriedIn)]
		for _, class := range classesOf(r) {
			if class != count.Returned || p.Carries() { // then they are of a rule that is no more
				rest -= counters[of(class)]
			}
		}
		if p.Carries() {
			counters[of(count.CarriedOut)] = rest
		} else {
			counters[of(count.Returned)] = rest
		}
		counters[of(count.Open)] = counters[of(count.OpenNow)]
	}
	return counters
}

// shortError returns the last line of an error of the runner, which otherwise
// comes with the plan of the pipeline and the stack of the failed DoFn.
func shortError(err error) error {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return errors.New("the pipeline failed: " + strings.TrimSpace(lines[len(lines)-1]))
}
