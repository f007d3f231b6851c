package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/connect/demo"
	"ordertimeout/transforms/connect/files"
	"ordertimeout/transforms/connect/fsys"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/webhook"
)

// demoScheme begins the input URI of the simulated shop.
const demoScheme = "demo:"

func (c Config) isDemo() bool {
	return slices.ContainsFunc(c.Input, func(in string) bool { return strings.HasPrefix(in, demoScheme) })
}

// demo returns the settings of the simulated shop.
func (c Config) demo() (demo.Config, error) {
	if len(c.Input) > 1 {
		return demo.Config{}, fmt.Errorf("%s and %d more inputs: want the simulated shop alone", demoScheme, len(c.Input)-1)
	}
	d, err := demo.Parse(c.Input[0])
	if err != nil {
		return d, err
	}
	p, err := c.pattern()
	d.Within, d.Disorder, d.EndOfTime, d.GoesOn, d.Run = p.Within, c.Disorder, c.AtEnd == AtEndTimeout, c.goesOn(), c.Run
	return d, err
}

// Files returns the settings of the file source, for an input that is no URI. The
// settings must Validate.
func (c Config) Files() files.Config {
	p, err := c.pattern()
	if err != nil {
		panic(err) // Validate has parsed it before
	}
	return files.Config{
		IfAny:     c.InputIfAny,
		Carried:   c.carried(),
		GoesOn:    c.goesOn(),
		MaxJump:   c.maxJump(p.Within),
		Live:      c.LivePipe,
		MaxLag:    c.maxLag(),
		Inputs:    c.Input,
		Format:    c.Format,
		Columns:   c.Columns,
		TimeUnit:  c.TimeUnit,
		MaxAhead:  c.MaxAhead,
		ByOrder:   c.byOrder(),
		Disorder:  c.Disorder,
		Within:    p.Within,
		EndOfTime: c.AtEnd == AtEndTimeout,
		Run:       c.Run,

		RejectsUnread: c.Rejects == localfile.None,
	}
}

// InputPaths returns the files that will be read, none for another input. An
// error names what is missing or cannot be read.
func (c Config) InputPaths() ([]string, error) {
	if c.isDemo() || c.Live() {
		return nil, nil
	}
	return c.Files().Paths()
}

// ReadOnce reports whether the input cannot be read again, as a subscription, a
// simulated shop or a pipe cannot: what was written of it before stays.
func (c Config) ReadOnce() bool { return c.isDemo() || c.Live() || c.Files().ReadOnce() }

// validateKind checks the settings that only some kinds of input have.
func (c Config) validateKind() error {
	switch {
	case len(c.InputIfAny) > 0 && (c.isDemo() || c.Live()):
		return fmt.Errorf("-input-if-any %q with -input %s: want files", c.InputIfAny[0], c.Input[0])
	case !c.LivePipe && c.MaxLag >= 0:
		return fmt.Errorf("-max-lag %v: only a live pipe has a lag: want -live", c.MaxLag)
	case !c.LivePipe:
		return nil
	case c.isDemo() || c.Live():
		return fmt.Errorf("-live with -input %s: its watermark goes on by itself: want a pipe", c.Input[0])
	case !c.Loopback:
		return errors.New("-live: the pipe is this process's, and the workers are others")
	}
	return nil
}

// maxJump returns how far beyond the largest event time an event is not doubted.
func (c Config) maxJump(within time.Duration) time.Duration {
	if c.MaxJump < 0 {
		return max(within, c.Disorder, time.Hour)
	}
	return c.MaxJump
}

func (c Config) maxLag() time.Duration {
	if c.MaxLag < 0 {
		return time.Minute
	}
	return c.MaxLag
}

// carried returns the file of the open orders, which may be an input, too.
func (c Config) carried() string {
	if c.Open == localfile.None || c.Open == localfile.Stdout || c.windowed() {
		return ""
	}
	return c.Open
}

// goesOn reports whether the next run begins with what this one leaves open.
func (c Config) goesOn() bool { return c.Open != localfile.None }

// validateInputs checks that the workers can read the files.
func (c Config) validateInputs() error {
	for _, in := range c.Input {
		scheme, _, uri := strings.Cut(in, "://")
		switch {
		case uri && fsys.Registered(in) != nil:
			return fmt.Errorf("-input %q: unknown kind of source %q: want a file, a glob, -, a demo: URI or pubsub://PROJECT/SUBSCRIPTION", webhook.Show(in), scheme)
		case in == localfile.Stdout && !c.Loopback:
			return errors.New("-input -: standard input is this process's, and the workers are others: want a file or pubsub://PROJECT/SUBSCRIPTION")
		case !uri && c.Runner == RunnerDataflow:
			return fmt.Errorf("-input %q: the workers of Dataflow do not see this machine's files: want gs://BUCKET/FILE or pubsub://PROJECT/SUBSCRIPTION", in)
		}
	}
	return nil
}
