package localfile

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/fsys"
)

// Standard returns the sink of the targets that are words: Stdout and None.
func Standard() connect.Connector {
	return connect.Connector{
		Name: "standard output",
		Sink: &connect.SinkKind{
			Forms: []connect.Form{{Text: Stdout, Note: "standard output"}, {Text: None}},
			Help:  []string{"- for stdout, none"},
			Is:    func(target string) bool { return target == Stdout || target == None },
			Parse: func(t connect.Target, env connect.Env) (connect.Sink, error) {
				if t.URI == Stdout && !env.Loopback {
					return nil, fmt.Errorf("-%s -: standard output is this process's, and the workers are others: want none, a directory, pubsub://PROJECT/TOPIC or https://…", t.Flag)
				}
				return Sink{t.URI, env.Run}, nil
			},
		},
	}
}

// Connector returns the sink of files on the embedded runner.
func Connector() connect.Connector {
	return connect.Connector{
		Name: "localfile",
		Sink: &connect.SinkKind{
			Runners: []string{connect.Prism},
			Forms:   []connect.Form{{Text: "a file"}},
			Help:    []string{"a file"},
			Is:      fsys.Known,
			Rest:    true,
			Parse: func(t connect.Target, env connect.Env) (connect.Sink, error) {
				if fsys.IsURI(t.URI) {
					return nil, fmt.Errorf("-%s %q: the embedded runner writes local files: want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…", t.Flag, t.URI)
				}
				return Sink{t.URI, env.Run}, nil
			},
		},
	}
}

// Sink is a target that this process writes.
type Sink struct {
	// Name is Stdout, None or the path of a file.
	Name string
	// Run is the id of the process.Run whose Set has the target.
	Run string
}

// Traits implements connect.Sink.
func (s Sink) Traits() connect.SinkTraits {
	t := connect.SinkTraits{Opened: true, Nothing: s.Name == None, Stdout: s.Name == Stdout}
	if !t.Nothing && !t.Stdout {
		t.File = s.Name
	}
	return t
}

// Check implements connect.Sink. Open finds out whether the target can be written.
func (s Sink) Check(context.Context) error { return nil }

// Write implements connect.Sink.
func (s Sink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	rejects := Write(scope, s.Run, s.Name, messages)
	if s.Name == None {
		return nil
	}
	return []beam.PCollection{rejects}
}
