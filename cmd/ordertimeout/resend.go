package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// resendUsage prints the flags of ordertimeout resend.
func resendUsage(w io.Writer) {
	fmt.Fprint(w, `Usage: ordertimeout resend -from FILE [-success TO] [-timeouts TO] [flags]

Sends outcomes again that a run could not deliver: those with the reason undelivered
in what it wrote to -rejects. They are sent as they were, with the same ids, so that a
receiver can drop what it has already. Other rejects are skipped.

  -from FILE      the rejects of that run, - is stdin: repeat it for several files
  -success TO     where orders paid in time are sent to
  -timeouts TO    where orders not paid in time are sent to
  -rejects TO     what is not delivered this time either, for the next resend
                  (default none: it is in -from still)
  -log-format F   of what stands on stderr: text, or json for who collects logs (default text)
  -quiet          no summary
  -v              the SDK's log, too

TO is - for stdout, none, pubsub://PROJECT/TOPIC, or a file, which is added to. -success
and -timeouts may also be a webhook: https://…, or the word webhook for the URL that is in
ORDERTIMEOUT_WEBHOOK_URL, or in the file that ORDERTIMEOUT_WEBHOOK_URL_FILE names.

Exit status: 0 all were delivered, 1 some were not, or a line of -from is no reject,
2 wrong flags.
`)
}

// resendOptions are the settings of ordertimeout resend.
type resendOptions struct {
	config         pipeline.ResendConfig
	plan           pipeline.ResendPlan // what config comes to
	quiet, verbose bool
}

// resend sends again what a run could not deliver, and returns the exit status.
func resend(args []string, stdout, stderr io.Writer) int {
	log := newJournal(stderr, logFormatOf(args))
	current := process.NewRun()
	current.EndTime = endOfProcess
	defer current.Close() // where it has not come to its end
	o, err := parseResend(args, current.ID)
	switch {
	case errors.Is(err, flag.ErrHelp):
		resendUsage(stdout)
		return exitOK
	case err != nil:
		tell(err, log)
		log.plain("Run 'ordertimeout resend -h' for the flags.\n")
		return exitUsage
	}
	beam.Init()
	log.takeSDK(o.verbose)
	return tell(executeResend(o, current, log), log)
}

// parseResend reads the command line of a run with an id; its errors are one line each.
func parseResend(args []string, run string) (resendOptions, error) {
	o := resendOptions{config: pipeline.ResendConfig{Rejects: connect.None, Run: run}}
	c := &o.config
	fs := flag.NewFlagSet("ordertimeout resend", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("from", "", func(path string) error {
		if path == "" {
			return errors.New("want a file, or - (standard input)")
		}
		c.From = append(c.From, path)
		return nil
	})
	fs.StringVar(&c.Success, "success", "", "")
	fs.StringVar(&c.Timeouts, "timeouts", "", "")
	fs.StringVar(&c.Rejects, "rejects", c.Rejects, "")
	defineLogFormat(fs)
	fs.BoolVar(&o.quiet, "quiet", false, "")
	fs.BoolVar(&o.verbose, "v", false, "")
	// The SDK wants to see the global flags parsed.
	if err := flag.CommandLine.Parse(nil); err != nil {
		return o, err
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: files of rejects are named with -from", new(pipeline.Config).Kinds().Show(fs.Arg(0)))
	}
	var err error
	if o.plan, err = c.Plan(); err != nil {
		return o, err
	}
	for _, from := range c.From {
		for _, target := range o.plan.Outputs() {
			if sameFile(from, target.Name) {
				return o, fmt.Errorf("output %s is also read: want another file", target.Name)
			}
		}
	}
	return o, nil
}

// executeResend runs the pipeline from open outputs to the summary.
func executeResend(o resendOptions, current *process.Run, log journal) error {
	if err := checkReadable(o.config.From); err != nil {
		return err
	}
	if err := o.plan.Check(context.Background()); err != nil {
		return err
	}
	_, err := localfile.Open(current, o.plan.Outputs()...)
	if err != nil {
		return err
	}
	remove, err := beamfix.TemporaryDirectory()
	if err != nil {
		return err
	}
	defer remove()
	stopOnSignal(current, log)
	graph, s := beam.NewPipelineWithRoot()
	pipeline.BuildResend(s, o.plan)
	_, err = executePrism(graph, current)
	if closeErr := current.Close(); err == nil {
		err = closeErr
	}
	counters := current.Counters()
	if err == nil && !o.quiet { // else nobody knows what was delivered
		summarizeResend(counters, log)
	}
	if cause := current.Err(); cause != nil {
		err = cause
	}
	if err == nil {
		err = undelivered(counters)
	}
	return err
}

// checkReadable returns why one of the files cannot be opened.
func checkReadable(paths []string) error {
	for _, path := range paths {
		if path == connect.Stdout {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("-from: %w", err)
		}
		f.Close()
	}
	return nil
}

// summarizeResend writes what became of what was read.
func summarizeResend(counters map[string]int64, log journal) {
	sent, unsent, refused := counters[pipeline.SentCounter], counters[pipeline.UnsentCounter], counters[count.Undelivered]
	log.plain(fmt.Sprintf("%d undelivered outcomes = %d delivered + %d not delivered again + %d without a target\n%d other rejects are skipped\n",
		sent+unsent, sent-refused, refused, unsent, counters[pipeline.SkippedCounter]))
}

// undelivered returns an error of a line where not all was delivered.
func undelivered(counters map[string]int64) error {
	all := counters[pipeline.SentCounter] + counters[pipeline.UnsentCounter]
	left, broken := counters[pipeline.UnsentCounter]+counters[count.Undelivered], counters[pipeline.BrokenCounter]
	switch {
	case left == 0 && broken == 0:
		return nil
	case broken == 0:
		return fmt.Errorf("resend: %d of %d outcomes were not delivered", left, all)
	case left == 0:
		return fmt.Errorf("resend: %d lines are no reject with a whole outcome", broken)
	}
	return fmt.Errorf("resend: %d of %d outcomes were not delivered, and %d lines are no reject with a whole outcome", left, all, broken)
}
