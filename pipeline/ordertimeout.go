// Package pipeline is the whole of the order timeout pipeline: which orders were
// created and not paid within T, and which were paid in time.
//
//	read ─ key by user ─ match ─┬─ successes ─ format ─ write
//	                            ├─ timeouts ── format ─ write
//	                            ├─ rejects ─── format ─ write
//	                            └─ open ────── format ─ write
//
// Config says what is read, matched and written. What the pipeline means exactly
// stands in SEMANTICS.md beside this file.
package pipeline

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms"
	"ordertimeout/transforms/demo"
	"ordertimeout/transforms/files"
	"ordertimeout/transforms/sink"
)

// Build adds the pipeline to a scope. The settings must Validate, and the files
// that they write to must be open (sink.Open with c.Run and c.Outputs).
func Build(s beam.Scope, c Config) {
	events, malformed := read(s, c)
	keyed := transforms.KeyByUser(s, events, c.match())
	successes, timeouts, rejects, open := transforms.Match(s, keyed, c.match())
	sink.Write(s, c.Run, c.Success, transforms.FormatOutcomes(s, successes))
	sink.Write(s, c.Run, c.Timeouts, transforms.FormatOutcomes(s, timeouts))
	for _, r := range append(malformed, rejects) {
		sink.Write(s, c.Run, c.Rejects, transforms.FormatRejects(s, r))
	}
	if c.Open != sink.None {
		sink.Write(s, c.Run, c.Open, transforms.FormatOpen(s, open))
	}
}

// read adds the source that the input names:
//
//	-> PCollection<[]order.Event>, and a PCollection<order.Reject> if the source can
//	meet input that is no event
func read(s beam.Scope, c Config) (events beam.PCollection, malformed []beam.PCollection) {
	if c.isDemo() {
		d, err := c.demo()
		if err != nil {
			panic(err) // Validate has parsed it before
		}
		return demo.Read(s, d), nil
	}
	events, rejects := files.Read(s, c.Files())
	return events, []beam.PCollection{rejects}
}
