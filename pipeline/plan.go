package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/rules"
)

// Plan is a pipeline whose settings are valid. Config.Plan makes one.
type Plan struct {
	// Rules are what is run; without a file of rules there is one.
	Rules []rules.Rule
	// Live says that the input is of now and never ends.
	Live bool
	// Table says that the outcomes on standard output are a table for people.
	Table bool

	outputs
	input   string // the first of the inputs, for errors
	source  connect.Source
	matches []transforms.MatchConfig // by the key of their rules
	carry   carry.Config             // without a Path nothing is carried
}

// Output is what is written to.
type Output struct {
	connect.Target
	connect.Sink
	// Connector is the name of the one that writes it.
	Connector string
}

// outputs are the outputs of a pipeline.
type outputs struct {
	Success, Timeouts, Started, Reminders, Resolved, Cancelled Output
	Rejects, Open                                              Output

	// keeps says that a carry file has what nothing else takes: that of the process.Run with
	// the id run.
	keeps bool
	run   string
}

// outcomeOutput is the output of a kind of outcome, and the name of its scope in the
// pipeline.
type outcomeOutput struct {
	*Output
	kind  order.Kind
	scope string
}

// outcomes returns the outputs of outcomes in the order of the flags. There are always two;
// others are there if they are something.
func (o *outputs) outcomes() []outcomeOutput {
	outcomes := []outcomeOutput{
		{&o.Success, order.Success, "successes"},
		{&o.Timeouts, order.Timeout, "timeouts"},
	}
	for _, to := range []outcomeOutput{
		{&o.Reminders, order.Reminder, "reminders"},
		{&o.Resolved, order.Resolved, "resolved"},
		{&o.Cancelled, order.Cancelled, "cancelled"},
		{&o.Started, order.Started, "started"},
	} {
		if to.Sink != nil && !to.Traits().Nothing {
			outcomes = append(outcomes, to)
		}
	}
	return outcomes
}

// each returns the outputs in the order of the flags.
func (o *outputs) each() (each []*Output) {
	for _, to := range o.outcomes() {
		each = append(each, to.Output)
	}
	return append(each, &o.Rejects, &o.Open)
}

// Gives reports whether there is an output for a kind of outcome.
func (o *outputs) Gives(kind order.Kind) bool {
	return slices.ContainsFunc(o.outcomes(), func(to outcomeOutput) bool { return to.kind == kind && !to.Traits().Nothing })
}

// joined returns the kinds of outcome that go where another one goes, and that one: one sink
// has them in their order.
func (o *outputs) joined() map[order.Kind]order.Kind {
	joined := map[order.Kind]order.Kind{}
	first := map[string]order.Kind{}
	for _, to := range o.outcomes() {
		if kind, ok := first[to.URI]; ok && !to.Traits().Nothing {
			joined[to.kind] = kind
		} else if !ok {
			first[to.URI] = to.kind
		}
	}
	return joined
}

// Plan returns the pipeline of the settings. The error is a line that names the flag. It
// asks no service and looks at no file. Where a subscription is acknowledged by outcome
// the settings want a Run.
func (c Config) Plan() (Plan, error) {
	all, err := c.allRules()
	if err != nil {
		return Plan{}, err
	}
	if err := errors.Join(c.validate(windowsOfAll(all)), c.validateOutputs(all)); err != nil {
		return Plan{}, err
	}
	kinds, env := c.Kinds(), c.env(all)
	kind, name, err := kinds.Source(c.Input, env.Runner)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Rules: all, Live: kind.Live, Table: c.FormatOut == FormatTable}
	if len(c.Input) > 0 {
		p.input = c.Input[0]
	}
	env.Live = kind.Live
	if err := p.parse(kinds, env, c.targets(all)); err != nil {
		return Plan{}, err
	}
	if err := p.validate(c); err != nil {
		return Plan{}, err
	}
	open := p.Open.Traits()
	env.GoesOn, env.Carried, env.RejectsUnread = !open.Nothing || env.Carries, open.File, p.Rejects.Traits().Nothing
	env.Own = p.own(c)
	if err := kinds.Validate(connect.Input{Connector: name, URI: p.input}, env); err != nil {
		return Plan{}, err
	}
	if p.source, err = kind.Parse(c.Input, env); err != nil {
		return Plan{}, err
	}
	p.matches = c.matchAll(p)
	if c.Carry != "" {
		p.keeps, p.run = true, c.Run
		p.carry = carry.Config{
			Path: c.Carry, Every: c.CarryEvery, Pattern: p.writtenPattern(), Key: carry.Keys(keysOf(all)), Source: name, Shards: len(p.matches) * c.Shards,
		}
	}
	return p, nil
}

// env returns what connectors may need to know, but for what outputs and input say.
func (c Config) env(all []rules.Rule) connect.Env {
	return connect.Env{
		Runner:   c.runner(),
		Loopback: c.Loopback,
		Run:      c.Run,
		Decoder: order.DecoderConfig{
			TimeUnit: c.TimeUnit, MaxAhead: c.MaxAhead, ByOrder: slices.Contains(keysOf(all), KeyOrder), Within: windowsOfAll(all).shortest, Names: c.Names.Text(),
		},
		Format:    c.Names.Format,
		Disorder:  c.Disorder,
		EndOfTime: c.AtEnd == AtEndTimeout,

		Carries:      c.Carry != "",
		NotByOutcome: notByOutcome(all),
	}
}

// targets are what the outputs are written to, by their flags.
type targets struct {
	success, timeouts, started, reminders, resolved, cancelled, rejects, open string
}

// targets returns those of the settings. What tells of a timeout that was, or may be, goes
// where timeouts go, and nowhere where no rule gives it.
func (c Config) targets(all []rules.Rule) targets {
	t := targets{
		success: c.Success, timeouts: c.Timeouts, rejects: c.Rejects, open: c.Open, reminders: connect.None, resolved: connect.None,
		started: cmp.Or(c.Started, connect.None), cancelled: cmp.Or(c.Cancelled, connect.None),
	}
	if slices.ContainsFunc(all, func(r rules.Rule) bool { return r.Gives(order.Reminder) }) {
		t.reminders = cmp.Or(c.Reminders, c.Timeouts)
	}
	if slices.ContainsFunc(all, func(r rules.Rule) bool { return r.Gives(order.Resolved) }) {
		t.resolved = cmp.Or(c.Resolved, c.Timeouts)
	}
	return t
}

// parse makes the sinks of the targets.
func (o *outputs) parse(kinds connect.List, env connect.Env, t targets) error {
	o.Success.Target = connect.Target{Flag: "success", URI: t.success, Outcomes: true}
	o.Timeouts.Target = connect.Target{Flag: "timeouts", URI: t.timeouts, Outcomes: true}
	o.Started.Target = connect.Target{Flag: "started", URI: t.started, Outcomes: true}
	o.Reminders.Target = connect.Target{Flag: "reminders", URI: t.reminders, Outcomes: true}
	o.Resolved.Target = connect.Target{Flag: "resolved", URI: t.resolved, Outcomes: true}
	o.Cancelled.Target = connect.Target{Flag: "cancelled", URI: t.cancelled, Outcomes: true}
	o.Rejects.Target = connect.Target{Flag: "rejects", URI: t.rejects}
	o.Open.Target = connect.Target{Flag: "open", URI: t.open}
	for _, output := range append(o.each(), &o.Started, &o.Reminders, &o.Resolved, &o.Cancelled) {
		sink, name, err := kinds.Sink(output.Target, env)
		if err != nil {
			return err
		}
		output.Sink, output.Connector = sink, name
	}
	return nil
}

// validate checks what several settings say together.
func (p Plan) validate(c Config) error {
	opens := !p.Open.Traits().Nothing
	if opens && c.AtEnd == AtEndTimeout {
		return fmt.Errorf("-at-end timeout with -open %q: where all time out, none is open and the next run has nothing to go on with", c.Open)
	}
	if p.Rejects.Traits().Nothing {
		if err := p.validateUnrejected(opens); err != nil {
			return err
		}
	}
	if c.Carry != "" {
		if err := p.validateCarry(c); err != nil {
			return err
		}
	}
	switch {
	case opens && p.Live:
		return fmt.Errorf("-open %q: a subscription has no end at which orders could be open", c.Open)
	case p.Table && c.runner() != RunnerPrism:
		return fmt.Errorf("-format-out table: want the embedded runner: on -runner %s outcomes are lines of JSON", c.Runner)
	case p.Table && !p.OutcomesOnStdout():
		return errors.New("-format-out table: want -success - or -timeouts -: what is not standard output gets lines of JSON")
	case p.Live && c.AtEnd != AtEndOpen:
		return errors.New("-at-end: a subscription has no end")
	}
	return nil
}

// validateUnrejected checks that no output wants rejects, where there are none.
func (o *outputs) validateUnrejected(opens bool) error {
	for _, output := range o.each() {
		traits := output.Traits()
		switch {
		case traits.Refuses:
			return fmt.Errorf("-%s: a %s wants -rejects, for what its receiver refuses", output.Flag, output.Connector)
		case traits.Topic != "" && opens && output != &o.Open:
			return fmt.Errorf("-%s %q with -open wants -rejects, for what cannot be delivered: the next run does not make it again", output.Flag, output.URI)
		}
	}
	return nil
}

// Bounded reports whether the input ends by itself: files, or a simulated shop of so many
// events.
func (p Plan) Bounded() bool { return p.source.Traits().Bounded }

// ReadOnce reports whether the input cannot be read again, as a subscription, a simulated
// shop or a pipe cannot: what was written of it before stays.
func (p Plan) ReadOnce() bool { return p.source.ReadOnce() }

// Quiesce waits, once the run of a live input was asked to stop, until all that was read
// has gone through the pipeline, and returns at the end of ctx with its error.
func (p Plan) Quiesce(ctx context.Context) error { return p.source.Quiesce(ctx) }

// OutcomesOnStdout reports whether outcomes are written to standard output.
func (p Plan) OutcomesOnStdout() bool {
	return slices.ContainsFunc(p.outcomes(), func(to outcomeOutput) bool { return to.Traits().Stdout })
}

// Resolve looks up what is there to read, and returns the plan to read just that and the
// paths of its files, none for an input that is no files. The error names what is missing
// or cannot be read.
func (p Plan) Resolve() (resolved Plan, paths []string, err error) {
	source, paths, err := p.source.Resolve()
	if err != nil {
		return p, nil, err
	}
	p.source = source
	return p, paths, nil
}

// Outputs returns what is written by this process, for localfile.Open. What an input that
// cannot be read again led to is added to, and so is what a run that carries its state has
// written, each outcome once: see localfile.Since. Open orders are always written as a whole,
// as they are of the end of one run.
func (p Plan) Outputs() []localfile.Target {
	return p.opened(p.mode(), localfile.Aside)
}

// opened returns what this process has to open, with the mode of the open orders and that
// of all else.
func (o *outputs) opened(mode, open localfile.Mode) (targets []localfile.Target) {
	for _, output := range o.each() {
		switch {
		case !output.Traits().Opened:
		case output == &o.Open:
			targets = append(targets, localfile.Target{Name: output.URI, Mode: open})
		default:
			once := o.keeps && output.Outcomes
			targets = append(targets, localfile.Target{Name: output.URI, Mode: mode, Once: once})
		}
	}
	return targets
}
