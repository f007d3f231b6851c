// Command ordertimeout-boot starts a worker of a pipeline where the runner runs, in
// a process and without containers: on Flink with
//
//	-environment_type PROCESS -environment_config '{"command":"/opt/bin/ordertimeout-boot"}'
//
// where the path is that on the hosts of the task managers. The runner starts it and
// ends it. It fetches the worker's program, which ordertimeout has sent to the job
// server, runs it, and sees to it that nothing stays behind: the worker ends with
// this process, however that ends, and this process with the one that has started
// it; and no files are left.
//
// Beam's own (Beam 2.77.0, sdks/go/container) leaves the worker running when it is
// ended, which then waits for ever (core/runtime/harness/init/init.go, the loop at
// the end of hook), and two copies of the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// settings are the flags that a runner gives, by Beam's container contract
// (https://s.apache.org/beam-fn-api-container-contract).
type settings struct {
	id, provision, logging, artifacts, control string
}

func main() {
	// A worker ends with the thread that has started it, and the main thread does
	// not end before the process.
	runtime.LockOSThread()
	set, err := parse(os.Args[1:])
	if err == nil {
		err = boot(set)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ordertimeout-boot:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("ordertimeout-boot", flag.ExitOnError)
	flags.StringVar(&set.id, "id", "", "the worker's id")
	flags.StringVar(&set.provision, "provision_endpoint", "", "where to ask for the rest")
	flags.StringVar(&set.logging, "logging_endpoint", "", "where the worker logs to")
	flags.StringVar(&set.artifacts, "artifact_endpoint", "", "where the worker's program is")
	flags.StringVar(&set.control, "control_endpoint", "", "where the worker gets its work")
	flags.String("semi_persist_dir", "", "not used")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if set.id == "" || set.provision == "" {
		return set, errors.New("want -id and -provision_endpoint: it is started by a runner, see go doc ordertimeout/cmd/ordertimeout-boot")
	}
	return set, nil
}

// boot runs a worker until it ends, or this process is to end.
func boot(set settings) error {
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	orphaned := watchParent()
	ctx := grpcx.WriteWorkerID(context.Background(), set.id)
	info, err := tools.ProvisionInfo(ctx, set.provision)
	if err != nil {
		return fmt.Errorf("ask %s what to run: %w", set.provision, err)
	}
	set.complete(info)
	worker, err := start(ctx, set, info)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			return errors.New("the worker has ended")
		}
		return fmt.Errorf("the worker has ended: %w", err)
	case <-end:
	case <-orphaned:
	}
	_ = worker.Process.Kill() // it may have ended
	<-ended
	return nil
}

// parentTime is how often to look whether the parent has ended.
const parentTime = 200 * time.Millisecond

// watchParent returns what is closed when the process that has started this one has
// ended. A signal at its death would not do: the system sends it when the thread of
// the parent ends, and Flink's threads end before Flink.
func watchParent() <-chan struct{} {
	orphaned := make(chan struct{})
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentTime)
		}
		close(orphaned)
	}()
	return orphaned
}
