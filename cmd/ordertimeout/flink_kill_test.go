package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/cmd/internal/jobserver"
)

// These tests run workers in processes of their own, which is what Flink does on a
// cluster, and take some of them away.

// bundleURI is the subscription of the orders for workers that hold no message until
// its orders have ended: it is acknowledged when a checkpoint has it.
const bundleURI = "pubsub://shop/orders?ack=bundle&lease=10s&window=500ms"

// checkpointTime is between two checkpoints of these tests.
const checkpointTime = 2 * time.Second

// buildBoot builds ordertimeout-boot, and returns its path.
func buildBoot(t *testing.T) string {
	t.Helper()
	boot := filepath.Join(t.TempDir(), "ordertimeout-boot")
	if out, err := exec.Command("go", "build", "-o", boot, "ordertimeout/cmd/ordertimeout-boot").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return boot
}

// inProcesses are the flags of a live command with a job server, whose workers are
// processes.
func inProcesses(t *testing.T, endpoint, boot string, within time.Duration, more ...string) []string {
	t.Helper()
	config, err := json.Marshal(map[string]any{"command": boot, "env": map[string]string{
		beCommand: "1", "PUBSUB_EMULATOR_HOST": os.Getenv("PUBSUB_EMULATOR_HOST"), "TMPDIR": t.TempDir(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	flags := liveFlags(within)
	flags[1] = bundleURI
	return append(append(flags, "-runner", "flink", "-endpoint", endpoint, "-parallelism", "2",
		"-environment_type", "PROCESS", "-environment_config", string(config),
		"-flink-options", fmt.Sprintf("checkpointing_interval=%d", checkpointTime.Milliseconds())), more...)
}

// workersBelow returns the worker processes that a process has started, through an
// ordertimeout-boot.
func workersBelow(t *testing.T, pid int) (workers []int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("want /proc, to find the workers")
	}
	workers, err := jobserver.Workers(pid)
	if err != nil {
		t.Fatal(err)
	}
	return workers
}

func kill(pids []int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}

// newCluster starts a cluster with a task manager, and a job server for it.
func newCluster(t *testing.T) (*jobserver.Cluster, *jobserver.Server) {
	t.Helper()
	lib := flinkJars(t)
	cluster, err := jobserver.StartCluster(t.Context(), lib, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	server, err := jobserver.Start(t.Context(), lib, jobserver.Config{Dir: t.TempDir(), Master: cluster.Address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if err := cluster.Add(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the task manager's log:\n%s", lastLines(cluster.Log(), 30))
		}
	})
	return cluster, server
}

// On a cluster whose workers and task manager are killed, and on which the job is
// cancelled and goes on from its last checkpoint, no order is lost and none is told
// of wrongly. Workers are also killed in the moment in which messages are
// acknowledged, which only the last checkpoint has then.
func TestFlinkKilledCancelledAndResumed(t *testing.T) {
	const within = 4 * time.Second
	cluster, server := newCluster(t)
	boot := buildBoot(t)
	f := newFake(t)
	tr := f.startTrade("o", 30*time.Millisecond, within)
	p := start(t, nil, inProcesses(t, server.Endpoint, boot, within)...)
	p.await("200 outcomes", 2*time.Minute, func() bool { return len(f.outcomes()) >= 200 })
	var all []int // workers
	for _, what := range []string{"a worker", "a worker as messages were acknowledged", "a worker as messages were acknowledged", "the task manager"} {
		workers := workersBelow(t, cluster.TaskManager())
		all = append(all, workers...)
		begin := time.Now()
		switch what {
		case "a worker":
			kill(workers)
		case "the task manager":
			cluster.KillTaskManager()
			if err := cluster.Add(t.Context()); err != nil {
				t.Fatal(err)
			}
		default:
			f.killAtAck(p, workers)
		}
		awaitNewWorkers(p, cluster, all)
		up, told := time.Since(begin), len(f.outcomes())
		p.await("outcomes of a new worker", time.Minute, func() bool { return len(f.outcomes()) >= told+100 })
		t.Logf("killed %s with %d outcomes told; a new worker after %v, and 100 more outcomes after %v",
			what, told, up.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	}
	all = append(all, workersBelow(t, cluster.TaskManager())...)
	checkpoint := cancelWell(p)
	eventually(t, "no worker is left", 20*time.Second, func() bool { return !anyAlive(all) })

	told := len(f.outcomes())
	t.Logf("cancelled with %d outcomes told", told)
	p = start(t, nil, inProcesses(t, server.Endpoint, boot, within, "-resume", checkpoint)...)
	p.await("200 outcomes of the job that goes on", time.Minute, func() bool { return len(f.outcomes()) >= told+200 })
	want := tr.stop()
	f.awaitOutcomes(p, want)
	p.await("an acknowledgement of every message", time.Minute, func() bool { return f.acked()[0] == 0 })
	cancelWell(p)
	f.checkOutcomes(want)
	f.checkAlertTimes()
	f.logRepeats()
}

// awaitNewWorkers waits until a cluster has workers, none of which is an old one, and
// returns them.
func awaitNewWorkers(p *child, cluster *jobserver.Cluster, old []int) (workers []int) {
	p.t.Helper()
	p.await("a new worker", time.Minute, func() bool {
		workers = workersBelow(p.t, cluster.TaskManager())
		return len(workers) > 0 && !slices.ContainsFunc(workers, func(pid int) bool { return slices.Contains(old, pid) })
	})
	return workers
}

// killAtAck kills processes in the moment of the next acknowledgement. The server
// still follows that.
func (f *fake) killAtAck(p *child, pids []int) {
	f.t.Helper()
	killed := make(chan struct{})
	once := sync.OnceFunc(func() {
		kill(pids)
		close(killed)
	})
	f.setTrap(func(request any) {
		if r, ok := request.(*pubsubpb.AcknowledgeRequest); ok && r.Subscription == ordersSub {
			once()
		}
	})
	defer f.setTrap(nil)
	p.await("an acknowledgement", time.Minute, func() bool {
		select {
		case <-killed:
			return true
		default:
			return false
		}
	})
}

// anyAlive reports whether any of some processes is there.
func anyAlive(pids []int) bool {
	for _, pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			return true
		}
	}
	return false
}

// cancelWell stops a command whose workers are elsewhere, which cancels the job, and
// returns the checkpoint that it names.
func cancelWell(p *child) (checkpoint string) {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	r := p.wait()
	_, checkpoint, ok := strings.Cut(r.stderr, "with -resume ")
	if checkpoint, _, _ = strings.Cut(checkpoint, "\n"); r.status != 0 || !ok || !strings.HasPrefix(checkpoint, "file:/") {
		p.t.Errorf("status %d, want 0 and a checkpoint: %s", r.status, r.stderr)
	}
	return checkpoint
}

// awaitOutcomes waits for as many outcomes as there are to be. Which are missing
// checkOutcomes tells.
func (s *shop) awaitOutcomes(p *child, want map[string]string) {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); len(s.outcomes()) < len(want); time.Sleep(pollEvery) {
		if time.Now().After(end) {
			s.checkOutcomes(want)
			s.t.Fatalf("%d outcomes after 2 minutes, want %d", len(s.outcomes()), len(want))
		}
	}
}

// logRepeats says how many outcomes were told more than once.
func (s *shop) logRepeats() {
	ids, all := map[string]bool{}, 0
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			ids[n.attributes["id"]] = true
			all++
		}
	}
	s.t.Logf("%d outcomes, %d of them told again", len(ids), all-len(ids))
}
