// Command ordertimeout reports which orders of a log or a stream were created
// and not paid within a time, and which were paid in time. Run it with -h for
// its flags.
//
// It exits with 0 when the input has ended or after it was asked to stop, with 1
// when the run failed, also where no line of the input was an event that it could use,
// with 2 on wrong flags, and with 130 on a second signal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/pipeline"
	"ordertimeout/transforms"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/screen"
)

func main() {
	beamfix.Install()
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

// subcommands are what a first argument that is no flag may be. They take the
// arguments after it, and return the exit status.
var subcommands = map[string]func(args []string, stdout, stderr io.Writer) int{
	"check":   check,
	"diff":    diff,
	"explain": explain,
	"open":    openOrders,
	"resend":  resend,
	"why":     why,
}

// run is main without the process: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && subcommands[args[0]] != nil {
		return subcommands[args[0]](args[1:], stdout, stderr)
	}
	log := newJournal(stderr, logFormatOf(args)) // also for what is wrong with args
	current := process.NewRun()
	defer current.Close() // where it has not come to its end
	o, err := parse(args, current.ID)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return tell(usage(stdout, o.config.Kinds()), log)
	case err != nil:
		tell(err, log)
		log.plain("Run 'ordertimeout -h' for the flags.\n")
		return exitUsage
	case o.version:
		fmt.Fprintln(stdout, version())
		return exitOK
	}
	beam.Init() // sets up a log of its own, which is replaced at once
	log.takeSDK(o.verbose)
	if o.config.Runner == runnerDirect {
		log.warn("-runner direct: the SDK's direct runner has no state or timers; using the embedded runner, prism")
	}
	if o.config.Runner == pipeline.RunnerDataflow {
		err = runDataflow(o, stdout, log)
	} else {
		err = execute(o, current, log)
	}
	return tell(err, log)
}

// tell says what a run has failed with, if it has, and returns the exit status. What is
// wrong may have come from outside, as a name or a pattern.
func tell(err error, log journal) int {
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(err.Error()) { // each is a reason of its own
		log.fail("%s", screen.Text(strings.TrimSuffix(line, "\n")))
	}
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// endOfProcess is how long the process is there at most once its run is closed.
const endOfProcess = 5 * time.Second

// execute runs the pipeline from open outputs to the summary.
func execute(o options, current *process.Run, log journal) (err error) {
	current.Cluster = o.config.Runner == pipeline.RunnerFlink
	current.EndTime = endOfProcess
	stopOnSignal(current, log) // before anything is changed
	inputs := o.config.Input
	err = checkFiles(&o)
	if errors.As(err, new(usageError)) {
		return err
	}
	var keeper *carry.Keeper
	if err == nil { // before anything is touched: another process may be at work with the file
		o.plan, keeper, err = o.plan.OpenCarry(current)
		for _, w := range o.plan.Warnings {
			log.warn("%s", screen.Text(w))
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(err, forgetSummary(o.summary, inputs)); err != nil {
		return err
	}
	profiled, err := startProfile(o.profile)
	if err != nil {
		return err
	}
	defer profiled()
	if o.plan, err = checkServices(o.plan, log); err != nil {
		return err
	}
	h := newHealth(current, o.plan, o.maxStall)
	served, err := serveMetrics(o.metrics, h)
	if err != nil {
		return err
	}
	defer served()
	manager, err := startNotifier(current, h.alive, log)
	if err != nil {
		return err
	}
	defer manager.stop()
	outputs, err := openOutputs(current, since(keeper, o.plan.Outputs()))
	if err != nil {
		return err
	}
	for _, w := range outputs.Warnings() {
		log.warn("%s", w)
	}
	if keeper != nil {
		keeper.Outputs(outputs)
	}
	defer tellWriting(current, outputs, o.config.Open, keeper, manager, log)()
	if o.plan.Table {
		fmt.Println(transforms.TableHeader()) // a failure is that of the rows, too
	}
	var carried error // why the carry file is not written
	bar := startProgress(current, o, log)
	counters, err := runPipeline(o, current, log)
	bar.stop()
	if counters != nil { // else the pipeline has not come to its end, and nobody knows what is open
		err = errors.Join(err, manager.atWork(func() error {
			err := o.commit(outputs, current, log)
			if keeper != nil {
				carried = keeper.Finish()
			}
			return errors.Join(err, carried)
		}))
	}
	if closeErr := current.Close(); err == nil {
		err = closeErr
	}
	if cause := current.Err(); cause != nil {
		o.failed = true
		err = withUndelivered(cause, current, o.plan.Rejects, carried)
	}
	if counters == nil {
		return err
	}
	return errors.Join(err, report(counters, o, current, log))
}

// commit puts the file of the open orders in its place. Where it would replace an input
// that the same command is to read again, it does not: files were not read to their ends,
// or not all was delivered.
func (o options) commit(outputs *localfile.Set, run *process.Run, log journal) error {
	unread := run.Counters()[count.AllRead] == 0
	failed := run.Err() != nil && !o.plan.ReadOnce()
	if o.takesPlace && (unread || failed) {
		log.warn("not all was read and delivered: %s is left as it was, for the same command again", o.config.Open)
		return nil
	}
	return outputs.Commit()
}

// checkServices asks what is not on this machine whether it can be used, and returns the plan
// with what that says.
func checkServices(p pipeline.Plan, log journal) (pipeline.Plan, error) {
	p, warnings, err := p.Check(context.Background())
	for _, w := range warnings {
		log.warn("%s", screen.Text(w))
	}
	if errors.Is(err, pipeline.ErrLoop) {
		err = usageError{err}
	}
	return p, err
}

// usageError is a wrong combination of flags that only a look at the files, or at the
// service, shows.
type usageError struct{ error }

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
