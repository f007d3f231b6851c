// Package pipeline is the whole of the order timeout pipeline: which orders were
// created and not paid within T, and which were paid in time.
//
//	read ─ match ─┬─ successes ─ format ─ write
//	              ├─ timeouts ── format ─ write
//	              ├─ rejects ─── format ─ write
//	              └─ open ────── format ─ write
//
// Config says what is read, matched and written. What the pipeline means exactly
// stands in SEMANTICS.md beside this file, and what it costs in PERFORMANCE.md.
package pipeline

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms"
	"ordertimeout/transforms/connect/dataflowpubsub"
	"ordertimeout/transforms/connect/demo"
	"ordertimeout/transforms/connect/files"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/webhook"
	"ordertimeout/transforms/connect/windowfile"
)

// Build adds the pipeline to a scope. The settings must Validate, and the files
// that they write to must be open (localfile.Open with c.Run and c.Outputs).
func Build(s beam.Scope, c Config) {
	events, rejects := read(s, c)
	match(s, c, events, rejects)
}

// match adds all that follows the source: PCollection<[]order.Event>, and what the
// source rejected, some PCollection<order.Reject>.
func match(s beam.Scope, c Config, events beam.PCollection, rejects []beam.PCollection) {
	successes, timeouts, unmatched, open := transforms.Match(s, events, c.match())
	// The scopes keep the name of a transform the same whatever else is written: a
	// runner that updates a job knows by its name what goes on.
	deliver(s.Scope("successes"), c, c.Success, successes)
	deliver(s.Scope("timeouts"), c, c.Timeouts, timeouts)
	for _, malformed := range rejects {
		putAside(s.Scope("malformed"), c, malformed)
	}
	putAside(s.Scope("unmatched"), c, unmatched)
	if c.Open != localfile.None {
		refuse(s.Scope("unopened"), c, write(s, c, c.Open, transforms.FormatOpen(s, open)))
	}
}

// deliver adds the sink of outcomes, PCollection<*order.Outcome>. The source does not let
// go of the input of what is not delivered and goes nowhere else either.
func deliver(s beam.Scope, c Config, target string, outcomes beam.PCollection) {
	refuse(s.Scope("undelivered"), c, write(s, c, target, c.format(s, target, outcomes)))
}

// refuse adds the sink of what was not delivered, some PCollection<order.Reject>, if there
// are rejects to have it.
func refuse(s beam.Scope, c Config, undelivered []beam.PCollection) {
	if c.Rejects == localfile.None {
		return
	}
	for _, u := range undelivered {
		putAside(s, c, u)
	}
}

// putAside adds the sink of rejects, PCollection<order.Reject>. What that refuses goes
// nowhere, and its messages go on being held.
func putAside(s beam.Scope, c Config, rejects beam.PCollection) {
	write(s, c, c.Rejects, transforms.FormatRejects(s, rejects))
}

// read adds the source that the input names:
//
//	-> PCollection<[]order.Event>, and a PCollection<order.Reject> if the source can
//	meet input that is no event
func read(s beam.Scope, c Config) (events beam.PCollection, rejects []beam.PCollection) {
	var malformed beam.PCollection
	switch {
	case c.isDemo():
		d, err := c.demo()
		if err != nil {
			panic(err) // Validate has parsed it before
		}
		return demo.Read(s, d), nil
	case c.Live() && c.native():
		events, malformed = dataflowpubsub.Read(s, c.nativePubSub())
	case c.Live():
		events, malformed = pubsub.Read(s, c.PubSub())
	default:
		events, malformed = files.Read(s, c.Files())
	}
	return events, []beam.PCollection{malformed}
}

// write adds the sink that a target names:
//
//	PCollection<order.Message> -> a PCollection<order.Reject> of what was not
//	delivered, if the target has one
func write(s beam.Scope, c Config, to string, messages beam.PCollection) (undelivered []beam.PCollection) {
	switch t := (target{value: to}); {
	case pubsub.Is(to) && c.native():
		dataflowpubsub.Write(s, to, messages)
	case pubsub.Is(to):
		return []beam.PCollection{pubsub.Write(s, c.Run, to, messages)}
	case webhook.Is(to):
		w, err := webhook.Parse(to)
		if err != nil {
			panic(err) // Validate has parsed it before
		}
		return []beam.PCollection{webhook.Write(s, c.Run, w, messages)}
	case c.windowed() && t.isFile():
		windowfile.Write(s, c.directory(to), messages)
	case to == localfile.None:
		localfile.Write(s, c.Run, to, messages)
	default:
		return []beam.PCollection{localfile.Write(s, c.Run, to, messages)}
	}
	return nil
}
