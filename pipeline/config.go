package pipeline

import (
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
)

// Config are the settings of the pipeline, each with the flag of the command
// that sets it. Default gives the usual ones.
type Config struct {
	// Input (-input) is what is read: paths of files, globs, "-" for standard
	// input; or one "demo:" URI (see package demo); or one subscription,
	// "pubsub://PROJECT/SUBSCRIPTION" (see package pubsub).
	Input []string
	// InputIfAny (-input-if-any) are files that are read beside Input where they are
	// there, such as what Open of the run before has written.
	InputIfAny []string
	// Format (-format) is "jsonl" or "csv"; "": by the file's extension.
	Format string
	// Columns (-columns) are the columns of CSV files without a header row.
	Columns []string
	// TimeUnit (-time-unit) is the unit of integer times: time.Millisecond or
	// time.Second.
	TimeUnit time.Duration

	// Pattern (-pattern) is the text of the pattern; see package cep.
	Pattern string
	// Within (-within) replaces the pattern's window; zero leaves it.
	Within time.Duration
	// Key (-key) is "user": an order is a user's order id; or "order": an order
	// is its id alone.
	Key string
	// Disorder (-disorder) is how far the events may be out of order: the
	// watermark is so much behind the largest event time.
	Disorder time.Duration
	// Remember (-remember) is for how long the events of an ended run are known,
	// to tell a redelivery; negative: as long as the window.
	Remember time.Duration
	// MaxAhead (-max-ahead) is how far ahead of the clock an event time may be;
	// a later one is malformed. Zero: any.
	MaxAhead time.Duration
	// MaxJump (-max-jump) is how far beyond the largest event time so far an event of a
	// file or pipe may be before its clock is doubted. Zero: any; negative: the largest
	// of the window, Disorder and an hour.
	MaxJump time.Duration
	// LivePipe (-live) says that the one input is a pipe that is written to now: once it
	// is silent time goes on with the clock.
	LivePipe bool
	// MaxLag (-max-lag) is how far an event of a live pipe may come behind its time and
	// hold the watermark back. One that is behind by more is late. Negative: a minute.
	MaxLag time.Duration
	// Tick (-tick) is how often deadlines are looked at, in event time; zero: a
	// sixtieth of the window, at least 10 ms and at most 10 s.
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
	// FileWindow (-file-window) is how much event time a file of such a directory
	// holds. Zero: a minute of a subscription, an hour of another input.
	FileWindow time.Duration
	// FileShards (-file-shards) is how many files a window has. Zero: one.
	FileShards int

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

	// Run is the id of the process.Run that the pipeline belongs to.
	Run string
}

// Values of Config.Runner.
const (
	RunnerPrism    = "prism"
	RunnerFlink    = "flink"
	RunnerDataflow = "dataflow"
)

// Values of Config.Key and Config.AtEnd.
const (
	KeyUser      = "user"
	KeyOrder     = "order"
	AtEndOpen    = "open"
	AtEndTimeout = "timeout"
)

// Default returns the settings of a run without flags; it has no Input.
func Default() Config {
	return Config{
		TimeUnit: time.Millisecond,
		Pattern:  "create followedBy pay within 10m",
		Key:      KeyUser,
		Disorder: 5 * time.Second,
		Remember: -1,
		MaxAhead: 24 * time.Hour,
		MaxJump:  -1,
		MaxLag:   -1,
		AtEnd:    AtEndOpen,
		Shards:   16,
		Success:  localfile.Stdout,
		Timeouts: localfile.Stdout,
		Rejects:  localfile.None,
		Open:     localfile.None,
		Runner:   RunnerPrism,
		Loopback: true,
	}
}

// maxDuration bounds durations, so that a time plus one is a time that Beam can
// express.
const maxDuration = 100 * 365 * 24 * time.Hour

// maxShards bounds Config.Shards. Each bundle may have a batch for each shard, and
// none of a few events is worth its own.
const maxShards = 4096

// Validate returns what is wrong with the settings in a line that names the flag,
// or nil. It looks at no file.
func (c Config) Validate() error {
	pattern, err := c.pattern()
	if err != nil {
		return err
	}
	if err := c.validateDurations(pattern.Within); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{KeyUser, KeyOrder}, c.Key):
		return fmt.Errorf("-key %q: want user or order", c.Key)
	case !slices.Contains([]string{AtEndOpen, AtEndTimeout}, c.AtEnd):
		return fmt.Errorf("-at-end %q: want open or timeout", c.AtEnd)
	case c.AtEnd == AtEndTimeout && c.Open != localfile.None:
		return fmt.Errorf("-at-end timeout with -open %q: where all time out, none is open and the next run has nothing to go on with", c.Open)
	case c.Shards < 1 || c.Shards > maxShards:
		return fmt.Errorf("-shards %d: want 1 to %d", c.Shards, maxShards)
	}
	if err := c.validateTargets(); err != nil {
		return err
	}
	if err := c.validateFormat(); err != nil {
		return err
	}
	if c.Runner == RunnerDataflow {
		if err := c.validateDataflow(); err != nil {
			return err
		}
	}
	if err := c.validateKind(); err != nil {
		return err
	}
	if c.Live() {
		return c.validateLive()
	}
	if c.isDemo() {
		d, err := c.demo()
		if err != nil {
			return fmt.Errorf("-input: %w", err)
		}
		return d.Validate()
	}
	if err := c.validateInputs(); err != nil {
		return err
	}
	return c.Files().Validate()
}

func (c Config) validateDurations(within time.Duration) error {
	for _, d := range []struct {
		flag     string
		value    time.Duration
		min, max time.Duration
	}{
		{"within", within, time.Millisecond, maxDuration},
		{"disorder", c.Disorder, 0, maxDuration},
		{"remember", c.remember(within), 0, maxDuration},
		{"max-ahead", c.MaxAhead, 0, maxDuration},
		{"max-jump", c.maxJump(within), 0, maxDuration},
		{"max-lag", c.maxLag(), 0, maxDuration},
		{"tick", c.tick(within), time.Millisecond, 24 * time.Hour},
	} {
		switch {
		case d.value < d.min:
			return fmt.Errorf("-%s %v: want at least %v", d.flag, d.value, d.min)
		case d.value > d.max:
			return fmt.Errorf("-%s %v: want at most %v", d.flag, d.value, d.max)
		case d.value%time.Millisecond != 0:
			return fmt.Errorf("-%s %v: want whole milliseconds", d.flag, d.value)
		}
	}
	return nil
}

// pattern returns the pattern with the window that counts.
func (c Config) pattern() (cep.Pattern, error) {
	p, err := cep.Parse(c.Pattern)
	if err != nil {
		return p, fmt.Errorf("-pattern: %w", err)
	}
	if c.Within != 0 {
		p.Within = c.Within
	}
	return p, nil
}

func (c Config) remember(within time.Duration) time.Duration {
	if c.Remember < 0 {
		return within
	}
	return c.Remember
}

func (c Config) tick(within time.Duration) time.Duration {
	if c.Tick != 0 {
		return c.Tick
	}
	return min(max((within/60).Truncate(time.Millisecond), 10*time.Millisecond), 10*time.Second)
}

func (c Config) byOrder() bool { return c.Key == KeyOrder }

// match returns the settings of the stateful transform.
func (c Config) match() transforms.MatchConfig {
	p, err := c.pattern()
	if err != nil {
		panic(err) // Validate has parsed it before
	}
	m := transforms.MatchConfig{
		Pattern:   p.String(),
		Remember:  c.remember(p.Within),
		Tick:      c.tick(p.Within),
		Shards:    c.Shards,
		ByOrder:   c.byOrder(),
		WallClock: c.Live(),
		Unread:    c.unread(),
		Run:       c.Run,

		RejectsUnread: c.Rejects == localfile.None,
	}
	if c.Live() && c.native() {
		m.WatermarkSlack = c.Disorder // other sources see to that themselves
	}
	return m
}

// unread returns the kinds of outcome that are not to be made, as they go nowhere.
// Successes and timeouts of a live input are made all the same: their messages are let
// go of where they are written.
func (c Config) unread() (kinds []order.Kind) {
	if c.Success == localfile.None && !c.Live() {
		kinds = append(kinds, order.Success)
	}
	if c.Timeouts == localfile.None && !c.Live() {
		kinds = append(kinds, order.Timeout)
	}
	if c.Open == localfile.None {
		kinds = append(kinds, order.Open)
	}
	return kinds
}
