// Package flink submits a pipeline to a job server of Apache Flink, waits for it,
// cancels it, and reads its counters.
//
//	job, err := flink.Submit(ctx, pipeline, config)
//	...
//	fmt.Println(job.ID)
//	err = job.Wait(ctx)
//	counters, err := job.Counters(ctx, "ordertimeout")
//	job.Close()
//
// The runner of the SDK (Beam 2.77.0, runners/flink, which is runners/universal)
// does not send Flink's options (runners/universal/runnerlib/job.go:72), so that
// Flink runs a stream in bundles of 5000 elements or 10 s, without checkpoints, and
// has no way to resume or cancel a job. This package is to be deleted when it does.
package flink

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Config are the settings of a job, each with the flag of the command that sets it.
type Config struct {
	// Endpoint (-endpoint) is the address of the job server, host:port.
	Endpoint string
	// JobName (-job_name) is what Flink shows the job as.
	JobName string
	// Parallelism (-parallelism) is the number of parallel tasks of each step; zero
	// or less: what the cluster is configured to.
	Parallelism int
	// Environment (-environment_type) is how the workers run, one of Loopback,
	// Process, Docker and External.
	Environment string
	// EnvironmentConfig (-environment_config) belongs to Environment: for Process
	// JSON with the "command" that starts a worker, for Docker an image, for
	// External the address of a pool of workers.
	EnvironmentConfig string
	// WorkerBinary (-worker_binary) is the program that the workers run; "": the
	// running one.
	WorkerBinary string
	// Experiments (-experiments) are names for the job server and the workers.
	Experiments []string
	// Options (-flink-options) are pipeline options of the job server by name, as
	// in Beam's FlinkPipelineOptions but in snake_case. They come on top of those of
	// Production; one with the value "" is not sent at all.
	Options map[string]string
	// Resume (-resume) is the path of a savepoint or a retained checkpoint to start
	// from, as the cluster sees it; "": start anew.
	Resume string
	// Detach (-detach) says that the job goes on when its command ends.
	Detach bool
	// Bounded says that the input ends, and the job with it.
	Bounded bool
}

// The values of Config.Environment.
const (
	// Loopback runs the workers in the process that submits the job.
	Loopback = "LOOPBACK"
	// Process starts a command on the host of each task manager.
	Process = "PROCESS"
	// Docker starts a container there.
	Docker = "DOCKER"
	// External asks a pool of workers.
	External = "EXTERNAL"
)

// The names of options that are more than passed on.
const (
	checkpointInterval = "checkpointing_interval"
	finishBundle       = "finish_bundle_before_checkpointing"
	savepointPath      = "savepoint_path"
	shutdownIdle       = "shutdown_sources_after_idle_ms"
	retries            = "number_of_execution_retries"
)

// flags are the options that have a flag of their own.
var flags = map[string]string{savepointPath: "resume", "parallelism": "parallelism", "job_name": "job_name", "experiments": "experiments"}

// Production returns the options that a job has unless Config.Options says else.
//
// max_bundle_time_mills (sic) paces the source and the timers: with Flink's default
// of 1 s, alerts came 9.4 s late at 1000 events a second, with 100 ms 1.1 s.
func Production() map[string]string {
	return map[string]string{
		"streaming":                        "true",
		"max_bundle_time_mills":            "100",
		"max_bundle_size":                  "1000",
		checkpointInterval:                 "10000",
		"min_pause_between_checkpoints":    "1000",
		finishBundle:                       "true",
		"externalized_checkpoints_enabled": "true",
		"retain_externalized_checkpoints_on_cancellation": "true",
	}
}

// Validate returns what is wrong with the settings in a line that names the flag,
// or nil. It asks no one.
func (c Config) Validate() error {
	options := c.options()
	switch {
	case c.Endpoint == "":
		return errors.New("-endpoint: want the address of Flink's job server, as localhost:8099")
	case !slices.Contains([]string{Loopback, Process, Docker, External}, c.Environment):
		return fmt.Errorf("-environment_type %q: want LOOPBACK, PROCESS, DOCKER or EXTERNAL", c.Environment)
	case c.Environment == Loopback && c.EnvironmentConfig != "":
		return fmt.Errorf("-environment_config %q: LOOPBACK has none", c.EnvironmentConfig)
	case c.Environment != Loopback && c.EnvironmentConfig == "":
		return fmt.Errorf("-environment_config: want %s", environmentConfigs[c.Environment])
	case c.Environment == Loopback && c.Detach:
		return errors.New("-detach: the workers of LOOPBACK end with this process")
	}
	for name, flag := range flags {
		if _, ok := c.Options[name]; ok {
			return fmt.Errorf("-flink-options %s: want -%s", name, flag)
		}
	}
	interval, err := strconv.ParseInt(cmp.Or(options[checkpointInterval], "-1"), 10, 64)
	if err != nil || interval == 0 || interval < -1 {
		return fmt.Errorf("-flink-options %s=%s: want milliseconds, or -1 for no checkpoints", checkpointInterval, options[checkpointInterval])
	}
	// The first checkpoint, where it comes while the bundle of the source's one
	// element is open, else keeps that element for itself, and the source never
	// starts, although the job runs and its checkpoints succeed (Beam 2.70.0 to
	// 2.77.0, runners/flink, DoFnOperator.snapshotState).
	if interval > 0 && options[finishBundle] != "true" {
		return fmt.Errorf("-flink-options %s=%s: want true, or the first checkpoint may lose all input", finishBundle, options[finishBundle])
	}
	return c.validateEnvironment()
}

// environmentConfigs says what Config.EnvironmentConfig is to be.
var environmentConfigs = map[string]string{
	Process:  `JSON with the command that starts a worker, as {"command":"/opt/ordertimeout-boot"}`,
	Docker:   "the image of the workers",
	External: "the address of a pool of workers",
}

// options returns all options that are sent, by name.
func (c Config) options() map[string]string {
	options := Production()
	if c.Bounded {
		// With checkpoints Flink keeps a source for ever, so that they stay possible
		// after it has ended (FLINK-2491); the job would not end. Once the source is
		// shut down there are no more of them: after a crash a bounded input is read
		// again from its start, or from the last checkpoint before.
		options[shutdownIdle] = "0"
	}
	if c.Environment == Loopback {
		// Files that were written to and standard input cannot be had again, and who
		// tries things out wants to see what is wrong.
		options[retries] = "0"
	}
	maps.Copy(options, c.Options)
	if c.Resume != "" {
		options[savepointPath] = c.Resume
	}
	maps.DeleteFunc(options, func(_, value string) bool { return value == "" })
	return options
}

// ParseOptions reads "name=value,name=value". A value may hold no comma.
func ParseOptions(text string) (map[string]string, error) {
	options := map[string]string{}
	for _, pair := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("got %q, want NAME=VALUE", pair)
		}
		if _, twice := options[name]; twice {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		options[name] = value
	}
	return options, nil
}
