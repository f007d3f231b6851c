package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// longest is the longest time after which the command is killed or stopped.
const longest = 2500 * time.Millisecond

// start runs the command to its end, or until it is killed or stopped at a random moment.
func (y *year) start(ctx context.Context, args []string, end bool) error {
	cmd := exec.CommandContext(ctx, filepath.Join(y.dir, "ordertimeout"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	killed := false
	if end {
		signal := syscall.SIGTERM
		if killed = y.rnd.IntN(2) == 0; killed {
			signal = syscall.SIGKILL
		}
		timer := time.AfterFunc(time.Duration(y.rnd.Int64N(int64(longest))), func() { _ = cmd.Process.Signal(signal) }) // it may have ended
		defer timer.Stop()
	}
	err := cmd.Wait()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		y.peak = max(y.peak, usage.Maxrss)
	}
	starting := end && !cmd.ProcessState.Exited() // the signal came before it was listened for
	if err != nil && !killed && !starting {
		return errors.Join(fmt.Errorf("ordertimeout: %w\n%s", err, stderr.Bytes()), ctx.Err())
	}
	return nil
}
