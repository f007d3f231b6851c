package pipeline

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms"
	"ordertimeout/transforms/compare"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/rules"
)

func init() {
	register.DoFn1x1[*order.Outcome, error](&compareFn{})
}

// Compared is one of two runs over the same input whose outcomes are compared. Its outcomes
// are all that its rules give, whatever the outputs of the settings are.
type Compared struct{ Plan }

// comparedInputs are what two runs can read one after the other.
const comparedInputs = "a file or a glob"

// Compared returns the run of the settings, which want a Run. It looks at no file. The whole
// input is read, and as in [Config.Why] the log goes on where there is an open file or a carry
// file. The error is a line that names the flag.
func (c Config) Compared() (Compared, error) {
	c, err := c.again("outcomes are compared", comparedInputs)
	if err != nil {
		return Compared{}, err
	}
	all, err := c.allRules()
	if err != nil {
		return Compared{}, err
	}
	// Of each kind there is an output, so that it is made; nothing is written to it.
	c.Success, c.Timeouts, c.Started, c.Rejects = localfile.Stdout, localfile.Stdout, localfile.Stdout, connect.None
	c.Reminders, c.Resolved, c.Cancelled, c.Beside = "", "", "", nil
	if !byEvent(all) {
		c.MaxWithin = 0 // it is for the other run
	}
	if slices.ContainsFunc(all, cancels) {
		c.Cancelled = localfile.Stdout
	}
	p, err := c.Plan()
	if err != nil {
		return Compared{}, err
	}
	for i := range p.matches {
		p.matches[i].OpenUnread = true
	}
	return Compared{p}, nil
}

// Resolve looks up what is there to read. The error names what is missing, or cannot be read
// or not twice.
func (c Compared) Resolve() (Compared, error) {
	plan, _, err := c.Plan.Resolve()
	if err != nil {
		return c, err
	}
	if c.Plan = plan; c.ReadOnce() {
		return c, errors.New("-input: it is read twice, which standard input and pipes cannot be: want " + comparedInputs)
	}
	return c, nil
}

// CompareRules returns the rules of two runs: those of the new one in their order, then those
// that only the old one has. Of rules that are in both under one name and have different keys
// orders are compared by their ids alone.
func CompareRules(old, new []rules.Rule) []compare.Rule {
	var all []compare.Rule
	index := map[string]int{}
	for _, r := range slices.Concat(new, old) {
		byOrder := r.Key == KeyOrder
		if i, ok := index[r.Name]; ok {
			all[i].ByOrder = all[i].ByOrder || byOrder
			continue
		}
		index[r.Name] = len(all)
		all = append(all, compare.Rule{Name: r.Name, ByOrder: byOrder})
	}
	return all
}

// BuildCompared adds a run to a scope, whose outcomes go to a store.
func BuildCompared(s beam.Scope, c Compared, run *process.Run, to *compare.Store, side compare.Side) error {
	if err := process.Add(run, &compared{to, side}); err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	events, _ := c.source.Read(s)
	joined := c.joined()
	for _, m := range c.matches {
		s := scopeOf(s, m)
		found := transforms.Match(s, events, m)
		for _, of := range c.outcomes() {
			if _, elsewhere := joined[of.kind]; !elsewhere {
				beam.ParDo0(s, &compareFn{RunID: run.ID}, found.Of(of.kind))
			}
		}
	}
	return nil
}

// compared is where the outcomes of a run go. The store is not the run's own.
type compared struct {
	to   *compare.Store
	side compare.Side
}

// Close implements io.Closer.
func (*compared) Close() error { return nil }

// compareFn gives outcomes to the store that a run's are compared in.
type compareFn struct {
	RunID string

	run  *process.Run
	with *compared
}

// Setup finds the store.
func (fn *compareFn) Setup() error {
	fn.run = process.Of(fn.RunID)
	with, ok := process.Find[*compared](fn.run)
	if !ok {
		return fn.run.Fail(fmt.Errorf("pipeline: run %s has no store of outcomes: want one in this process", fn.RunID))
	}
	fn.with = with
	return nil
}

// ProcessElement adds an outcome.
func (fn *compareFn) ProcessElement(o *order.Outcome) error {
	return fn.run.Fail(fn.with.to.Add(fn.with.side, o))
}
