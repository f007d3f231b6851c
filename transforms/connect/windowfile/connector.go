package windowfile

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/fsys"
)

// Layout are the settings of this sink that have flags of their own.
type Layout struct {
	// FileWindow (-file-window) is how much event time a file of a directory holds. Zero:
	// a minute of a live input, an hour of another one.
	FileWindow time.Duration
	// FileShards (-file-shards) is how many files a window has. Zero: one.
	FileShards int
}

// Connector returns the sink of directories of files by window, whose flags set l. On
// the runners for clusters it has the place of files, also where the workers are in this
// process: what a setting means does not depend on how it was tried out.
func Connector(l *Layout) connect.Connector {
	return connect.Connector{
		Name: "windowfile",
		Sink: &connect.SinkKind{
			Runners: []string{connect.Flink, connect.Dataflow},
			Forms:   []connect.Form{{Text: "a file"}},
			Is:      fsys.Known,
			Rest:    true,
			Parse:   func(t connect.Target, env connect.Env) (connect.Sink, error) { return parse(*l, t, env) },
		},
		Flags: []connect.Flag{
			{
				Name: "file-window", Arg: "D", Group: connect.GroupRunning, AboveZero: true,
				Help: "a file is a directory there: event time in a file of it (default 1h), -file-shards N each",
				Bind: connect.Duration(&l.FileWindow),
			}, {
				Name: "file-shards", Arg: "N", Group: connect.GroupRunning,
				Bind: func(fs *flag.FlagSet, name string) { fs.IntVar(&l.FileShards, name, l.FileShards, "") },
			},
		},
		Validate: func(_ connect.Input, env connect.Env) error {
			if env.Runner == connect.Prism && *l != (Layout{}) {
				return errors.New("-file-window, -file-shards: the embedded runner writes a file and no directory")
			}
			return nil
		},
	}
}

func parse(l Layout, t connect.Target, env connect.Env) (connect.Sink, error) {
	if env.Runner == connect.Dataflow && !fsys.IsURI(t.URI) {
		return nil, fmt.Errorf("-%s %q: the workers of Dataflow do not see this machine's files: want none, gs://BUCKET/DIRECTORY, pubsub://PROJECT/TOPIC or https://…", t.Flag, t.URI)
	}
	c := Config{Dir: t.URI, Window: l.FileWindow, Shards: l.FileShards, Run: env.Run}
	if c.Window == 0 && env.Live {
		c.Window = time.Minute // someone waits for the outcomes
	}
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("-%s: %w", t.Flag, err)
	}
	return Sink{c}, nil
}

// Sink is a directory of files by window.
type Sink struct{ Config Config }

// Traits implements connect.Sink.
func (s Sink) Traits() connect.SinkTraits { return connect.SinkTraits{} }

// Check implements connect.Sink.
func (s Sink) Check(context.Context) error { return s.Config.Check() }

// Write implements connect.Sink. A file that cannot be written fails its bundle, so
// nothing is left to tell of.
func (s Sink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	Write(scope, s.Config, messages)
	return nil
}
