package pipeline

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms"
)

// Build adds a pipeline to a scope. The files that it writes to must be open
// (localfile.Open with p.Outputs).
func Build(s beam.Scope, p Plan) {
	events, malformed := p.source.Read(s)
	match(s, p, events, malformed)
}

// match adds all that follows the source: PCollection<[]order.Event>, and what the
// source rejected, some PCollection<order.Reject>.
func match(s beam.Scope, p Plan, events beam.PCollection, malformed []beam.PCollection) {
	for _, m := range p.matches {
		scope := scopeOf(s, m)
		p.deliverAll(scope, transforms.Match(scope, events, m))
	}
	for _, rejects := range malformed {
		p.writeRejects(s.Scope("malformed"), rejects)
	}
	p.deliverKept(s)
}

// scopeOf returns the scope of a step, whatever other steps there are: a runner that updates a
// job, or resumes it, knows by the names of its transforms what goes on.
func scopeOf(s beam.Scope, m transforms.MatchConfig) beam.Scope {
	if m.ByOrder {
		return s.Scope("by order")
	}
	return s
}

// deliverAll adds the sinks of what a step has found.
func (p Plan) deliverAll(s beam.Scope, found transforms.Matched) {
	joined := p.joined()
	for _, to := range p.outcomes() {
		if _, elsewhere := joined[to.kind]; !elsewhere {
			p.deliver(s.Scope(to.scope), *to.Output, found.Of(to.kind))
		}
	}
	p.writeRejects(s.Scope("unmatched"), found.Rejects)
	if !p.Open.Traits().Nothing {
		p.refuse(s.Scope("unopened"), p.Open.Write(s, transforms.FormatOpen(s, found.Open, p.openFormat())))
	}
}

// deliver adds the sink of outcomes, PCollection<*order.Outcome>. The source does not let
// go of the input of what is not delivered and goes nowhere else either.
func (p Plan) deliver(s beam.Scope, to Output, outcomes beam.PCollection) {
	p.refuse(s.Scope("undelivered"), to.Write(s, p.format(s, to, outcomes)))
}

// format formats outcomes for an output: PCollection<*order.Outcome> ->
// PCollection<order.Message>.
func (p Plan) format(s beam.Scope, to Output, outcomes beam.PCollection) beam.PCollection {
	if p.Table && to.Traits().Stdout {
		return transforms.FormatTable(s, outcomes)
	}
	return transforms.FormatOutcomes(s, outcomes)
}

// refuse adds the sink of what was not delivered, some PCollection<order.Reject>: the
// rejects or, without them, the carry file.
func (o *outputs) refuse(s beam.Scope, undelivered []beam.PCollection) {
	if o.Rejects.Traits().Nothing {
		o.keep(s, undelivered)
		return
	}
	for _, u := range undelivered {
		o.writeRejects(s, u)
	}
}

// writeRejects adds the sink of rejects, PCollection<order.Reject>.
func (o *outputs) writeRejects(s beam.Scope, rejects beam.PCollection) {
	o.keep(s.Scope("unwritten"), o.Rejects.Write(s, transforms.FormatRejects(s, rejects)))
}
