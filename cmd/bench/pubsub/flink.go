package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ordertimeout/cmd/internal/jobserver"
)

// What part e does: 1000 events a second, and after a while a worker is killed.
const (
	flinkOrdersPerSecond = 667
	killAfter            = 10 * time.Second
	// afterOrders are published behind those that are measured: where a stream ends,
	// the source waits for what its last pull may still bring.
	afterOrders = 5 * flinkOrdersPerSecond
)

// measureFlink is part e: how long after its deadline an alert is published by a job
// on a cluster of Flink, with its workers in processes of their own and the
// production settings: undisturbed, and where a worker is killed meanwhile. root is the
// folder of the product's module.
func measureFlink(ctx context.Context, root, dir string, s *server, set settings) error {
	lib, err := jobserver.Build(ctx, filepath.Join(root, "testdata", "flink"))
	if err != nil {
		return err
	}
	cluster, err := jobserver.StartCluster(ctx, lib, filepath.Join(dir, "cluster"))
	if err != nil {
		return err
	}
	defer cluster.Stop()
	if err := cluster.Add(ctx); err != nil {
		return err
	}
	jobs, err := jobserver.Start(ctx, lib, jobserver.Config{Dir: filepath.Join(dir, "jobs"), Master: cluster.Address})
	if err != nil {
		return err
	}
	defer jobs.Stop()
	in, err := s.newQueue(ctx)
	if err != nil {
		return err
	}
	alerts, err := s.newQueue(ctx)
	if err != nil {
		return err
	}
	flags, err := onFlink(dir, jobs.Endpoint)
	if err != nil {
		return err
	}
	c, err := startBare(ctx, dir, append(flags, "-input", in.uri()+"?ack=bundle&lease=10s", "-timeouts", alerts.uri(), "-success", "none",
		"-within", latencyWithin.String(), "-disorder", "0s", "-quiet")...)
	if err != nil {
		return err
	}
	f := flinkJob{in: in, alerts: alerts, orders: set.seconds * flinkOrdersPerSecond}
	return errors.Join(f.measure(ctx, func() error { return killWorkers(cluster.TaskManager()) }), c.stop())
}

// onFlink are the flags of a job on Flink whose workers are processes.
func onFlink(dir, endpoint string) ([]string, error) {
	config, err := json.Marshal(map[string]any{
		"command": filepath.Join(dir, "ordertimeout-boot"), "env": map[string]string{"PUBSUB_EMULATOR_HOST": os.Getenv("PUBSUB_EMULATOR_HOST")},
	})
	return []string{"-runner", "flink", "-endpoint", endpoint, "-parallelism", "2", "-environment_type", "PROCESS", "-environment_config", string(config)}, err
}

// flinkJob is a job at work, and how many orders are published to it for each row.
type flinkJob struct {
	in, alerts queue
	orders     int
}

// measure waits until the job is at work, and prints the table.
func (f flinkJob) measure(ctx context.Context, kill func() error) error {
	if err := f.in.publish(ctx, [][]byte{event(0, "create", time.Now())}); err != nil {
		return err
	}
	if _, err := f.alerts.receiveLatencies(ctx, 0, 1, 1); err != nil {
		return fmt.Errorf("the first alert: %w", err)
	}
	fmt.Printf("Deadline to published on Flink, %d alerts each, 1000 events a second, %v to pay, `-disorder 0s`, in ms:\n\n", f.orders/2, latencyWithin)
	fmt.Print("| | p50 | p90 | p99 | max |\n|---|---:|---:|---:|---:|\n")
	nothing := func() error { return nil }
	for i, row := range []struct {
		name string
		kill func() error
	}{
		{"the job's first seconds, with cold JVMs", nothing},
		{"undisturbed", nothing},
		{fmt.Sprintf("the worker killed after %v", killAfter), kill},
	} {
		from := 1 + i*(f.orders+afterOrders)
		killed := make(chan error, 1)
		time.AfterFunc(killAfter, func() { killed <- row.kill() })
		if err := f.in.publishLive(ctx, from, f.orders+afterOrders, flinkOrdersPerSecond); err != nil {
			return err
		}
		ms, err := f.alerts.receiveLatencies(ctx, from, from+f.orders, f.orders/2)
		if err := errors.Join(err, <-killed); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		fmt.Printf("| %s | %.0f | %.0f | %.0f | %.0f |\n", row.name,
			percentile(ms, 50), percentile(ms, 90), percentile(ms, 99), percentile(ms, 100))
	}
	fmt.Println()
	return nil
}

// killWorkers kills the workers of a task manager, as a crash does.
func killWorkers(taskManager int) error {
	workers, err := jobserver.Workers(taskManager)
	if err == nil && len(workers) == 0 {
		err = errors.New("no worker to kill")
	}
	for _, pid := range workers {
		err = errors.Join(err, syscall.Kill(pid, syscall.SIGKILL))
	}
	return err
}
