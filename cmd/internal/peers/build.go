package peers

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"ordertimeout/cmd/internal/maven"
)

// project is the Maven project of the Flink jobs.
const project = "testdata/peers"

// Build builds ordertimeout and orderlog into the folder, and the jar of the Flink
// jobs in its project where it is older than what it is made of.
func Build(ctx context.Context, dir string) (jar string, err error) {
	jar = filepath.Join(project, "target", "flink-jobs.jar")
	if err := maven.Package(ctx, project, jar); err != nil {
		return "", err
	}
	return jar, command(ctx, "go", "build", "-o", dir+"/", "./cmd/ordertimeout", "./cmd/orderlog")
}

// writeLog writes a log of the simulated shop, as cmd/bench does, with the orderlog
// that Build has put into the folder.
func writeLog(ctx context.Context, dir, log string, events int, within time.Duration) error {
	return command(ctx, filepath.Join(dir, "orderlog"), "-n", strconv.Itoa(events), "-within", within.String(), "-o", log)
}

// command runs a command whose output matters only where it fails.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}
