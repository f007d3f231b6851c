package pipeline

import (
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/files"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/windowfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/rules"
)

// Config are the settings of the pipeline, each with the flag of the command
// that sets it. Default gives the usual ones.
type Config struct {
	// Input (-input) is what is read: paths of files, globs, "-" for standard
	// input; or one "demo:" URI (see package demo); or one subscription,
	// "pubsub://PROJECT/SUBSCRIPTION" (see package pubsub).
	Input []string
	// Flags are those of the file source.
	files.Flags
	// TimeUnit (-time-unit) is the unit of integer times: time.Millisecond or
	// time.Second.
	TimeUnit time.Duration
	// Names (-fields, -types, -format) says what the events call their members and types, and
	// in which format they are.
	Names order.Names

	// Pattern (-pattern) is the text of the pattern; see package syntax.
	Pattern string
	// Within (-within) is the pattern's window, in place of that in the text, if there is
	// one; zero leaves it.
	Within time.Duration
	// MaxWithin (-max-within) is the longest window that the expression of a rule may give;
	// zero: 90 days, or a day less than a subscription keeps messages that are held by it.
	MaxWithin time.Duration
	// MaxBranches (-max-branches) is how many branches a key may have: the ways in which
	// its open runs have gone on. At least one.
	MaxBranches int
	// Key (-key) is "user": an order is a user's order id; or "order": an order
	// is its id alone.
	Key string
	// Rules (-rules) are several patterns, in place of Pattern, Within, Key, Remind and
	// Resolve; nil: there is one.
	Rules []rules.Rule
	// Disorder (-disorder) is how far the events may be out of order: the
	// watermark is so much behind the largest event time.
	Disorder time.Duration
	// Remember (-remember) is for how long the events of an ended run are known,
	// to tell a redelivery; negative: as long as the pattern's window or, without one, as
	// those of its links together.
	Remember time.Duration
	// MaxAhead (-max-ahead) is how far ahead of the clock an event time may be;
	// a later one is malformed. Zero: any.
	MaxAhead time.Duration
	// Tick (-tick) is how often deadlines are looked at, in event time; zero: a
	// sixtieth of the smallest window of the pattern and its links, at least 10 ms and at
	// most 10 s.
	Tick time.Duration
	// AtEnd (-at-end) is what becomes of the open runs at the end of a bounded
	// input: "open": they are reported as open; "timeout": they time out.
	AtEnd string
	// Shards (-shards) is the number of groups of users that state is kept by.
	Shards int

	// Success, Timeouts, Rejects and Open (flags of the same names) are what is
	// written to: "-" is standard output, "none" nothing, "pubsub://PROJECT/TOPIC"
	// a topic, all else a file; and of outcomes an https URL a webhook, or "webhook"
	// the one whose URL the environment holds (see package webhook). On Flink and
	// Dataflow a file is a directory of files by window (see package windowfile),
	// and "-" needs Loopback.
	Success, Timeouts, Rejects, Open string
	// Started, Reminders, Resolved and Cancelled (flags of the same names) are what further
	// kinds of outcome are written to; see order.Kind. "" is nothing for the first and the
	// last, and for the others where Timeouts go.
	Started, Reminders, Resolved, Cancelled string
	// Remind (-remind) are ages of open orders at which there is a reminder, and Resolve
	// (-resolve) is for how long after a timeout what was missing still resolves it; none and
	// zero: there is none of it.
	Remind  []time.Duration
	Resolve time.Duration
	// Early (-early) is how much before the event that opens a run a later one may come, as
	// the clocks of two services differ; zero: not at all.
	Early time.Duration
	// Carry (-carry) is the file that the whole state of the run is kept in, on the embedded
	// runner: it is read at the start, if it is there, and written at the end, at a stop, and
	// every CarryEvery (-carry-every). "": the state is kept nowhere. See package carry.
	Carry      string
	CarryEvery time.Duration
	// Forget (-forget) are names that are given up, where the run goes on from a carry file, or
	// on a cluster from the state of another job: of rules that are no more and have open runs,
	// and of files that are no input any more, were not read to their ends or have become
	// longer. Without it either ends the run.
	Forget []string
	// Beside are further files that the command writes, such as a summary.
	Beside []string
	// Layout is that of such directories.
	windowfile.Layout
	// Connectors are further kinds of source and sink, beside those of this module.
	Connectors []connect.Connector

	// FormatOut (-format-out) is how outcomes are written to standard output: FormatTable,
	// a table for people, on the embedded runner alone; or FormatLines, lines of JSON, as
	// they are to all else, which is also what "" means.
	FormatOut string

	// Runner (-runner) is where the pipeline runs: RunnerPrism, RunnerFlink or
	// RunnerDataflow.
	Runner string
	// Loopback says that all DoFns run in the process that builds the pipeline: on
	// Prism, and on Flink with -environment_type LOOPBACK. Only there can they use
	// its standard input and output, its open files, and its process.Run.
	Loopback bool

	// Run is the id of the process.Run that the pipeline belongs to; "" is none.
	Run string
}

// Values of Config.Runner.
const (
	RunnerPrism    = connect.Prism
	RunnerFlink    = connect.Flink
	RunnerDataflow = connect.Dataflow
)

// Values of Config.FormatOut.
const (
	FormatLines = "jsonl"
	FormatTable = "table"
)

// Values of Config.Key and Config.AtEnd.
const (
	KeyUser      = rules.KeyUser
	KeyOrder     = rules.KeyOrder
	AtEndOpen    = "open"
	AtEndTimeout = "timeout"
)

// Default returns the settings of a run without flags; it has no Input.
func Default() Config {
	return Config{
		TimeUnit: time.Millisecond,
		Pattern:  "create followedBy pay within 10m",
		Key:      KeyUser,

		MaxBranches: cep.DefaultMaxBranches,

		Disorder: 5 * time.Second,
		Remember: -1,
		MaxAhead: 24 * time.Hour,
		Flags:    files.DefaultFlags(),
		AtEnd:    AtEndOpen,
		Shards:   16,
		Success:  localfile.Stdout,
		Timeouts: localfile.Stdout,
		Rejects:  localfile.None,
		Open:     localfile.None,
		Runner:   RunnerPrism,
		Loopback: true,

		CarryEvery: 10 * time.Second,
	}
}

// maxShards bounds Config.Shards. Each bundle may have a batch for each shard, and
// none of a few events is worth its own.
const maxShards = 4096

// validate checks the settings that say something by themselves.
func (c Config) validate(w windows) error {
	for _, d := range []struct {
		flag        string
		value       time.Duration
		least, most time.Duration
	}{
		{"within", w.whole, time.Millisecond, connect.MaxDuration},
		{"disorder", c.Disorder, 0, connect.MaxDuration},
		{"remember", c.remember(w), 0, connect.MaxDuration},
		{"max-ahead", c.MaxAhead, 0, connect.MaxDuration},
		{"tick", c.tick(w), time.Millisecond, 24 * time.Hour},
		{"carry-every", c.CarryEvery, time.Millisecond, 24 * time.Hour},
		{"resolve", c.Resolve, 0, connect.MaxDuration},
		{"early", c.Early, 0, connect.MaxDuration},
		{"max-within", c.MaxWithin, 0, connect.MaxDuration},
	} {
		if err := connect.CheckDuration(d.flag, d.value, d.least, d.most); err != nil {
			return err
		}
	}
	if err := c.Names.Validate(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{KeyUser, KeyOrder}, c.Key):
		return fmt.Errorf("-key %q: want user or order", c.Key)
	case !slices.Contains([]string{AtEndOpen, AtEndTimeout}, c.AtEnd):
		return fmt.Errorf("-at-end %q: want open or timeout", c.AtEnd)
	case c.Shards < 1 || c.Shards > maxShards:
		return fmt.Errorf("-shards %d: want 1 to %d", c.Shards, maxShards)
	case c.MaxBranches < 1:
		return fmt.Errorf("-max-branches %d: want at least 1", c.MaxBranches)
	case !slices.Contains([]string{"", FormatLines, FormatTable}, c.FormatOut):
		return fmt.Errorf("-format-out %q: want jsonl or table", c.FormatOut)
	}
	return nil
}

// runner returns the runner: all but those for clusters are the embedded one.
func (c Config) runner() string {
	if c.Runner == RunnerFlink || c.Runner == RunnerDataflow {
		return c.Runner
	}
	return RunnerPrism
}

// pattern returns the pattern with the window that counts.
func (c Config) pattern() (syntax.Pattern, error) {
	p, err := syntax.Parse(c.Pattern)
	if err != nil {
		return p, fmt.Errorf("-pattern: %w", err)
	}
	if c.Within != 0 {
		if err := connect.CheckDuration("within", c.Within, time.Millisecond, connect.MaxDuration); err != nil {
			return p, err
		}
		p.Within = c.Within
	}
	switch err := p.Bounded(); {
	case err != nil:
		return p, fmt.Errorf("-pattern: %w; or -within", err)
	case c.Within != 0:
		if err := p.Validate(); err != nil {
			return p, fmt.Errorf("-pattern with -within %v: %w", c.Within, err)
		}
	}
	if _, err := cep.Compile(p, cep.Config{}); err != nil { // it may be too large
		return p, fmt.Errorf("-pattern: %w", err)
	}
	return p, nil
}

// validateOutputs checks that what is written to can get something, and other settings that
// are for some rules alone.
func (c Config) validateOutputs(all []rules.Rule) error {
	some := func(f func(rules.Rule) bool) bool { return slices.ContainsFunc(all, f) }
	switch {
	case c.MaxWithin > 0 && !byEvent(all):
		return fmt.Errorf("-max-within %v: want -rules with an expression that gives windows, which it bounds", c.MaxWithin)
	case c.Reminders != "" && !some(func(r rules.Rule) bool { return len(r.Remind) > 0 }):
		return fmt.Errorf("-reminders %q: want -remind, the ages of open orders at which there is one", c.Reminders)
	case c.Resolved != "" && !some(func(r rules.Rule) bool { return r.Resolve > 0 }):
		return fmt.Errorf("-resolved %q: want -resolve, how long after its timeout an order may still be paid", c.Resolved)
	case c.Cancelled != "" && c.Cancelled != connect.None && !some(cancels):
		return fmt.Errorf("-cancelled %q: want a pattern with notFollowedBy or notNext: no other is cancelled", c.Cancelled)
	}
	return nil
}

// cancels reports whether a negation may end the runs of a rule.
func cancels(r rules.Rule) bool {
	return slices.ContainsFunc(r.Pattern.Places(), func(p syntax.Place) bool { return p.Link.Negated() })
}

func (c Config) remember(w windows) time.Duration {
	if c.Remember < 0 {
		return w.remember()
	}
	return c.Remember
}

func (c Config) tick(w windows) time.Duration {
	if c.Tick != 0 {
		return c.Tick
	}
	return w.tick()
}

// match returns what the stateful transforms of a plan have in common.
func (c Config) match(p Plan) transforms.MatchConfig {
	return transforms.MatchConfig{
		Tick:           c.tick(windowsOfAll(p.Rules)),
		Shards:         c.Shards,
		Names:          c.Names.Text(),
		WallClock:      p.Live,
		Joined:         p.joined(),
		WatermarkSlack: p.source.Traits().WatermarkSlack,
		Run:            c.Run,
		Forget:         c.Forget,

		OpenUnread:    p.Open.Traits().Nothing,
		RejectsUnread: p.Rejects.Traits().Nothing,
	}
}
