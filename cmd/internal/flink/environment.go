package flink

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"google.golang.org/protobuf/encoding/protojson"
)

// urns are the names of the environments in Beam's protocol.
var urns = map[string]string{
	Loopback: graphx.URNEnvExternal,
	Process:  graphx.URNEnvProcess,
	Docker:   graphx.URNEnvDocker,
	External: graphx.URNEnvExternal,
}

// DefaultImage is the image of Docker workers where none is named. It is the SDK's, which
// fetches the worker binary from the job server and runs it.
const DefaultImage = core.DefaultDockerImage

func (c Config) validateEnvironment() error {
	if c.WorkerBinary != "" {
		if _, err := os.Stat(c.WorkerBinary); err != nil {
			return fmt.Errorf("-worker_binary: %w", err)
		}
	}
	if c.Environment != Process {
		return nil
	}
	var payload pipepb.ProcessPayload
	if err := protojson.Unmarshal([]byte(c.EnvironmentConfig), &payload); err != nil || payload.Command == "" {
		return fmt.Errorf("-environment_config %q: want %s", c.EnvironmentConfig, environmentConfigs[Process])
	}
	return nil
}

// environment is what the workers run in, and the program that they run.
type environment struct {
	proto  *pipepb.Environment
	binary string
	close  func()
}

// environment starts the workers of this process, for Loopback, and returns the
// environment as the job server wants it. Close it when the job has ended.
func (c Config) environment(ctx context.Context) (e environment, err error) {
	e = environment{binary: c.WorkerBinary, close: func() {}}
	config := c.EnvironmentConfig
	switch {
	case c.Environment == Loopback:
		workers, err := extworker.StartLoopback(context.WithoutCancel(ctx), 0)
		if err != nil {
			return e, fmt.Errorf("flink: start the workers of this process: %w", err)
		}
		config = workers.EnvironmentConfig(ctx)
		if e.binary, err = emptyFile(); err != nil {
			return e, err
		}
		e.close = func() {
			os.Remove(e.binary)                          // it is empty
			_ = workers.Stop(context.WithoutCancel(ctx)) // has no error
		}
	case e.binary == "":
		if e.binary, err = os.Executable(); err != nil {
			return e, errors.New("-worker_binary: want the program that the workers run: this system does not tell the running one")
		}
	}
	e.proto, err = graphx.CreateEnvironment(ctx, urns[c.Environment], func(context.Context) string { return config })
	if err != nil {
		e.close()
		return e, fmt.Errorf("-environment_config: %w", err)
	}
	return e, nil
}

// emptyFile stands for the program of workers that have one already: the protocol
// wants something staged.
func emptyFile() (path string, err error) {
	f, err := os.CreateTemp("", "ordertimeout-worker")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}
