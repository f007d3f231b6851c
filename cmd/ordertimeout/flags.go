package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/term"

	"ordertimeout/cmd/internal/flink"
	"ordertimeout/pipeline"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/webhook"
)

// options are the settings of the command.
type options struct {
	config  pipeline.Config
	flink   flink.Config
	summary string
	profile string
	metrics string
	// maxStall is how long nothing may move before /healthz fails. Zero: for ever.
	maxStall time.Duration
	quiet    bool
	verbose  bool
	version  bool

	takesPlace bool // the open orders take the place of an input
	failed     bool // the run has, for a reason that says what was not delivered
}

// usage prints the flags of the command, on one screen.
func usage(w io.Writer) {
	fmt.Fprint(w, `Usage: ordertimeout -input FROM [flags], or ordertimeout resend -h (sends undelivered outcomes again)

Reports which orders were created and not paid in time, and which were paid.

Input:
  -input FROM        file of JSON lines or CSV (also .gz, .zst), glob, or - (stdin): repeat it for several;
                     demo: (a simulated shop); pubsub://PROJECT/SUBSCRIPTION
  -input-if-any FILE a file that may be missing, as what -open wrote the day before
  -format FORMAT     jsonl or csv (default: by the file's name)
  -columns A,B,...   columns of CSV without a header row
  -time-unit UNIT    of integer times: ms or s (default ms)
Pattern:
  -pattern TEXT      default "create followedBy pay within 10m"
  -within D          replaces the pattern's duration
  -key KEY           user: an order is a user's order; order: its id alone (default user)
  -remember D        how long ended orders are known, to tell repeats (default: within)
Time:
  -disorder D        how far events may be out of order (default 5s)
  -live              -input is a pipe that is written to now: once it is silent time goes on with the clock
  -max-lag D         how far the events of such a pipe may come behind their time (default 1m)
  -max-ahead D       an event further ahead of the clock is malformed (default 24h; 0: none)
  -max-jump D        so far ahead of the rest a clock is wrong (default: most of within, disorder, 1h; 0: off)
  -tick D            how often deadlines are looked at (default within/60, 10ms to 10s)
  -at-end WHAT       open orders at the end of the input: open or timeout (default open)
Output (TO is a file, - for stdout, none, or pubsub://PROJECT/TOPIC):
  -success TO        orders paid in time (default -); also a webhook: https://…, or the word webhook for
  -timeouts TO       orders not paid in time (default -); the same           $ORDERTIMEOUT_WEBHOOK_URL
  -rejects TO        duplicate, orphan, late, malformed events, undelivered outcomes (default none)
  -open TO           the events of open orders at the end: an input for the next run (default none)
  -format-out FORMAT outcomes on stdout: jsonl, or table for people (default: table on a terminal)
  -summary TO        the counters, as a JSON object: a file or - (default none)
  -quiet             no summary and no advice at the end, no progress
Running:
  -runner RUNNER     prism, the embedded one (default); flink: -endpoint, -flink-options K=V,…
                     -resume CHECKPOINT -detach; dataflow: -project … (for both see the README)
  -file-window D     a file is a directory there: event time in a file of it (default 1h; of Pub/Sub 1m)
  -file-shards N     files of such a window (default 1)
  -shards N          groups of users that state is kept by (default 16)
  -metrics ADDRESS   serve /metrics (for Prometheus), /healthz and /livez, as on :9090
  -max-stall D       /healthz fails once nothing has moved for longer (default 5m; 0: never)
  -cpuprofile FILE   a CPU profile of the run, for go tool pprof
  -v, -version       the SDK's log, too; print the version
Durations: 90s, 10m, 1h30m. Beam's own flags are taken, too. Exit status: 0 done or stopped by a signal,
1 the run failed or understood no event, 2 wrong flags, 130 ended at once by a second signal.
`)
}

// parse reads the command line; its errors are one line each.
func parse(args []string) (options, error) {
	o := options{config: pipeline.Default()}
	fs := flag.NewFlagSet("ordertimeout", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	define(fs, &o)
	flag.VisitAll(func(f *flag.Flag) { // Beam's own
		if fs.Lookup(f.Name) == nil {
			fs.Var(global{f}, f.Name, f.Usage)
		}
	})
	// The SDK wants to see the global flags parsed, before any is set.
	if err := flag.CommandLine.Parse(nil); err != nil {
		return o, err
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if o.version || isWorker() {
		return o, nil
	}
	err := o.validate(fs)
	return o, err
}

// global is a flag of the SDK. The SDK asks which of its flags were set, and gives
// those to its runners, so they are set where it looks.
type global struct{ *flag.Flag }

func (g global) Set(value string) error { return flag.Set(g.Name, value) }

func (g global) IsBoolFlag() bool {
	b, ok := g.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func (g global) String() string {
	if g.Flag == nil { // package flag asks the zero value for the default
		return ""
	}
	return g.Value.String()
}

func define(fs *flag.FlagSet, o *options) {
	c := &o.config
	fs.Func("input", "", func(s string) error {
		if s == "" {
			return errors.New("want a file, a glob, -, a demo: URI or pubsub://PROJECT/SUBSCRIPTION")
		}
		c.Input = append(c.Input, s)
		return nil
	})
	fs.Func("input-if-any", "", func(s string) error {
		if s == "" {
			return errors.New("want a file")
		}
		c.InputIfAny = append(c.InputIfAny, s)
		return nil
	})
	fs.StringVar(&c.Format, "format", c.Format, "")
	fs.Func("columns", "", func(s string) error {
		c.Columns = strings.Split(s, ",")
		return nil
	})
	fs.Func("time-unit", "", func(s string) error {
		unit, ok := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second}[s]
		if !ok {
			return errors.New("want ms or s")
		}
		c.TimeUnit = unit
		return nil
	})
	fs.StringVar(&c.Pattern, "pattern", c.Pattern, "")
	fs.DurationVar(&c.Within, "within", c.Within, "")
	fs.StringVar(&c.Key, "key", c.Key, "")
	fs.DurationVar(&c.Disorder, "disorder", c.Disorder, "")
	fs.DurationVar(&c.Remember, "remember", c.Remember, "")
	fs.DurationVar(&c.MaxAhead, "max-ahead", c.MaxAhead, "")
	fs.DurationVar(&c.MaxJump, "max-jump", c.MaxJump, "")
	fs.BoolVar(&c.LivePipe, "live", false, "")
	fs.DurationVar(&c.MaxLag, "max-lag", c.MaxLag, "")
	fs.DurationVar(&c.Tick, "tick", c.Tick, "")
	fs.StringVar(&c.AtEnd, "at-end", c.AtEnd, "")
	fs.IntVar(&c.Shards, "shards", c.Shards, "")
	fs.StringVar(&c.Success, "success", c.Success, "")
	fs.StringVar(&c.Timeouts, "timeouts", c.Timeouts, "")
	fs.StringVar(&c.Rejects, "rejects", c.Rejects, "")
	fs.StringVar(&c.Open, "open", c.Open, "")
	fs.DurationVar(&c.FileWindow, "file-window", c.FileWindow, "")
	fs.IntVar(&c.FileShards, "file-shards", c.FileShards, "")
	fs.StringVar(&c.FormatOut, "format-out", c.FormatOut, "")
	fs.StringVar(&o.summary, "summary", localfile.None, "")
	fs.StringVar(&o.metrics, "metrics", "", "")
	fs.DurationVar(&o.maxStall, "max-stall", defaultMaxStall, "")
	fs.StringVar(&o.profile, "cpuprofile", "", "")
	fs.BoolVar(&o.quiet, "quiet", false, "")
	fs.StringVar(&c.Runner, "runner", c.Runner, "")
	defineFlink(fs, &o.flink)
	fs.BoolVar(&o.verbose, "v", false, "")
	fs.BoolVar(&o.version, "version", false, "")
}

func (o *options) validate(fs *flag.FlagSet) error {
	var err error
	fs.Visit(func(f *flag.Flag) { // zero means the default in Config, but not to who writes it
		switch d := f.Value.String(); f.Name {
		case "within", "tick", "file-window":
			if d == "0s" {
				err = fmt.Errorf("-%s %s: want at least 1ms", f.Name, d)
			}
		case "remember", "max-jump", "max-lag", "max-stall":
			if strings.HasPrefix(d, "-") {
				err = fmt.Errorf("-%s %s: want at least 0s", f.Name, d)
			}
		}
	})
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: inputs are named with -input", webhook.Show(fs.Arg(0)))
	case err != nil:
		return err
	case len(o.config.Input) == 0:
		return errors.New("no -input: want a file, a glob, - (standard input), a demo: URI or pubsub://PROJECT/SUBSCRIPTION")
	}
	if o.summary == "" {
		return errors.New("-summary \"\": want - (standard output), none or a file")
	}
	if err := refuseForeign(fs, o.config.Runner); err != nil {
		return err
	}
	if err := o.completeRunner(); err != nil {
		return err
	}
	if o.config.FormatOut == "" {
		o.config.FormatOut = formatFor(o.config, os.Stdout)
	}
	return o.config.Validate()
}

// formatFor returns how outcomes are written to standard output where nobody has said:
// for people on a terminal, else for programs.
func formatFor(c pipeline.Config, stdout *os.File) string {
	embedded := c.Runner == pipeline.RunnerPrism || c.Runner == runnerDirect
	if embedded && c.OutcomesOnStdout() && term.IsTerminal(int(stdout.Fd())) {
		return pipeline.FormatTable
	}
	return pipeline.FormatLines
}

// version returns the module's version and that of Beam.
func version() string {
	v, sdk := "(devel)", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			v = info.Main.Version
		}
		for _, m := range info.Deps {
			if m.Path == "github.com/apache/beam/sdks/v2" {
				sdk = m.Version
			}
		}
	}
	return fmt.Sprintf("ordertimeout %s (Apache Beam Go SDK %s)", v, sdk)
}
