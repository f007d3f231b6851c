package main

import (
	"context"
	"errors"
	"flag"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"

	"ordertimeout/cmd/internal/flink"
	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// defineFlink adds the flags of Flink that Beam does not have.
func defineFlink(fs *flag.FlagSet, c *flink.Config) {
	fs.Func("flink-options", "", func(text string) (err error) {
		c.Options, err = flink.ParseOptions(text)
		return err
	})
	fs.StringVar(&c.Resume, "resume", "", "")
	fs.BoolVar(&c.Detach, "detach", false, "")
}

// completeFlink takes the settings of Flink from Beam's flags and from the rest of
// the settings, and checks them. It says in these whether the workers are in this
// process.
func completeFlink(c *flink.Config, rest *pipeline.Config) error {
	c.Endpoint, c.Parallelism = *jobopts.Endpoint, *jobopts.Parallelism
	c.JobName = *jobopts.JobName
	if c.JobName == "" {
		c.JobName = "ordertimeout"
	}
	c.Experiments, c.WorkerBinary = jobopts.GetExperiments(), *jobopts.WorkerBinary
	c.Environment, c.EnvironmentConfig = strings.ToUpper(*jobopts.EnvironmentType), *jobopts.EnvironmentConfig
	if c.Environment == flink.Docker && c.EnvironmentConfig == "" {
		c.EnvironmentConfig = flink.DefaultImage
	}
	rest.Loopback = c.Environment == flink.Loopback
	return c.Validate()
}

// cancelTime is how long Flink has to cancel a job.
const cancelTime = 30 * time.Second

// runFlink runs the pipeline on Flink and returns its counters, which there are none
// of where the job was cancelled or goes on by itself.
//
// At a stop the sources end, if they are in this process, and with a bounded input
// the job ends by itself; else the job is cancelled.
func runFlink(o options, run *process.Run, log journal) (map[string]int64, error) {
	ctx := context.Background()
	p, s := beam.NewPipelineWithRoot()
	pipeline.Build(s, o.plan)
	o.flink.Bounded = o.plan.Bounded() || o.config.Loopback && !o.plan.Live // a stop ends a source in this process
	job, err := flink.Submit(ctx, p, o.flink)
	if errors.As(err, new(flink.OptionsError)) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	defer job.Close()
	tellJob(o, job, log)
	run.Begin() // here, or on the cluster
	if o.flink.Detach {
		return nil, job.Started(ctx)
	}
	ended := make(chan error, 1)
	go func() { ended <- job.Wait(ctx) }()
	select {
	case err = <-ended:
	case <-run.Stopping():
		if o.config.Loopback && !o.plan.Live {
			err = <-ended
			break
		}
		var counters map[string]int64
		if o.config.Loopback {
			counters = quiesce(o.plan, run)
		}
		return counters, cancelFlink(job, log)
	}
	if err != nil {
		return nil, err
	}
	return job.Counters(ctx, count.Namespace)
}

// tellJob says which job it is, and how to be rid of it.
func tellJob(o options, job *flink.Job, log journal) {
	how := "ctrl-c cancels it"
	switch {
	case o.flink.Detach:
		how = "it goes on; cancel it in Flink, where it has this name"
	case o.config.Loopback:
		how = "ctrl-c ends it"
	}
	log.info("job %s, named %s: %s", job.ID, o.flink.JobName, how)
	if o.flink.Detach {
		log.info("to go on where it ends: the same command with -resume CHECKPOINT, the newest chk-N of the job in Flink's state.checkpoints.dir")
	}
}

// cancelFlink cancels the job, and says how to go on where it ended.
func cancelFlink(job *flink.Job, log journal) error {
	ctx, cancel := context.WithTimeout(context.Background(), cancelTime)
	defer cancel()
	checkpoint, err := job.Cancel(ctx)
	if checkpoint != "" {
		log.info("the job is cancelled; to go on where it ended: the same command with -resume %s", checkpoint)
	}
	return err
}
