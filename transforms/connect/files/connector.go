package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/files/bookmark"
	"ordertimeout/transforms/connect/fsys"
)

// name is the name of the connector.
const name = "files"

// Connector returns the source of files and pipes, whose flags set f.
func Connector(f *Flags) connect.Connector {
	return connect.Connector{
		Name: name,
		Source: &connect.SourceKind{
			Forms: []connect.Form{{Text: "a file"}, {Text: "a glob"}, {Text: stdin, Note: "standard input"}},
			Help:  "file of JSON lines or CSV (also .gz, .zst), glob, or - (stdin): repeat it for several",
			Is:    fsys.Known,
			Rest:  true,
			Parse: func(inputs []string, env connect.Env) (connect.Source, error) { return parse(*f, inputs, env) },
		},
		Flags:    f.flags(),
		Validate: f.validate,
	}
}

func parse(f Flags, inputs []string, env connect.Env) (connect.Source, error) {
	for _, in := range inputs {
		if err := f.followable(in); err != nil {
			return nil, err
		}
		switch {
		case in == stdin && !env.Loopback:
			return nil, errors.New("-input -: standard input is this process's, and the workers are others: want a file or pubsub://PROJECT/SUBSCRIPTION")
		case fsys.IsURI(in) && env.Carries:
			return nil, fmt.Errorf("-carry with -input %q: how far such a file was read is not kept: want a file of this machine", in)
		case !fsys.IsURI(in) && env.Runner == connect.Dataflow:
			return nil, fmt.Errorf("-input %q: the workers of Dataflow do not see this machine's files: want gs://BUCKET/FILE or pubsub://PROJECT/SUBSCRIPTION", in)
		}
	}
	c := Config{
		Inputs:        inputs,
		IfAny:         f.InputIfAny,
		Format:        env.Format,
		Columns:       f.Columns,
		DecoderConfig: env.Decoder,
		Disorder:      env.Disorder,
		EndOfTime:     env.EndOfTime,
		GoesOn:        env.GoesOn,
		Carries:       env.Carries,
		Forget:        env.Forget,
		Carried:       env.Carried,
		MaxJump:       f.maxJump(env),
		Live:          f.LivePipe,
		Follow:        f.Follow,
		Others:        env.Own,
		MaxLag:        f.maxLag(),
		RejectsUnread: env.RejectsUnread,
		Run:           env.Run,
	}
	return Source{c}, c.Validate()
}

// Source is files and pipes that are read as one log.
type Source struct{ Config Config }

// Traits implements connect.Source. A log ends, also that of a pipe, but not that of files
// that are followed.
func (s Source) Traits() connect.SourceTraits {
	return connect.SourceTraits{Bounded: !s.Config.Follow}
}

// Resolve implements connect.Source: it looks up what patterns match, and which of the
// files are there that may be missing.
func (s Source) Resolve() (connect.Source, []string, error) {
	paths, err := s.Config.Paths()
	if err != nil {
		return nil, nil, err
	}
	s.Config.Inputs, s.Config.IfAny = paths, nil
	return s, paths, nil
}

// ReadOnce implements connect.Source.
func (s Source) ReadOnce() bool { return s.Config.ReadOnce() }

// Check implements connect.Source. Resolve looks at the files.
func (s Source) Check(context.Context, []string) (connect.Found, error) {
	return connect.Found{}, nil
}

// GoOn implements connect.Source: it finds out which of the files are known, and how far
// they were read.
func (s Source) GoOn(position json.RawMessage, watermark int64) (connect.Source, error) {
	var err error
	s.Config, err = s.Config.goOn(position, watermark)
	return s, err
}

// Knows implements connect.Source.
func (s Source) Knows(position json.RawMessage, name string) bool {
	log, err := bookmark.Decode(position)
	return err == nil && slices.ContainsFunc(log.Files, func(f bookmark.File) bool { return f.Path == name })
}

// Quiesce implements connect.Source: a stop ends the log.
func (s Source) Quiesce(context.Context) error { return nil }

// Read implements connect.Source.
func (s Source) Read(scope beam.Scope) (events beam.PCollection, rejects []beam.PCollection) {
	events, malformed := Read(scope, s.Config)
	return events, []beam.PCollection{malformed}
}
