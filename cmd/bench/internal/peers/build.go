package peers

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"ordertimeout/cmd/bench/internal/product"
	"ordertimeout/cmd/internal/maven"
)

// Build builds ordertimeout and orderlog into the folder dir, and the jar of the Flink
// jobs in its Maven project where it is older than what it is made of. root is the
// folder of the product's module.
func Build(ctx context.Context, root, dir string) (jar string, err error) {
	project := filepath.Join(root, "cmd", "bench", "testdata", "peers")
	jar = filepath.Join(project, "target", "flink-jobs.jar")
	if err := maven.Package(ctx, project, jar); err != nil {
		return "", err
	}
	return jar, product.Build(ctx, root, dir, "ordertimeout", "bench/orderlog")
}

// writeLog writes a log of the simulated shop, as the command layers does, with the orderlog
// that Build has put into the folder.
func writeLog(ctx context.Context, dir, log string, events int, within time.Duration, flags []string) error {
	args := append([]string{"-n", strconv.Itoa(events), "-within", within.String(), "-o", log}, flags...)
	return command(ctx, filepath.Join(dir, "orderlog"), args...)
}

// command runs a command whose output matters only where it fails.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}
