package pipeline

import (
	"cmp"
	"slices"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/rules"
)

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
