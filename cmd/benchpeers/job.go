package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// job is one of the programs that are compared, on one log.
type job struct {
	name string
	out  string   // folder of its outcomes, in files success.* and timeout.*
	args []string // its command line

	// whole are the figures of each run, from the start of the process to its end.
	whole []figures
	// own are those by the clocks of a Flink job, from its first event to its last
	// outcome: without the start of the JVM and of the cluster. None of ours.
	own []figures
	// versions are those of Flink and Java, once it has run.
	versions string
}

// figures are those of one run.
type figures struct {
	rate   float64 // events a second
	cpu    float64 // CPU seconds per million events, of user and system
	memory float64 // peak of the resident set, in MiB
}

// ours is ordertimeout. All deadlines pass at the end of the log, as in Flink, where
// the end of a bounded input is the end of time: the Flink jobs stay as they would
// be written, and all three have the same outcomes to write. The logs are of a fixed
// day, which may be in the future: -max-ahead 0.
func ours(dir, log string, within time.Duration) job {
	out := filepath.Join(dir, "ordertimeout-out")
	return job{name: "ordertimeout", out: out, args: []string{
		filepath.Join(dir, "ordertimeout"), "-quiet", "-input", log, "-within", within.String(), "-disorder", disorder.String(),
		"-at-end", "timeout", "-max-ahead", "0",
		"-success", filepath.Join(out, "success.jsonl"), "-timeouts", filepath.Join(out, "timeout.jsonl"),
	}}
}

// flink is a job of testdata/peers, "cep" or "kpf". The JVM gets a heap of a fixed
// size, larger than needed, and the parallel collector. Both favour Flink: the G1
// collector, which it usually runs with, takes more CPU, and so does a smaller heap.
// In return its memory says little: it takes what it is given.
func flink(kind, dir, log, jar string, within time.Duration, set settings) job {
	out := filepath.Join(dir, kind+"-out")
	name := map[string]string{"cep": "Flink CEP", "kpf": "Flink, by hand"}[kind]
	return job{name: name, out: out, args: []string{
		"java", "-Xms" + set.heap, "-Xmx" + set.heap, "-XX:+UseParallelGC", "-jar", jar,
		"--job", kind, "--input", log, "--out", out, "--parallelism", strconv.Itoa(set.parallelism),
		"--within", strconv.FormatInt(within.Milliseconds(), 10), "--disorder", strconv.FormatInt(disorder.Milliseconds(), 10),
	}}
}

// run runs the job as a new process and adds its figures.
func (j *job) run(ctx context.Context, events int) error {
	if err := errors.Join(os.RemoveAll(j.out), os.Mkdir(j.out, 0o777)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, j.args[0], j.args[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := errors.Join(cmd.Run(), ctx.Err()) // ordertimeout ends well when it is interrupted
	seconds := time.Since(start).Seconds()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", j.name, err, stderr.Bytes())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell a process's memory")
	}
	cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	millions := float64(events) / 1e6
	j.whole = append(j.whole, figures{rate: float64(events) / seconds, cpu: cpu / millions, memory: float64(usage.Maxrss) / 1024})
	if j.args[0] != "java" {
		return nil
	}
	own, versions, err := parseResult(stdout.String(), events)
	if err != nil {
		return fmt.Errorf("%s: %w", j.name, err)
	}
	own.memory = float64(usage.Maxrss) / 1024
	j.own, j.versions = append(j.own, own), versions
	return nil
}

// parseResult reads what a Flink job prints when it is done.
func parseResult(text string, events int) (own figures, versions string, err error) {
	var read, ms, cpu int64
	var flink, java string
	if _, err := fmt.Sscanf(text, "events=%d ms=%d cpu_ms=%d flink=%s java=%s", &read, &ms, &cpu, &flink, &java); err != nil {
		return own, "", fmt.Errorf("got %q, want its events, times and versions: %w", text, err)
	}
	if read != int64(events) {
		return own, "", fmt.Errorf("%d events read, want %d", read, events)
	}
	n := float64(events)
	own = figures{rate: n / (float64(max(ms, 1)) / 1e3), cpu: float64(cpu) / 1e3 / (n / 1e6)}
	return own, "Flink " + flink + ", Java " + java, nil
}
