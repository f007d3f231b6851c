package jobserver

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
)

// Cluster is a cluster of Flink: a job manager and task managers, each a process.
// Unlike the cluster inside a job server it outlives its jobs and their job server, and
// can resume a job.
type Cluster struct {
	// Address is the job manager's, for Config.Master.
	Address string

	lib, dir string
	manager  *process
	workers  []*process
}

// clusterConf are the settings that Flink's scripts would work out.
var clusterConf = []string{
	"jobmanager.rpc.address: localhost",
	"jobmanager.bind-host: localhost",
	"jobmanager.memory.heap.size: 512m",
	"taskmanager.host: localhost",
	"taskmanager.bind-host: localhost",
	"taskmanager.numberOfTaskSlots: 2",
	"taskmanager.cpu.cores: 2.0",
	"taskmanager.memory.task.heap.size: 512m",
	"taskmanager.memory.task.off-heap.size: 64m",
	"taskmanager.memory.framework.heap.size: 128m",
	"taskmanager.memory.framework.off-heap.size: 128m",
	"taskmanager.memory.network.min: 64m",
	"taskmanager.memory.network.max: 64m",
	"taskmanager.memory.managed.size: 64m",
	"taskmanager.memory.jvm-metaspace.size: 256m",
	"taskmanager.memory.jvm-overhead.min: 64m",
	"taskmanager.memory.jvm-overhead.max: 64m",
	// A task manager that was killed is given up after 5 s instead of 50.
	"heartbeat.interval: 1000",
	"heartbeat.timeout: 5000",
}

// StartCluster starts a cluster without task managers: see Add. dir is an empty
// folder. Stop it.
func StartCluster(ctx context.Context, lib, dir string) (*Cluster, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Address: "localhost:" + ports[0], lib: lib, dir: dir}
	conf := append([]string{"rest.port: " + ports[0], "rest.bind-port: " + ports[0], "jobmanager.rpc.port: " + ports[1], "blob.server.port: " + ports[2]}, clusterConf...)
	if err := writeConf(dir, filepath.Join(dir, "checkpoints"), conf...); err != nil {
		return nil, err
	}
	c.manager, err = startJava(ctx, lib, dir, "512m", nil, "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "--configDir", dir)
	if err != nil {
		return nil, err
	}
	if _, err := c.manager.await(ctx, "Rest endpoint listening at "); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// Add starts a task manager of two slots, whose workers have env on top of the
// environment of this process, and waits until the cluster has it.
func (c *Cluster) Add(ctx context.Context, env ...string) error {
	id := fmt.Sprintf("tm%d", len(c.workers)+1)
	p, err := startJava(ctx, c.lib, c.dir, "1g", env, "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
		"--configDir", c.dir, "-Dtaskmanager.resource-id="+id)
	if err != nil {
		return err
	}
	c.workers = append(c.workers, p)
	_, err = p.await(ctx, "Successful registration at resource manager")
	return err
}

// TaskManager returns the process id of the task manager that was added last.
func (c *Cluster) TaskManager() int { return c.workers[len(c.workers)-1].PID() }

// Log returns what the task manager that was added last has written so far.
func (c *Cluster) Log() string { return c.workers[len(c.workers)-1].Log() }

// KillTaskManager kills the task manager that was added last, as a crash does.
// Unlike what it was itself, its workers are not killed.
func (c *Cluster) KillTaskManager() {
	p := c.workers[len(c.workers)-1]
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// Stop ends all processes of the cluster.
func (c *Cluster) Stop() {
	for _, p := range append(c.workers, c.manager) {
		p.Stop()
	}
}

// freePorts returns ports that nobody listens on. Flink is told ports, and does not
// tell those that it would choose.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			return nil, fmt.Errorf("jobserver: %w", err)
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}
