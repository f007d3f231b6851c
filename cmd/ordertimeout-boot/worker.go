package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/artifact"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
)

// complete takes the addresses that the runner has told since.
func (set *settings) complete(info *fnpb.ProvisionInfo) {
	for endpoint, told := range map[*string]string{
		&set.logging:   info.GetLoggingEndpoint().GetUrl(),
		&set.artifacts: info.GetArtifactEndpoint().GetUrl(),
		&set.control:   info.GetControlEndpoint().GetUrl(),
	} {
		if told != "" {
			*endpoint = told
		}
	}
}

// start fetches the worker's program and starts it. By then its files are deleted:
// the system keeps a program as long as it runs, and the options as long as they are
// open.
func start(ctx context.Context, set settings, info *fnpb.ProvisionInfo) (*exec.Cmd, error) {
	dir, err := os.MkdirTemp("", "ordertimeout-worker")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program, err := fetch(ctx, set, info, dir)
	if err != nil {
		return nil, err
	}
	options, err := optionsFile(info, dir)
	if err != nil {
		return nil, err
	}
	defer options.Close()
	worker := exec.Command(program, "--worker=true", "--id="+set.id, "--logging_endpoint="+set.logging, "--control_endpoint="+set.control)
	worker.Stdout, worker.Stderr = os.Stdout, os.Stderr
	worker.ExtraFiles = []*os.File{options} // the first one is number 3
	worker.Env = append(os.Environ(), "PIPELINE_OPTIONS_FILE=/dev/fd/3",
		"RUNNER_CAPABILITIES="+strings.Join(info.GetRunnerCapabilities(), " "))
	if status := info.GetStatusEndpoint().GetUrl(); status != "" {
		worker.Env = append(worker.Env, "STATUS_ENDPOINT="+status)
	}
	worker.SysProcAttr = endWithParent()
	if err := worker.Start(); err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	return worker, nil
}

// fetch fetches the worker's program into a folder.
func fetch(ctx context.Context, set settings, info *fnpb.ProvisionInfo, dir string) (path string, err error) {
	artifacts, err := artifact.Materialize(ctx, set.artifacts, info.GetDependencies(), info.GetRetrievalToken(), dir)
	if err != nil {
		return "", fmt.Errorf("fetch the worker from %s: %w", set.artifacts, err)
	}
	name, err := programOf(artifacts)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, name)
	return path, os.Chmod(path, 0o700)
}

// programOf returns the name of the worker's program among what was staged.
func programOf(artifacts []*pipepb.ArtifactInformation) (string, error) {
	for _, a := range artifacts {
		if a.GetRoleUrn() == artifact.URNGoWorkerBinaryRole || len(artifacts) == 1 {
			name, _ := artifact.MustExtractFilePayload(a)
			return name, nil
		}
	}
	return "", errors.New("no worker was sent to the job server")
}

// optionsFile writes the options of the pipeline to a file, and returns it open for
// the worker to read.
func optionsFile(info *fnpb.ProvisionInfo, dir string) (*os.File, error) {
	options, err := tools.ProtoToJSON(info.GetPipelineOptions())
	if err != nil {
		return nil, fmt.Errorf("options of the pipeline: %w", err)
	}
	path := filepath.Join(dir, "options.json")
	if err := os.WriteFile(path, []byte(options), 0o600); err != nil {
		return nil, err
	}
	return os.Open(path)
}
