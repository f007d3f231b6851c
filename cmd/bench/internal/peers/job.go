package peers

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

// disorder is how far out of order all jobs are told that events may be: the
// default of ordertimeout. The logs are in order.
const disorder = 5 * time.Second

// Job is one of the programs that are compared, on one log.
type Job struct {
	// Name is the job's in the table.
	Name string
	// Out is the folder of its outcomes, in files success.* and timeout.*, or in
	// folders of that name with files *.jsonl.
	Out string
	// Args is its command line.
	Args []string
	// Branches says that the job reports a timeout for each branch: see Question.
	Branches bool
	// Server is the id of a process that works for it and outlives it, or 0: what
	// that takes of the CPU meanwhile, and its peak of memory, are the job's, too.
	Server int

	// Whole are the figures of each run, from the start of the process to its end.
	Whole []Figures
	// Own are those by the clocks of a Flink job, from its first event to its last
	// outcome: without the start of the JVM and of the cluster. None of ours.
	Own []Figures
	// Versions are those of Flink and Java of a Flink job, once it has run.
	Versions string
}

// Figures are those of one run.
type Figures struct {
	Rate   float64 // events a second
	CPU    float64 // CPU seconds per million events, of user and system
	Memory float64 // peak of the resident set, in MiB
}

// Ours is ordertimeout on a question, with flags on top. All deadlines pass at the end of the log,
// as in Flink, where the end of a bounded input is the end of time: the Flink jobs
// stay as they would be written, and all have the same outcomes to write. The logs
// are of a fixed day, which may be in the future: -max-ahead 0.
func Ours(dir, log string, q Question, within time.Duration, flags ...string) Job {
	out := filepath.Join(dir, "ordertimeout-out")
	return Job{Name: "ordertimeout", Out: out, Args: append([]string{
		filepath.Join(dir, "ordertimeout"), "-quiet", "-input", log, "-pattern", q.Text(within), "-disorder", disorder.String(),
		"-at-end", "timeout", "-max-ahead", "0",
		"-success", filepath.Join(out, "success.jsonl"), "-timeouts", filepath.Join(out, "timeout.jsonl"),
	}, flags...)}
}

// Flink is a job of testdata/peers, "cep" or "kpf", on a question: "kpf" knows OrderPaid alone. The JVM gets a heap of a fixed
// size, larger than needed, and the parallel collector. Both favour Flink: the G1
// collector, which it usually runs with, takes more CPU, and so does a smaller heap.
// In return its memory says little: it takes what it is given.
func Flink(kind, dir, log, jar string, q Question, within time.Duration, set Settings) Job {
	out := filepath.Join(dir, kind+"-out")
	name := map[string]string{"cep": "Flink CEP", "kpf": "Flink, by hand"}[kind]
	return Job{Name: name, Out: out, Branches: q.Branches, Args: []string{
		"java", "-Xms" + set.Heap, "-Xmx" + set.Heap, "-XX:+UseParallelGC", "-jar", jar,
		"--job", kind, "--question", q.Name, "--input", log, "--out", out, "--parallelism", strconv.Itoa(set.Parallelism),
		"--within", strconv.FormatInt(within.Milliseconds(), 10), "--disorder", strconv.FormatInt(disorder.Milliseconds(), 10),
	}}
}

// Run runs the job as a new process and adds its figures.
func (j *Job) Run(ctx context.Context, events int) error {
	if err := errors.Join(os.RemoveAll(j.Out), os.Mkdir(j.Out, 0o777)); err != nil {
		return err
	}
	before, err := serverUsage(j.Server)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, j.Args[0], j.Args[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err = errors.Join(cmd.Run(), ctx.Err()) // ordertimeout ends well when it is interrupted
	seconds := time.Since(start).Seconds()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", j.Name, err, stderr.Bytes())
	}
	after, err := serverUsage(j.Server)
	if err != nil {
		return err
	}
	whole, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell a process's memory")
	}
	cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() + after.cpu - before.cpu
	memory := float64(whole.Maxrss)/1024 + after.memory
	j.Whole = append(j.Whole, Figures{Rate: float64(events) / seconds, CPU: cpu / (float64(events) / 1e6), Memory: memory})
	if j.Args[0] != "java" {
		return nil
	}
	own, versions, err := parseResult(stdout.String(), events)
	if err != nil {
		return fmt.Errorf("%s: %w", j.Name, err)
	}
	own.Memory = memory
	j.Own, j.Versions = append(j.Own, own), versions
	return nil
}

// parseResult reads what a Flink job prints when it is done.
func parseResult(text string, events int) (own Figures, versions string, err error) {
	var read, ms, cpu int64
	var flink, java string
	if _, err := fmt.Sscanf(text, "events=%d ms=%d cpu_ms=%d flink=%s java=%s", &read, &ms, &cpu, &flink, &java); err != nil {
		return own, "", fmt.Errorf("got %q, want its events, times and versions: %w", text, err)
	}
	if read != int64(events) {
		return own, "", fmt.Errorf("%d events read, want %d", read, events)
	}
	n := float64(events)
	own = Figures{Rate: n / (float64(max(ms, 1)) / 1e3), CPU: float64(cpu) / 1e3 / (n / 1e6)}
	return own, "Flink " + flink + ", Java " + java, nil
}
