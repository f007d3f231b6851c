package flink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
)

// localMaster is the setting of a job server that runs each job in a cluster in
// itself.
const localMaster = "[local]"

// askMaster asks the job server where the cluster is that runs the job, which it
// tells of no cluster before it has a job there.
func (j *Job) askMaster(ctx context.Context) error {
	answer, err := j.client.GetJobs(ctx, &jobpb.GetJobsRequest{})
	if err != nil {
		return j.fault("ask for the job", err)
	}
	for _, job := range answer.GetJobInfo() {
		if job.GetJobId() == j.ID {
			j.master = job.GetPipelineOptions().GetFields()["beam:option:flink_master:v1"].GetStringValue()
		}
	}
	return nil
}

// rest calls Flink's own API: https://nightlies.apache.org/flink/flink-docs-stable/docs/ops/rest_api
func (j *Job) rest(ctx context.Context, method, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+j.master+path, nil)
	if err != nil {
		return fmt.Errorf("flink: cluster at %q: %w", j.master, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("flink: cluster at %s: %w", j.master, errors.Unwrap(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMessage))
	if err == nil && response.StatusCode >= 300 {
		err = errors.New(response.Status)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(body, answer)
	}
	if err != nil {
		return fmt.Errorf("flink: cluster at %s: %s %s: %w", j.master, method, path, err)
	}
	return nil
}

// flinkID returns Flink's id of the job. Beam does not tell it: it is the running
// job of that name which started last.
func (j *Job) flinkID(ctx context.Context) (id string, err error) {
	var overview struct {
		Jobs []struct {
			JID, State, Name string
			Start            int64 `json:"start-time"`
		}
	}
	if err := j.rest(ctx, http.MethodGet, "/jobs/overview", &overview); err != nil {
		return "", err
	}
	last := int64(0)
	for _, job := range overview.Jobs {
		if job.Name == j.name && !ended(job.State) && job.Start > last {
			id, last = job.JID, job.Start
		}
	}
	if id == "" {
		return "", fmt.Errorf("flink: cluster at %s has no running job %s", j.master, j.name)
	}
	return id, nil
}

func ended(state string) bool { return state == "CANCELED" || state == "FAILED" || state == "FINISHED" }

// Cancel ends the job, and returns the last checkpoint that was kept of it, for
// -resume, or "" where there is none.
//
// The job server only stops to follow a job that it is asked to cancel (Beam 2.70.0,
// runners/java-job-service, JobInvocation.cancel, which interrupts a thread that waits
// for Flink). So it is Flink that is asked. A job server that runs the job in itself
// does not tell where that Flink listens: there the job ends with its workers, or not
// at all.
func (j *Job) Cancel(ctx context.Context) (checkpoint string, err error) {
	if j.master == localMaster {
		if _, err := j.client.Cancel(ctx, &jobpb.CancelJobRequest{JobId: j.ID}); err != nil {
			return "", j.fault("cancel the job", err)
		}
		if j.environment != Loopback {
			return "", fmt.Errorf("flink: the job server at %s runs the job in itself and does not cancel it: it ends with the job server", j.endpoint)
		}
		return "", nil
	}
	id, err := j.flinkID(ctx)
	if err != nil {
		return "", err
	}
	if err := j.rest(ctx, http.MethodPatch, "/jobs/"+id+"?mode=cancel", nil); err != nil {
		return "", err
	}
	for {
		var job struct{ State string }
		if err := j.rest(ctx, http.MethodGet, "/jobs/"+id, &job); err != nil {
			return "", err
		}
		if ended(job.State) {
			break
		}
		time.Sleep(100 * time.Millisecond) // it tells no one
	}
	var checkpoints struct {
		Latest struct {
			Completed *struct {
				Path string `json:"external_path"`
			}
		}
	}
	if err := j.rest(ctx, http.MethodGet, "/jobs/"+id+"/checkpoints", &checkpoints); err != nil || checkpoints.Latest.Completed == nil {
		return "", err
	}
	return checkpoints.Latest.Completed.Path, nil
}
