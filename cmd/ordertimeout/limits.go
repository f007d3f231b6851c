package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/connect"
)

// runnersOf says which runners a flag of Beam is for. The others would take it and do
// nothing: who leaves out -runner has the job run here, without a word. A flag that is
// not here means something on each, or is a worker's.
var runnersOf = func() map[string][]string {
	flink, dataflow := []string{pipeline.RunnerFlink}, []string{pipeline.RunnerDataflow}
	of := map[string][]string{"endpoint": flink, "parallelism": flink}
	for _, name := range []string{
		"async", "environment_config", "environment_type", "job_name", "resource_hints",
		"retain_docker_containers", "sdk_harness_container_image_override", "worker_binary",
	} {
		of[name] = []string{pipeline.RunnerFlink, pipeline.RunnerDataflow}
	}
	for _, name := range []string{
		"autoscaling_algorithm", "cpu_profiling", "dataflow_endpoint", "dataflow_kms_key", "dataflow_service_options",
		"disk_provisioned_iops", "disk_provisioned_throughput_mibps", "disk_size_gb", "disk_type", "dry_run",
		"execute_async", "flexrs_goal", "labels", "machine_type", "max_num_workers", "min_cpu_platform", "network",
		"no_use_public_ips", "num_workers", "number_of_worker_harness_threads", "project", "region",
		"sdk_container_image", "service_account_email", "staging_location", "subnetwork", "teardown_policy",
		"temp_location", "template_location", "transform_name_mapping", "update", "use_public_ips",
		"worker_harness_container_image", "worker_machine_type", "worker_region", "worker_zone", "zone",
	} {
		of[name] = dataflow
	}
	return of
}()

// refuseForeign refuses flags of Beam that are given and that the runner has no use for.
func refuseForeign(fs *flag.FlagSet, runner string) (err error) {
	if runner == runnerDirect {
		runner = pipeline.RunnerPrism
	}
	fs.Visit(func(f *flag.Flag) {
		if of := runnersOf[f.Name]; err == nil && of != nil && !slices.Contains(of, runner) {
			err = fmt.Errorf("-%s: want -runner %s", f.Name, strings.Join(of, " or "))
		}
	})
	return err
}

// limit is a setting that the runner has no use for, or cannot do.
type limit struct {
	broken bool
	fault  string // a line that names the flag
}

// limitsOf returns those of the command's own flags. Those of sources and sinks are with the
// connectors.
func limitsOf(o *options) []limit {
	onFlink, onDataflow := o.config.Runner == pipeline.RunnerFlink, o.config.Runner == pipeline.RunnerDataflow
	forgets := len(o.config.Forget) > 0
	return []limit{
		{!onFlink && len(o.flink.Options) > 0, "-flink-options: want -runner flink"},
		{!onFlink && o.flink.Resume != "", "-resume: want -runner flink"},
		{!onFlink && o.flink.Detach, "-detach: want -runner flink"},
		{onFlink && forgets && o.flink.Resume == "", "-forget: a job that begins anew has nothing to forget: want -resume CHECKPOINT"},
		{onDataflow && forgets && beamFlag("update") != "true", "-forget: a job that begins anew has nothing to forget: want -update"},
		{onFlink && !o.config.Loopback && o.metrics != "", "-metrics " + o.metrics + ": the workers are other processes: Flink has their metrics"},
		{onDataflow && o.metrics != "", "-metrics: the counters of a Dataflow job are those in Cloud Monitoring"},
		{onDataflow && o.summary != connect.None, "-summary: the command ends when the job has been submitted, and its counters are in Cloud Monitoring"},
		{onDataflow && o.profile != "", "-cpuprofile: the workers do the work: want -cpu_profiling gs://BUCKET/PATH"},
	}
}

// refuseUnfit refuses settings that do not fit the runner.
func refuseUnfit(o *options) error {
	for _, l := range limitsOf(o) {
		if l.broken {
			return errors.New(l.fault)
		}
	}
	return nil
}
