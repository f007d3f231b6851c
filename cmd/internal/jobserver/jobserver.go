// Package jobserver starts Beam's job server for Flink, and clusters of Flink for it,
// as processes on this machine that listen on loopback ports alone. The jars are
// those of the Maven project testdata/flink.
//
//	lib, err := jobserver.Build(ctx, "testdata/flink")
//	server, err := jobserver.Start(ctx, lib, jobserver.Config{Dir: dir})
//	defer server.Stop()
//	... submit jobs to server.Endpoint ...
package jobserver

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"ordertimeout/cmd/internal/maven"
)

// Build fetches the jars with Maven, unless they are there, and returns their folder.
func Build(ctx context.Context, project string) (lib string, err error) {
	lib = filepath.Join(project, "target", "lib")
	if err := maven.Package(ctx, project, lib); err != nil {
		return "", err
	}
	return filepath.Abs(lib)
}

// Config are the settings of a job server.
type Config struct {
	// Dir is an empty folder for all that the server, Flink and their jobs write.
	Dir string
	// Master is the address of the cluster that runs the jobs, as Cluster.Address;
	// "": each job has a cluster in the job server's process.
	Master string
	// Heap is the size of the Java heap, as for -Xmx; "": 1g.
	Heap string
	// Env are variables on top of the environment of this process. The workers that
	// a job server in Process has inherit them.
	Env []string
}

// Server is a job server that runs.
type Server struct {
	// Endpoint is its address, for -endpoint.
	Endpoint string
	// Checkpoints is the folder of the checkpoints, also of jobs on a cluster: of each job
	// in a folder of its own, as chk-N.
	Checkpoints string

	*process
}

// Start starts a job server and waits until it takes jobs. Stop it.
func Start(ctx context.Context, lib string, c Config) (*Server, error) {
	checkpoints := filepath.Join(c.Dir, "checkpoints")
	master := c.Master
	if master == "" {
		master = "[local]"
	}
	// A free port of a range: each job has a server of its own on it.
	if err := writeConf(c.Dir, checkpoints, "rest.bind-port: 20000-29999"); err != nil {
		return nil, err
	}
	p, err := startJava(ctx, lib, c.Dir, orElse(c.Heap, "1g"), c.Env, "org.apache.beam.runners.flink.FlinkJobServerDriver",
		"--job-host=localhost", "--job-port=0", "--artifact-port=0", "--expansion-port=0",
		"--artifacts-dir="+filepath.Join(c.Dir, "artifacts"), "--flink-master="+master, "--flink-conf-dir="+c.Dir)
	if err != nil {
		return nil, err
	}
	line, err := p.await(ctx, "JobService started on ")
	if err != nil {
		p.Stop()
		return nil, err
	}
	_, endpoint, _ := strings.Cut(line, "JobService started on ")
	return &Server{strings.TrimSpace(endpoint), checkpoints, p}, nil
}

// writeConf writes the configuration of Flink.
func writeConf(dir, checkpoints string, lines ...string) error {
	lines = append([]string{
		"rest.address: localhost",
		"rest.bind-address: localhost",
		"state.backend.type: hashmap",
		"state.checkpoint-storage: filesystem",
		"state.checkpoints.dir: file://" + checkpoints,
		"restart-strategy.type: fixed-delay",
		"restart-strategy.fixed-delay.attempts: 10",
		"restart-strategy.fixed-delay.delay: 1 s",
		"io.tmp.dirs: " + filepath.Join(dir, "tmp"),
	}, lines...)
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "flink-conf.yaml"), []byte(strings.Join(lines, "\n")+"\n"), 0o666)
}

// NewestCheckpoint returns the path of the newest complete checkpoint in a folder of
// the checkpoints of jobs, or "" where there is none.
func NewestCheckpoint(checkpoints string) (string, error) {
	found, err := filepath.Glob(filepath.Join(checkpoints, "*", "chk-*", "_metadata")) // written last
	if err != nil {
		return "", err
	}
	newest, at := "", int64(0)
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.ModTime().UnixNano() > at {
			newest, at = filepath.Dir(path), info.ModTime().UnixNano()
		}
	}
	return newest, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
