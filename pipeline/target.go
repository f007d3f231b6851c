package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/connect/fsys"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/webhook"
	"ordertimeout/transforms/connect/windowfile"
)

// target is a setting that says where something is written to.
type target struct{ flag, value string }

func (c Config) targets() []target {
	return []target{{"success", c.Success}, {"timeouts", c.Timeouts}, {"rejects", c.Rejects}, {"open", c.Open}}
}

// isFile reports whether a target is a file, or a directory of files.
func (t target) isFile() bool {
	return !pubsub.Is(t.value) && !webhook.Is(t.value) && t.value != localfile.Stdout && t.value != localfile.None
}

// windowed reports whether files are directories of files by window. They are on
// the runners for clusters, in every environment of theirs: what a setting means is
// not to depend on how it was tried out.
func (c Config) windowed() bool { return c.Runner == RunnerFlink || c.Runner == RunnerDataflow }

// directory returns the settings of a directory of files by window.
func (c Config) directory(path string) windowfile.Config {
	d := windowfile.Config{Dir: path, Window: c.FileWindow, Shards: c.FileShards, Run: c.Run}
	if d.Window == 0 && c.Live() {
		d.Window = time.Minute // someone waits for the outcomes
	}
	return d.WithDefaults()
}

// Outputs returns the files that the pipeline writes to as one file in this
// process, and "-" and "none", which localfile.Open takes, too. What an input that cannot be
// read again led to is added to; open orders are always written as a whole, as they are
// of the end of one run.
func (c Config) Outputs() []localfile.Target {
	mode := localfile.Replace
	if c.ReadOnce() {
		mode = localfile.Append
	}
	var outputs []localfile.Target
	for _, t := range c.targets() {
		if pubsub.Is(t.value) || webhook.Is(t.value) || c.windowed() && t.isFile() {
			continue
		}
		output := localfile.Target{Name: t.value, Mode: mode}
		if t.flag == "open" {
			output.Mode = localfile.Aside
		}
		outputs = append(outputs, output)
	}
	return outputs
}

// validateTargets checks what can be checked without a look at anything.
func (c Config) validateTargets() error {
	if !c.windowed() && (c.FileWindow != 0 || c.FileShards != 0) {
		return errors.New("-file-window, -file-shards: the embedded runner writes a file and no directory")
	}
	for _, t := range c.targets() {
		if err := t.validate(); err != nil {
			return err
		}
		if err := c.validateFile(t); err != nil {
			return err
		}
		if webhook.Is(t.value) && c.Rejects == localfile.None {
			return fmt.Errorf("-%s: a webhook wants -rejects, for what its receiver refuses", t.flag)
		}
		if pubsub.Is(t.value) && t.flag != "open" && c.Open != localfile.None && c.Rejects == localfile.None {
			return fmt.Errorf("-%s %q with -open wants -rejects, for what cannot be delivered: the next run does not make it again", t.flag, t.value)
		}
		if webhook.Is(t.value) && t.value != webhook.Environment && c.Runner == RunnerFlink && !c.Loopback {
			return fmt.Errorf("-%s: the workers are other processes, and a URL that is sent to them is seen in Flink: want %s, and %s in their environment", t.flag, webhook.Environment, webhook.URLVariable)
		}
	}
	if c.Live() && c.Open != localfile.None {
		return fmt.Errorf("-open %q: a subscription has no end at which orders could be open", c.Open)
	}
	return nil
}

func (t target) validate() error {
	switch {
	case t.value == "":
		return fmt.Errorf("-%s %q: want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…", t.flag, t.value)
	case pubsub.Is(t.value):
		if _, err := pubsub.ParseTopic(t.value); err != nil {
			return fmt.Errorf("-%s: %w", t.flag, err)
		}
	case webhook.Is(t.value):
		if _, err := webhook.Parse(t.value); err != nil {
			return fmt.Errorf("-%s: %w", t.flag, err)
		}
		if t.flag != "success" && t.flag != "timeouts" {
			return fmt.Errorf("-%s: a webhook is told of outcomes: want - (standard output), none, a file or pubsub://PROJECT/TOPIC", t.flag)
		}
	default:
		if scheme, _, ok := strings.Cut(t.value, "://"); ok && fsys.Registered(t.value) != nil {
			return fmt.Errorf("-%s %q: unknown kind of sink %q: want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…", t.flag, t.value, scheme)
		}
	}
	return nil
}

// validateFile checks what is written where by the runner.
func (c Config) validateFile(t target) error {
	switch {
	case t.value == localfile.Stdout && !c.Loopback:
		return fmt.Errorf("-%s -: standard output is this process's, and the workers are others: want none, a directory, pubsub://PROJECT/TOPIC or https://…", t.flag)
	case !t.isFile():
		return nil
	case c.Runner == RunnerDataflow && !fsys.IsURI(t.value):
		return fmt.Errorf("-%s %q: the workers of Dataflow do not see this machine's files: want none, gs://BUCKET/DIRECTORY, pubsub://PROJECT/TOPIC or https://…", t.flag, t.value)
	case c.windowed():
		if err := c.directory(t.value).Validate(); err != nil {
			return fmt.Errorf("-%s: %w", t.flag, err)
		}
	case fsys.IsURI(t.value):
		return fmt.Errorf("-%s %q: the embedded runner writes local files: want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…", t.flag, t.value)
	}
	return nil
}

// Check asks the services that the settings name whether they can be used, before
// the pipeline starts, and reads what webhooks need of the environment. It ends within
// seconds. A warning is about what works, but
// not well; the error is one line that names the flag. A runner that talks to Pub/Sub
// itself does so as another account, and looks for what it needs itself. See also
// [ErrLoop].
func (c Config) Check(ctx context.Context) (warnings []string, err error) {
	topic, warnings, err := c.checkInput(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range c.targets() {
		if t.isTopic(topic) {
			return warnings, fmt.Errorf("-%s %s: the topic that -input %s reads: %w: want another topic", t.flag, t.value, c.Input[0], ErrLoop)
		}
		switch {
		case pubsub.Is(t.value) && !c.native():
			err = pubsub.CheckTopic(ctx, t.value)
		case webhook.Is(t.value):
			err = openWebhook(c.Run, t.value)
		case c.windowed() && t.isFile():
			err = c.directory(t.value).Check()
		}
		if err != nil {
			return warnings, fmt.Errorf("-%s: %w", t.flag, err)
		}
	}
	return warnings, nil
}

// openWebhook reads what a webhook needs of the environment.
func openWebhook(run, target string) error {
	w, err := webhook.Parse(target)
	if err != nil {
		return err
	}
	return webhook.Open(run, w)
}

// Live reports whether the input is of now and never ends: a subscription.
func (c Config) Live() bool { return slices.ContainsFunc(c.Input, pubsub.Is) }

// Bounded reports whether the input ends by itself: files, or a simulated shop of so
// many events. The settings must Validate.
func (c Config) Bounded() bool {
	if c.isDemo() {
		d, err := c.demo()
		return err == nil && d.Count > 0
	}
	return !c.Live()
}

// PubSub returns the settings of the Pub/Sub source, for an input that is one.
func (c Config) PubSub() pubsub.Config {
	p, err := c.pattern()
	if err != nil {
		panic(err) // Validate has parsed it before
	}
	return pubsub.Config{
		Subscription: c.Input[0],
		TimeUnit:     c.TimeUnit,
		MaxAhead:     c.MaxAhead,
		ByOrder:      c.byOrder(),
		Disorder:     c.Disorder,
		Within:       p.Within,
		Checkpoints:  c.Runner == RunnerFlink || c.Runner == RunnerDataflow,
		Run:          c.Run,

		RejectsUnread: c.Rejects == localfile.None,
	}
}

// validateLive checks the settings of a live input.
func (c Config) validateLive() error {
	switch {
	case len(c.Input) > 1:
		return fmt.Errorf("-input %q and %d more: want one subscription alone", c.Input[0], len(c.Input)-1)
	case c.AtEnd != AtEndOpen:
		return errors.New("-at-end: a subscription has no end")
	case c.Format != "" && c.Format != "jsonl":
		return fmt.Errorf("-format %q: a message holds JSON lines", c.Format)
	case len(c.Columns) > 0:
		return fmt.Errorf("-columns %q: a message holds JSON lines", strings.Join(c.Columns, ","))
	}
	if c.native() {
		return c.nativePubSub().Validate()
	}
	p := c.PubSub()
	if p.Run == "" {
		p.Run = "none yet" // the command starts the run after the settings were checked
	}
	return p.Validate()
}
