package flink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/metricsx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/grpc"
)

// Job is a job that was submitted.
type Job struct {
	// ID is what the job server calls the job; Flink shows it by its name.
	ID string

	name, environment string // as in Config
	master            string // address of the cluster, or localMaster

	endpoint     string
	conn         *grpc.ClientConn
	client       jobpb.JobServiceClient
	pipeline     *pipepb.Pipeline
	closeWorkers func()
}

// Close ends the workers of this process, if there are any, and the connection to
// the job server. The job itself is left alone.
func (j *Job) Close() {
	j.closeWorkers()
	j.conn.Close()
}

// ErrCancelled says that the job was cancelled, by whomever.
var ErrCancelled = errors.New("flink: the job was cancelled")

// Started waits until the job is running, and returns what Wait does if it does not
// come to that.
func (j *Job) Started(ctx context.Context) error { return j.follow(ctx, jobpb.JobState_RUNNING) }

// Wait waits for the end of the job. The error is one line: ErrCancelled, why the
// job failed, or that the job server was lost, without which the job may go on.
func (j *Job) Wait(ctx context.Context) error { return j.follow(ctx, jobpb.JobState_DONE) }

// follow reads what the job server tells of the job, until it is in a state, or in
// one that it will not leave.
func (j *Job) follow(ctx context.Context, goal jobpb.JobState_Enum) error {
	ctx, cancel := context.WithCancel(ctx) // ends the stream
	defer cancel()
	stream, err := j.client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: j.ID})
	if err != nil {
		return j.fault("follow the job", err)
	}
	failed, cause := false, ""
	for {
		news, err := stream.Recv()
		switch {
		case err == io.EOF && failed:
			return fmt.Errorf("flink: job %s failed, and Flink does not say why: see its log", j.ID)
		case err == io.EOF:
			return fmt.Errorf("flink: job server at %s: it tells no more of job %s, which may still be running", j.endpoint, j.ID)
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%w; job %s may still be running", j.fault("lost", err), j.ID)
		}
		if m := news.GetMessageResponse(); m.GetImportance() >= jobpb.JobMessage_JOB_MESSAGE_ERROR {
			cause = m.GetMessageText()
		}
		switch state := news.GetStateResponse().GetState(); state {
		case goal, jobpb.JobState_DONE:
			return nil
		case jobpb.JobState_CANCELLED:
			return ErrCancelled
		case jobpb.JobState_FAILED:
			failed = true
		}
		if failed && cause != "" {
			return fmt.Errorf("flink: the job failed: %s", lastLine(cause))
		}
	}
}

// Counters returns the counters of a job that is done, of one namespace by name.
// Flink counts from its last restart on: where a job was restored from a checkpoint
// what came before is missing.
func (j *Job) Counters(ctx context.Context, namespace string) (map[string]int64, error) {
	answer, err := j.client.GetJobMetrics(ctx, &jobpb.GetJobMetricsRequest{JobId: j.ID})
	if err != nil {
		return nil, j.fault("read the counters", err)
	}
	all := metricsx.FromMonitoringInfos(j.pipeline, answer.GetMetrics().GetAttempted(), answer.GetMetrics().GetCommitted())
	counters := map[string]int64{}
	for _, counter := range all.AllMetrics().Counters() {
		if counter.Namespace() == namespace {
			counters[counter.Name()] += counter.Result()
		}
	}
	return counters, nil
}

// lastLine returns the last line of a text, which of a chain of causes is the first
// cause, and of what the SDK says of a bundle what comes after the plan and the
// stack.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
