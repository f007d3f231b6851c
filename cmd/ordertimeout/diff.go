package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/compare"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/rules"
)

// diffUsage prints the flags of ordertimeout diff.
func diffUsage(w io.Writer) {
	fmt.Fprint(w, `Usage: ordertimeout diff -rules NEW -against OLD -input FROM [flags of the run]

Runs the rules of two files over the same input, one after the other, and prints what
differs: of each rule the counts side by side, "-" where only one file has it, without what
is 0 in both, and the orders whose outcomes are not the same, as

  rule unpaid: order o-1
    - timeout    started 2026-03-02 09:00:00.000  at 2026-03-02 09:10:00.000
    + success    started 2026-03-02 09:00:00.000  at 2026-03-02 09:12:30.000

with - for what OLD alone gives and + for NEW. Rules are compared by name, and outcomes by
order, kind, startedAt and time; what a rule does not give (outcomes) is counted alone. Put
"diff -rules NEW -against OLD" before the flags of a run: those of its input and time mean
what they mean there, for both files.

  -rules NEW      the rules that are to be tried
  -against OLD    the rules that they are compared with
  -limit N        how many orders are printed (default 20; 0: all)

Nothing is written. -success, -timeouts, -rejects, -summary and the like are ignored; with
-open or -carry the log goes on behind its end, so that what a run would leave undecided is
undecided here. The whole input is read: the carry file is neither read nor written. A file
that the run follows (-follow) is read as it is. Standard input and pipes are refused. The
outcomes are in temporary files (TMPDIR) until they are compared, some 40 bytes each; memory
is that of a run, and what is printed.

Exit status: 0 nothing differs, 1 something does, 2 wrong flags, a wrong file of rules, or an
input that cannot be read or of which no event was understood.
`)
}

// diffOptions are the settings of ordertimeout diff.
type diffOptions struct {
	options
	against string
	limit   int
	sides   [2]side // by compare.Side
}

// side is the run of one file of rules.
type side struct {
	options
	run      *process.Run
	compared pipeline.Compared
	counters map[string]int64
}

// diff compares what two files of rules give, and returns the exit status.
func diff(args []string, stdout, stderr io.Writer) int {
	log := newJournal(stderr, logFormatOf(args))
	o, err := parseDiff(args)
	defer o.close()
	var faults faultyRules
	switch {
	case errors.Is(err, flag.ErrHelp):
		diffUsage(stdout)
		return exitOK
	case errors.As(err, &faults):
		tell(faults.error, log)
		return exitTrouble
	case err != nil:
		tell(fmt.Errorf("diff: %w", err), log)
		log.plain("Run 'ordertimeout diff -h' for the flags.\n")
		return exitTrouble
	}
	beam.Init() // sets up a log of its own, which is replaced at once
	log.takeSDK(o.verbose)
	differs, err := o.compare(stdout)
	switch {
	case err != nil:
		tell(fmt.Errorf("diff: %w", err), log)
		return exitTrouble
	case differs:
		return exitFailed
	}
	return exitOK
}

// faultyRules is the error of files of rules: a line for each fault, with its place.
type faultyRules struct{ error }

// parseDiff reads the command line; its errors are one line each, but for faultyRules.
func parseDiff(args []string) (diffOptions, error) {
	o := diffOptions{options: options{config: pipeline.Default()}}
	for i := range o.sides {
		o.sides[i].run = process.NewRun()
	}
	fs := flag.NewFlagSet("ordertimeout diff", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	define(fs, &o.options)
	fs.StringVar(&o.against, "against", "", "")
	fs.IntVar(&o.limit, "limit", 20, "")
	if err := defineGlobal(fs); err != nil {
		return o, err
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	return o, o.validate(fs)
}

func (o *diffOptions) validate(fs *flag.FlagSet) error {
	kinds := o.config.Kinds()
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: inputs are named with -input", kinds.Show(fs.Arg(0)))
	case o.rules == "" && given(fs, "pattern"):
		return errors.New("-pattern: files of rules are compared: want -rules, and the pattern in it")
	case o.rules == "":
		return errors.New("no -rules: want the file of the rules that are to be tried")
	case o.against == "":
		return errors.New("no -against: want the file of the rules that they are compared with")
	case o.limit < 0:
		return fmt.Errorf("-limit %d: want a number of orders, or 0 for all", o.limit)
	case len(o.config.Input) == 0:
		return errors.New("no -input: want a file or a glob")
	}
	if err := refuseDefaults(fs, kinds); err != nil {
		return err
	}
	if err := o.refuseBesideRules(fs); err != nil {
		return err
	}
	return o.plans(fs)
}

// plans reads the files and plans both runs. What is wrong with both is told of the new one.
func (o *diffOptions) plans(fs *flag.FlagSet) error {
	tried, err := loadRules(o.rules)
	against, oldErr := loadRules(o.against)
	if err := errors.Join(err, oldErr); err != nil {
		return faultyRules{err}
	}
	if err := o.sides[compare.New].prepare(o.options, tried, fs); err != nil {
		return err
	}
	o.options.rules = o.against
	if err := o.sides[compare.Old].prepare(o.options, against, fs); err != nil {
		return fmt.Errorf("-against %s: %w", o.against, err)
	}
	return nil
}

// prepare plans a run of the rules of a file.
func (s *side) prepare(with options, file rules.File, fs *flag.FlagSet) (err error) {
	s.options = with
	s.config.Run = s.run.ID
	s.takeRules(file, fs)
	s.compared, err = s.config.Compared()
	s.plan = s.compared.Plan
	return err
}

// close closes the runs, if they have not come to their ends.
func (o *diffOptions) close() {
	for i := range o.sides {
		_ = o.sides[i].run.Close() // it has closed already, or nothing of it counts
	}
}

// compare runs both and writes what differs.
func (o *diffOptions) compare(stdout io.Writer) (differs bool, err error) {
	for i := range o.sides {
		s := &o.sides[i]
		if s.compared, err = s.compared.Resolve(); err != nil {
			return false, err
		}
	}
	remove, err := beamfix.TemporaryDirectory()
	if err != nil {
		return false, err
	}
	defer remove()
	store, err := compare.NewStore(pipeline.CompareRules(o.sides[compare.Old].compared.Rules, o.sides[compare.New].compared.Rules))
	if err != nil {
		return false, err
	}
	defer store.Close()
	if err := o.execute(store); err != nil {
		return false, err
	}
	found, err := store.Find(o.limit)
	if err != nil {
		return false, err
	}
	tables := o.tables()
	return found.Total > 0 || differ(tables), writeDifferences(stdout, tables, found)
}

// execute runs both sides, one after the other: each takes the memory of a run.
func (o *diffOptions) execute(to *compare.Store) error {
	for i := range o.sides {
		if err := o.sides[i].execute(to, compare.Side(i)); err != nil {
			return err
		}
	}
	old, tried := &o.sides[compare.Old], &o.sides[compare.New]
	was, is := old.counters[count.Read], tried.counters[count.Read]
	if was != is && old.config.Names.Format == tried.config.Names.Format {
		return fmt.Errorf("the input has changed: %d events were read, and then %d", was, is)
	}
	return nil
}

// execute runs a side to its end. Its outcomes go to a store.
func (s *side) execute(to *compare.Store, as compare.Side) error {
	graph, root := beam.NewPipelineWithRoot()
	if err := pipeline.BuildCompared(root, s.compared, s.run, to, as); err != nil {
		return err
	}
	counters, err := executePrism(graph, s.run)
	if cause := s.run.Err(); cause != nil {
		err = cause
	}
	if err != nil {
		return err
	}
	s.counters = counters
	give(s.compared.Plan, counters)
	_, err = lines(s.compared.Plan, counters)
	if nothing := nothingWorked(counters, s.options, s.run); nothing != nil {
		err = errors.Join(err, fmt.Errorf("with %s: %w", s.rules, nothing)) // the files may name the members otherwise
	}
	return errors.Join(err, s.run.Close())
}
