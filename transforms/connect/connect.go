// Package connect is what a source and a sink are to the rest of a pipeline.
//
// A connector is a package below this one. It describes itself by a [Connector]: which
// URIs are its own, what it is called in help and errors, and its flags. From a URI it
// makes a [Source] or a [Sink], once; no one else takes a URI apart or asks what kind it
// is. Who puts a pipeline together lists the connectors in a [List], and asks sources and
// sinks for their traits.
//
// To add a connector, write a package with a function that returns its Connector, and
// add a line to the list in pipeline/connectors.go.
package connect

import (
	"context"
	"encoding/json"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// The targets of a sink that are words and no URIs.
const (
	Stdout = "-"    // standard output
	None   = "none" // nowhere
)

// Source is an input whose settings are valid.
type Source interface {
	// Traits returns what the rest of the pipeline has to know of the source.
	Traits() SourceTraits
	// Resolve looks up what is there to read, and returns the source of just that and
	// the paths of its files; nil for a source that reads no files. The error names the
	// input that is missing or cannot be read.
	Resolve() (resolved Source, paths []string, err error)
	// ReadOnce reports whether the input cannot be read again, as a pipe cannot. It may
	// look at the input.
	ReadOnce() bool
	// Check asks the service of the source, before a run, whether it can be read. The
	// topics are the flags, such as "-timeouts", of those outputs that are topics. It
	// ends within seconds. The error is a line that names the flag.
	Check(ctx context.Context, topics []string) (Found, error)
	// GoOn returns the source of a run with a carry file that goes on at the position which
	// the source has given it (see package carry), with a watermark in milliseconds. It is
	// called after Resolve. The error is a line: the position is of another source, or
	// something would be lost.
	GoOn(position json.RawMessage, watermark int64) (Source, error)
	// Knows reports whether a name is that of an input in such a position.
	Knows(position json.RawMessage, name string) bool
	// Quiesce waits, once the run of a live source was asked to stop, until all that it
	// has read has gone through the pipeline, as far as this process can tell. It returns
	// at the end of ctx with its error. Any other source ends what it reads at a stop, and
	// the pipeline with it: there is nothing to wait for.
	Quiesce(ctx context.Context) error
	// Read adds the source to a scope:
	//
	//	-> PCollection<[]order.Event>, and a PCollection<order.Reject> if the source can
	//	meet input that is no event
	Read(s beam.Scope) (events beam.PCollection, rejects []beam.PCollection)
}

// SourceTraits are what the rest of a pipeline has to know of a source.
type SourceTraits struct {
	// Bounded says that the input ends by itself.
	Bounded bool
	// WatermarkSlack is how far time is to be behind the watermark of the source: see
	// transforms.MatchConfig.
	WatermarkSlack time.Duration
}

// Found is what the service of a source says of it.
type Found struct {
	// Topic is the full name of the topic whose messages the source reads; "" where it
	// reads none, or it cannot be told.
	Topic string
	// MaxWithin is the longest window that an expression may give, where the settings leave
	// that to the source (Windows.Most); zero: the source does not mind.
	MaxWithin time.Duration
	// Warnings are about what works, but not well, a line each.
	Warnings []string
}

// Sink is an output whose settings are valid.
type Sink interface {
	// Traits returns what the rest of the pipeline has to know of the sink.
	Traits() SinkTraits
	// Check asks the service of the sink, before a run, whether it can be written to,
	// and opens what the sink needs of this process. It ends within seconds. The error
	// is a line, which the caller puts the flag before.
	Check(ctx context.Context) error
	// Write adds the sink to a scope:
	//
	//	PCollection<order.Message> -> a PCollection<order.Reject> of what was not
	//	delivered, if the sink can tell
	Write(s beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection)
}

// SinkTraits are what the rest of a pipeline has to know of a sink.
type SinkTraits struct {
	// Opened says that this process writes the target and has to open it before, by
	// localfile.Open.
	Opened bool
	// Nothing says that what is written goes nowhere.
	Nothing bool
	// Stdout says that the target is the standard output of this process.
	Stdout bool
	// File is the path of the one file that is written; "" of all else.
	File string
	// Topic is the full name of the topic that messages are published to; "" of all else.
	Topic string
	// Refuses says that the receiver may refuse a message that reaches it.
	Refuses bool
}
