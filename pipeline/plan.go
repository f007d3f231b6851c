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
	// Forgotten are rules of before that are given up, and of which none of Rules has the name:
	// what they had is counted under it. On a runner that is not embedded they are all that may
	// be. Only their names are known.
	Forgotten []rules.Rule
	// Warnings are about names that are to be forgotten, and of which there is nothing.
	Warnings []string
	// Live says that the input is of now and never ends.
	Live bool
	// Table says that the outcomes on standard output are a table for people.
	Table bool

	outputs
	input   string // the first of the inputs, for errors
	source  connect.Source
	matches []transforms.MatchConfig // by the key of their rules
	carry   carry.Config             // without a Path nothing is carried
	forget  []string                 // Config.Forget
}

// Plan returns the pipeline of the settings. The error is a line that names the flag. It
// asks no service and looks at no file. Where a subscription is acknowledged by outcome
// the settings want a Run.
func (c Config) Plan() (Plan, error) {
	all, err := c.allRules()
	if err != nil {
		return Plan{}, err
	}
	if err := cmp.Or(c.validate(windowsOfAll(all)), c.validateOutputs(all), c.validateForget()); err != nil {
		return Plan{}, err
	}
	kinds, env := c.Kinds(), c.env(all)
	kind, name, err := kinds.Source(c.Input, env.Runner)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Rules: all, Live: kind.Live, Table: c.FormatOut == FormatTable, forget: c.Forget}
	if env.Runner != RunnerPrism {
		p.Forgotten = p.notAmongRules(c.Forget)
	}
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
			TimeUnit: c.TimeUnit, MaxAhead: c.MaxAhead, ByOrder: wantOrder(all), Within: windowsOfAll(all).shortest, Names: c.Names.Text(),
		},
		Format:    c.Names.Format,
		Disorder:  c.Disorder,
		EndOfTime: c.AtEnd == AtEndTimeout,

		Carries:      c.Carry != "",
		Forget:       c.Forget,
		NotByOutcome: notByOutcome(all),
		Windows:      c.connectWindows(all),
	}
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
