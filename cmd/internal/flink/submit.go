package flink

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// maxMessage bounds what the job server may send at once, such as the counters.
const maxMessage = 256 << 20

// Submit submits a pipeline as a job. The settings must Validate. Close the job
// when it has ended, or is to be left alone.
//
// An error is one line; an OptionsError is about the settings, and no job was
// submitted then.
func Submit(ctx context.Context, p *beam.Pipeline, c Config) (*Job, error) {
	conn, err := grpc.NewClient(c.Endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)))
	if err != nil {
		return nil, OptionsError{fmt.Errorf("-endpoint %q: %w", c.Endpoint, err)}
	}
	job := &Job{name: c.JobName, environment: c.Environment, endpoint: c.Endpoint, conn: conn, client: jobpb.NewJobServiceClient(conn), closeWorkers: func() {}}
	if err := job.submit(ctx, p, c); err != nil {
		job.Close()
		return nil, err
	}
	return job, nil
}

func (j *Job) submit(ctx context.Context, p *beam.Pipeline, c Config) error {
	known, err := j.knownOptions(ctx)
	if err != nil {
		return err
	}
	options, err := c.encode(known)
	if err != nil {
		return OptionsError{err}
	}
	env, err := c.environment(ctx)
	if err != nil {
		return err
	}
	j.closeWorkers = env.close
	if j.pipeline, err = marshal(p, env); err != nil {
		return err
	}
	prepared, err := j.client.Prepare(ctx, &jobpb.PrepareJobRequest{Pipeline: j.pipeline, PipelineOptions: options, JobName: c.JobName})
	if err != nil {
		return j.fault("prepare the job", err)
	}
	token, err := runnerlib.Stage(ctx, prepared.GetPreparationId(), prepared.GetArtifactStagingEndpoint().GetUrl(), env.binary, prepared.GetStagingSessionToken())
	if err != nil {
		return j.fault("stage the worker", err)
	}
	run, err := j.client.Run(ctx, &jobpb.RunJobRequest{PreparationId: prepared.GetPreparationId(), RetrievalToken: token})
	if err != nil {
		return j.fault("start the job", err)
	}
	j.ID = run.GetJobId()
	if err := j.askMaster(ctx); err != nil {
		return err
	}
	// It would start anew (Beam 2.70.0, runners/flink, FlinkExecutionEnvironments.
	// createStreamExecutionEnvironment).
	if c.Resume != "" && j.master == localMaster {
		_, err := j.Cancel(ctx)
		return OptionsError{errors.Join(fmt.Errorf("-resume %s: the job server at %s runs jobs in itself (--flink-master=%s) and cannot resume one", c.Resume, j.endpoint, j.master), err)}
	}
	return nil
}

// marshal returns the pipeline for the job server.
func marshal(p *beam.Pipeline, env environment) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, fmt.Errorf("flink: %w", err)
	}
	pipeline, err := graphx.Marshal(edges, &graphx.Options{Environment: env.proto, PipelineResourceHints: jobopts.GetPipelineResourceHints()})
	if err != nil {
		return nil, fmt.Errorf("flink: %w", err)
	}
	if err := runnerlib.UpdateGoEnvironmentWorker(env.binary, pipeline); err != nil {
		return nil, fmt.Errorf("-worker_binary: %w", err)
	}
	return pipeline, nil
}

// answerTime is how long the job server has for its first answer.
const answerTime = 20 * time.Second

// knownOptions asks the job server for its options and their types.
//
// The job server tells its version nowhere (Beam 2.70.0 and 2.77.0), so nobody is warned
// where it differs from the SDK's. Beam asks for the same version. An older job server
// with a newer SDK has worked, and refuses what it cannot do.
func (j *Job) knownOptions(ctx context.Context) (map[string]jobpb.PipelineOptionType_Enum, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answer, err := j.client.DescribePipelineOptions(ctx, &jobpb.DescribePipelineOptionsRequest{})
	if err != nil {
		return nil, j.fault("ask for its options", err)
	}
	known := map[string]jobpb.PipelineOptionType_Enum{}
	for _, o := range answer.GetOptions() {
		known[o.GetName()] = o.GetType()
	}
	return known, nil
}

// fault is an error of a call to the job server, in one line.
func (j *Job) fault(what string, err error) error {
	message := lastLine(status.Convert(err).Message())
	if _, dial, ok := strings.Cut(message, "Error while dialing: "); ok {
		message = strings.TrimSuffix(dial, `"`)
	}
	return fmt.Errorf("flink: job server at %s: %s: %s", j.endpoint, what, message)
}
