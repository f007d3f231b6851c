package connect

import "flag"

// Connector describes a package that reads, writes, or both.
type Connector struct {
	// Name is what errors call it, as "pubsub".
	Name string
	// Source and Sink are what it reads and writes; nil: it does not.
	Source *SourceKind
	Sink   *SinkKind
	// Flags are its own flags.
	Flags []Flag
	// Validate checks the values of its flags, in whatever pipeline; nil: there is
	// nothing to check. The error is a line that names the flag.
	Validate func(Input, Env) error
}

// SourceKind is a kind of source.
type SourceKind struct {
	// Runners are where it is; on others another kind may have its URIs. Nil: on all.
	Runners []string
	// Forms say what its inputs look like.
	Forms []Form
	// Help says so on the screen of usage, where -input is told of. "": the screen
	// says it of another kind.
	Help string
	// Is reports whether an input is of the kind.
	Is func(input string) bool
	// Rest says that it has only those inputs that no other kind has.
	Rest bool
	// Live says that the input is of now and never ends.
	Live bool
	// Parse returns the source of the inputs of a pipeline, of which at least one is of
	// the kind. It asks no service and looks at no file. The error is a line that names
	// the flag at fault.
	Parse func(inputs []string, env Env) (Source, error)
}

// SinkKind is a kind of sink.
type SinkKind struct {
	// Runners are where it is; on others another kind may have its URIs. Nil: on all.
	Runners []string
	// Forms say what its targets look like.
	Forms []Form
	// Help says so on the screen of usage, in a line. Where OutcomesOnly there may be two:
	// one stands behind -success, the other behind -timeouts. None: the screen says it of
	// another kind.
	Help []string
	// Is reports whether the target of a sink is of the kind, right or wrong.
	Is func(target string) bool
	// Rest says that it has only those targets that no other kind has.
	Rest bool
	// OutcomesOnly says that neither rejects nor open orders are written to it.
	OutcomesOnly bool
	// Show returns what may be shown of a target; nil: all of it.
	Show func(target string) string
	// Parse returns the sink of a target that is of the kind. It asks no service and
	// looks at no file. The error is a line that names the flag.
	Parse func(t Target, env Env) (Sink, error)
}

// Target is a setting that says what is written to.
type Target struct {
	// Flag is the name of the flag, as "timeouts".
	Flag string
	// URI is its value: a URI, a path or a word.
	URI string
	// Outcomes says that what is written are outcomes.
	Outcomes bool
}

// Input is the input of a pipeline, to who checks flags.
type Input struct {
	// Connector is the name of the one that reads it.
	Connector string
	// URI is the first of the inputs.
	URI string
}

// Form is what a URI looks like.
type Form struct {
	Text string // "pubsub://PROJECT/TOPIC", or in words: "a file"
	Note string // what it stands for, where the text does not say so
}

// Flag is a flag of a connector.
type Flag struct {
	// Name is its name, without a dash.
	Name string
	// Arg is what its value is called on the screen of usage; "" of one without.
	Arg string
	// Help says what it does, in a line; "": that of another flag names it.
	Help string
	// Group is the part of the screen that it stands in.
	Group Group
	// FromZero says that a duration may be written from zero on, AboveZero that it has to
	// be more than zero. What is below means a default to the settings, and is refused
	// where a user writes it.
	FromZero, AboveZero bool
	// Bind defines the flag in a set, under its name.
	Bind func(fs *flag.FlagSet, name string)
}

// Group is a part of the screen of usage.
type Group string

// The groups that connectors may have flags in.
const (
	GroupInput   Group = "Input"
	GroupTime    Group = "Time"
	GroupOutput  Group = "Output"
	GroupRunning Group = "Running"
)
