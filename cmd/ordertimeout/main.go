// Command ordertimeout reports which orders of a log or a stream were created
// and not paid within a time, and which were paid in time. Run it with -h for
// its flags.
//
// It exits with 0 when the input has ended or after it was asked to stop, with 1
// when the run failed, with 2 on wrong flags, and with 130 on a second signal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/live"
	"ordertimeout/transforms/pubsub"
	"ordertimeout/transforms/sink"
	"ordertimeout/transforms/webhook"
)

func main() {
	tuneMemory()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// The exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// run is main without the process: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "ordertimeout: %v\nRun 'ordertimeout -h' for the flags.\n", err)
		return exitUsage
	case o.version:
		fmt.Fprintln(stdout, version())
		return exitOK
	}
	beam.Init() // sets up a log of its own, which is replaced at once
	quietSDK(stderr, o.verbose)
	if o.config.Runner == runnerDirect {
		fmt.Fprintln(stderr, "ordertimeout: -runner direct: the SDK's direct runner has no state or timers; using the embedded runner, prism")
	}
	if o.config.Runner == pipeline.RunnerDataflow {
		err = runDataflow(o, stdout, stderr)
	} else {
		err = execute(o, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "ordertimeout: %v\n", err)
		if errors.As(err, new(usageError)) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// execute runs the pipeline from open outputs to the summary.
func execute(o options, stderr io.Writer) (err error) {
	if err := checkFiles(o); err != nil {
		return err
	}
	profiled, err := startProfile(o.profile)
	if err != nil {
		return err
	}
	defer profiled()
	current := live.NewRun()
	current.Cluster = o.config.Runner == pipeline.RunnerFlink
	defer current.Close()
	o.config.Run = current.ID
	defer closeServices(current.ID)
	if err := checkServices(o.config, stderr); err != nil {
		return err
	}
	served, err := serveMetrics(o.metrics, current)
	if err != nil {
		return err
	}
	defer served()
	outputs, err := sink.Open(current.ID, o.config.Outputs()...)
	if err != nil {
		return err
	}
	stop := stopOnSignal(current, stderr)
	defer stop()
	bar := startProgress(current, o, stderr)
	counters, err := runPipeline(o, current, stderr)
	bar.stop()
	if closeErr := outputs.Close(); err == nil {
		err = closeErr
	}
	if cause := current.Err(); cause != nil {
		err = cause
	}
	if counters == nil {
		return err
	}
	return errors.Join(err, report(counters, o, stderr))
}

// checkServices asks what is not on this machine whether it can be used.
func checkServices(c pipeline.Config, stderr io.Writer) error {
	warnings, err := c.Check(context.Background())
	for _, w := range warnings {
		fmt.Fprintf(stderr, "ordertimeout: %s\n", w)
	}
	if errors.Is(err, pipeline.ErrLoop) {
		return usageError{err}
	}
	return err
}

// closeServices closes what a run has opened at them.
func closeServices(run string) {
	pubsub.Close(run)
	webhook.Close(run)
}

// usageError is a wrong combination of flags that only a look at the files, or at the
// service, shows.
type usageError struct{ error }

// checkFiles resolves the input files, before any output is opened and so
// replaced. It refuses a file that is to be written and is also an input, and a
// summary or profile in the file of another output, which it would replace.
func checkFiles(o options) error {
	paths, err := o.config.InputPaths()
	if err != nil {
		return err
	}
	reports := []string{o.summary, o.profile}
	for _, path := range paths {
		for _, target := range append(o.config.Outputs(), reports...) {
			if sameFile(path, target) {
				return usageError{fmt.Errorf("output %s is also an input", target)}
			}
		}
	}
	for i, report := range reports {
		for _, target := range append(o.config.Outputs(), reports[i+1:]...) {
			if report != "" && (filepath.Clean(report) == filepath.Clean(target) || sameFile(report, target)) {
				return usageError{fmt.Errorf("two outputs are one file: %s and %s", report, target)}
			}
		}
	}
	return nil
}

// sameFile reports whether two paths are the same regular file; the first may be
// "-", standard input.
func sameFile(in, out string) bool {
	if out == sink.Stdout || out == sink.None {
		return false
	}
	stat := os.Stat
	if in == "-" {
		stat = func(string) (os.FileInfo, error) { return os.Stdin.Stat() }
	}
	a, err := stat(in)
	if err != nil || !a.Mode().IsRegular() {
		return false
	}
	b, err := os.Stat(out)
	return err == nil && os.SameFile(a, b)
}

// stopOnSignal lets the first SIGINT or SIGTERM end the input, so that all that
// is decided is delivered, and the second one end the process. A closed pipe is
// to be an error of the write and not a silent death, so SIGPIPE is ignored.
func stopOnSignal(run *live.Run, stderr io.Writer) (stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for first := true; ; first = false {
			s, ok := <-signals
			if !ok {
				return
			}
			if !first {
				os.Exit(exitInterrupted)
			}
			fmt.Fprintf(stderr, "ordertimeout: %v: stopping; once more to end at once\n", s)
			run.Stop()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

// startProfile writes a CPU profile to a file, if one is named.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		return nil, fmt.Errorf("-cpuprofile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close() // nothing more can be done about a profile
	}, nil
}
