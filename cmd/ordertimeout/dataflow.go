package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"

	"ordertimeout/pipeline"
)

// defaultJobName is the name of a job without -job_name. It stays the same, as a job
// is updated by its name.
const defaultJobName = "ordertimeout"

// jobName is what Dataflow takes as the name of a job.
var jobName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

// completeDataflow completes Beam's flags for Dataflow and checks them. It looks at
// the binary for the workers, and at nothing that is not on this machine.
func completeDataflow(o *options) error {
	o.config.Loopback, o.config.Run = false, "" // the workers know nothing of this process
	if *jobopts.JobName == "" {
		*jobopts.JobName = defaultJobName
	}
	for _, name := range []string{"project", "region", "staging_location"} {
		if beamFlag(name) == "" {
			return fmt.Errorf("-%s: none given, and Dataflow wants one", name)
		}
	}
	for _, name := range []string{"staging_location", "temp_location", "template_location"} {
		if at := beamFlag(name); at != "" && !strings.HasPrefix(at, "gs://") {
			return fmt.Errorf("-%s %q: want gs://BUCKET/PATH", name, at)
		}
	}
	switch kind := *jobopts.EnvironmentType; {
	case kind != "" && !strings.EqualFold(kind, "docker"):
		return fmt.Errorf("-environment_type %s: the workers of Dataflow run in containers: want none, or docker", kind)
	case beamFlag("worker_harness_container_image") != "":
		return errors.New("-worker_harness_container_image: want -sdk_container_image")
	case !jobName.MatchString(*jobopts.JobName):
		return fmt.Errorf("-job_name %q: want 1 to 63 of a-z, 0-9 and -, a letter first and no - last", *jobopts.JobName)
	}
	return nil
}

// beamFlag returns the value of one of Beam's flags.
func beamFlag(name string) string { return flag.Lookup(name).Value.String() }

// The client library of the storage tries for ever to reach it. submitTime is what a
// submission, with an upload of some 90 MB, may take, and dryTime what a dry run waits
// to look at the bucket; it can do without.
const (
	submitTime = 15 * time.Minute
	dryTime    = 15 * time.Second
)

// runDataflow submits the pipeline as a job and returns. It writes the job's id to
// stdout, and to the log what can be done with it.
func runDataflow(o options, stdout io.Writer, log journal) (err error) {
	if *jobopts.WorkerBinary, err = workerBinary(*jobopts.WorkerBinary); err != nil {
		return usageError{err}
	}
	if err := checkFiles(&o); err != nil {
		return err
	}
	dry, template := beamFlag("dry_run") == "true", beamFlag("template_location")
	limit := submitTime
	if dry {
		limit = dryTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if !dry {
		if o.plan, err = checkServices(o.plan, log); err != nil {
			return err
		}
	}
	if !dry && template == "" && beamFlag("update") != "true" {
		if err := refuseRunning(ctx); err != nil {
			return err
		}
	}
	*jobopts.Async = true
	p, s := beam.NewPipelineWithRoot()
	pipeline.Build(s, o.plan)
	result, err := dataflow.Execute(ctx, p)
	switch { // the result of the first three is nil
	case err != nil:
		return notSubmitted(err)
	case dry:
		log.info("dataflow: the job can be built; nothing was submitted (-v shows it)")
	case template != "":
		log.info("dataflow: the template is at %s", template)
	default:
		tellDataflowJob(result.JobID(), stdout, log)
	}
	return nil
}

// refuseRunning refuses a job whose name a running one has: the SDK would take that
// one for the one submitted (Beam 2.77.0, dataflowlib/execute.go:117).
func refuseRunning(ctx context.Context) error {
	client, err := dataflowlib.NewClient(ctx, beamFlag("dataflow_endpoint"))
	if err != nil {
		return notSubmitted(err)
	}
	job, err := dataflowlib.GetRunningJobByName(client, *gcpopts.Project, *gcpopts.Region, *jobopts.JobName)
	if err != nil && !strings.Contains(err.Error(), "Unable to find running job") {
		return notSubmitted(err)
	}
	if err == nil {
		return fmt.Errorf("dataflow: job %s runs already, as %s: want -update, or another -job_name", *jobopts.JobName, job.Id)
	}
	return nil
}

// notSubmitted makes one line of an error of the SDK or of a service of Google.
func notSubmitted(err error) error {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	text := lines[len(lines)-1]
	for _, line := range lines {
		if strings.Contains(line, "googleapi: Error") {
			text = line
			break
		}
	}
	return errors.New("dataflow: not submitted: " + strings.TrimSpace(text))
}

// tellDataflowJob says which job it is, and how to be rid of it.
func tellDataflowJob(id string, stdout io.Writer, log journal) {
	fmt.Fprintln(stdout, id)
	at := fmt.Sprintf("%s --project %s --region %s", id, *gcpopts.Project, *gcpopts.Region)
	log.info("dataflow: job %s is submitted", *jobopts.JobName)
	log.plain(fmt.Sprintf(`  look at it:  gcloud dataflow jobs describe %s
  update it:   the same command with -update and the new -worker_binary
  end it:      gcloud dataflow jobs cancel %s
`, at, at))
}
