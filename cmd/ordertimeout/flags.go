package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"ordertimeout/cmd/internal/flink"
	"ordertimeout/pipeline"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/connect"
)

// options are the settings of the command.
type options struct {
	config  pipeline.Config
	plan    pipeline.Plan // what config comes to
	flink   flink.Config
	summary string
	rules   string // the file of rules, "" without
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

// parse reads the command line of a run with an id; its errors are one line each.
func parse(args []string, run string) (options, error) {
	o := options{config: pipeline.Default()}
	o.config.Run = run
	fs := flag.NewFlagSet("ordertimeout", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	define(fs, &o)
	if err := defineGlobal(fs); err != nil {
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

// defineGlobal adds Beam's own flags to a set.
func defineGlobal(fs *flag.FlagSet) error {
	flag.VisitAll(func(f *flag.Flag) {
		if fs.Lookup(f.Name) == nil {
			fs.Var(global{f}, f.Name, f.Usage)
		}
	})
	// The SDK wants to see the global flags parsed, before any is set.
	return flag.CommandLine.Parse(nil)
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
			return errors.New("want " + c.Kinds().SourceForms(false))
		}
		c.Input = append(c.Input, s)
		return nil
	})
	for _, f := range c.Kinds().Flags() {
		f.Bind(fs, f.Name)
	}
	defineNames(fs, &c.Names)
	fs.Func("time-unit", "", func(s string) error {
		unit, ok := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second}[s]
		if !ok {
			return errors.New("want ms or s")
		}
		c.TimeUnit = unit
		return nil
	})
	fs.StringVar(&c.Pattern, "pattern", c.Pattern, "")
	fs.StringVar(&o.rules, "rules", "", "")
	connect.Duration(&c.Within)(fs, "within")
	connect.Duration(&c.MaxWithin)(fs, "max-within")
	fs.IntVar(&c.MaxBranches, "max-branches", c.MaxBranches, "")
	fs.StringVar(&c.Key, "key", c.Key, "")
	connect.Duration(&c.Disorder)(fs, "disorder")
	connect.Duration(&c.Remember)(fs, "remember")
	connect.Duration(&c.MaxAhead)(fs, "max-ahead")
	connect.Duration(&c.Tick)(fs, "tick")
	fs.StringVar(&c.AtEnd, "at-end", c.AtEnd, "")
	fs.IntVar(&c.Shards, "shards", c.Shards, "")
	fs.StringVar(&c.Success, "success", c.Success, "")
	fs.StringVar(&c.Timeouts, "timeouts", c.Timeouts, "")
	fs.StringVar(&c.Started, "started", "", "")
	fs.StringVar(&c.Reminders, "reminders", "", "")
	fs.StringVar(&c.Resolved, "resolved", "", "")
	fs.StringVar(&c.Cancelled, "cancelled", "", "")
	fs.Func("remind", "", func(s string) (err error) {
		c.Remind, err = parseAges(s)
		return err
	})
	connect.Duration(&c.Resolve)(fs, "resolve")
	connect.Duration(&c.Early)(fs, "early")
	fs.StringVar(&c.Rejects, "rejects", c.Rejects, "")
	fs.StringVar(&c.Open, "open", c.Open, "")
	fs.StringVar(&c.Carry, "carry", "", "")
	connect.Duration(&c.CarryEvery)(fs, "carry-every")
	fs.Func("forget", "", func(s string) error {
		c.Forget = append(c.Forget, s)
		return nil
	})
	fs.StringVar(&c.FormatOut, "format-out", c.FormatOut, "")
	fs.StringVar(&o.summary, "summary", connect.None, "")
	fs.StringVar(&o.metrics, "metrics", "", "")
	o.maxStall = defaultMaxStall
	connect.Duration(&o.maxStall)(fs, "max-stall")
	fs.StringVar(&o.profile, "cpuprofile", "", "")
	defineLogFormat(fs)
	fs.BoolVar(&o.quiet, "quiet", false, "")
	fs.StringVar(&c.Runner, "runner", c.Runner, "")
	defineFlink(fs, &o.flink)
	fs.BoolVar(&o.verbose, "v", false, "")
	fs.BoolVar(&o.version, "version", false, "")
}

// parseAges reads the durations of a list such as 5m,8m, in any order.
func parseAges(list string) (ages []time.Duration, err error) {
	for _, text := range strings.Split(list, ",") {
		age, err := syntax.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("%q: want durations such as 5m,8m", text)
		}
		ages = append(ages, age)
	}
	slices.Sort(ages)
	return ages, nil
}

func (o *options) validate(fs *flag.FlagSet) error {
	kinds := o.config.Kinds()
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: inputs are named with -input", kinds.Show(fs.Arg(0)))
	case len(o.config.Input) == 0:
		return errors.New("no -input: want " + kinds.SourceForms(true))
	case o.summary == "":
		return errors.New("-summary \"\": want - (standard output), none or a file")
	}
	if err := refuseDefaults(fs, kinds); err != nil {
		return err
	}
	if err := refuseForeign(fs, o.config.Runner); err != nil {
		return err
	}
	if err := o.completeRunner(); err != nil {
		return err
	}
	if err := o.readRules(fs); err != nil {
		return err
	}
	var err error
	o.config.Beside = []string{o.summary, o.profile}
	if o.plan, err = o.config.Plan(); err != nil {
		return err
	}
	embedded := o.config.Runner == pipeline.RunnerPrism || o.config.Runner == runnerDirect
	if o.config.FormatOut == "" && embedded && !o.plan.Carries() {
		o.plan.Table = forPeople(o.plan, os.Stdout)
	}
	return nil
}

// refuseDefaults refuses the values of durations that mean a default: they do in the
// settings, but not to who writes them.
func refuseDefaults(fs *flag.FlagSet, kinds connect.List) (err error) {
	aboveZero, fromZero := []string{"within", "max-within", "tick", "carry-every", "resolve", "early"}, []string{"remember", "max-stall"}
	for _, f := range kinds.Flags() {
		switch {
		case f.AboveZero:
			aboveZero = append(aboveZero, f.Name)
		case f.FromZero:
			fromZero = append(fromZero, f.Name)
		}
	}
	fs.Visit(func(f *flag.Flag) {
		switch d := f.Value.String(); {
		case d == "0s" && slices.Contains(aboveZero, f.Name):
			err = fmt.Errorf("-%s %s: want at least 1ms", f.Name, d)
		case strings.HasPrefix(d, "-") && slices.Contains(fromZero, f.Name):
			err = fmt.Errorf("-%s %s: want at least 0s", f.Name, d)
		}
	})
	return err
}

// forPeople reports whether the outcomes on standard output are for people, where nobody
// has said: they are on a terminal.
func forPeople(p pipeline.Plan, stdout *os.File) bool {
	return p.OutcomesOnStdout() && term.IsTerminal(int(stdout.Fd()))
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
