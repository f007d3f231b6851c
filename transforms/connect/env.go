package connect

import (
	"fmt"
	"time"

	"ordertimeout/transforms/order"
)

// The runners.
const (
	Prism    = "prism"    // in this process
	Flink    = "flink"    // on a cluster, or with its workers in this process
	Dataflow = "dataflow" // on the workers of the service
)

// Env is what a connector may need to know of the rest of a pipeline.
type Env struct {
	// Runner is where the pipeline runs: Prism, Flink or Dataflow.
	Runner string
	// Loopback says that all DoFns run in the process that builds the pipeline.
	Loopback bool
	// Run is the id of the process.Run that the pipeline belongs to; "" is none.
	Run string

	// Decoder are the settings by which events are decoded: among them how orders are
	// known, and what events are judged within.
	Decoder order.DecoderConfig
	// Format is the format of the input, "" where nobody has said: see order.Names.
	Format string
	// Disorder is how far the events may be out of order.
	Disorder time.Duration

	// Live says that the input is of now and never ends: see SourceKind.
	Live bool
	// EndOfTime says that the end of the input is the end of time, at which every open
	// order times out.
	EndOfTime bool
	// GoesOn says that the open orders are written, and the next run begins with them.
	GoesOn bool
	// Own are the files that the run writes, beside its outputs and among them.
	Own []string
	// Carries says that the run has a carry file: see package carry.
	Carries bool
	// Forget are names of inputs of the carry file that are given up, though they were not
	// read to their ends, and of rules.
	Forget []string
	// Carried is the file that the open orders are written to, if it is one. It may be
	// an input, too, whose place it takes.
	Carried string
	// NotByOutcome says why a source that lets go of its input by outcome, and keeps nothing
	// else of what is open, could have an event again without what changed it; "" where it
	// could not.
	NotByOutcome string
	// RejectsUnread says that nobody reads the rejects.
	RejectsUnread bool
	// Windows are those of the patterns.
	Windows Windows
}

// Windows are what a source has to know that holds its input for as long as orders are open,
// or makes it up.
type Windows struct {
	// Smallest is the smallest window. That of Env.Decoder may be less: an age of reminders, or
	// how early a step may be.
	Smallest time.Duration
	// Longest is the longest window that is written down.
	Longest time.Duration
	// ByEvent says that an expression gives windows, and Most how long those may be; zero:
	// nobody has said, and the source may (Found.MaxWithin).
	ByEvent bool
	Most    time.Duration
}

// MaxDuration bounds durations, so that a time plus one is a time that Beam can express.
const MaxDuration = 100 * 365 * 24 * time.Hour

// CheckDuration returns an error, a line that names the flag, where a duration is out of
// its bounds or finer than a millisecond.
func CheckDuration(flag string, value, least, most time.Duration) error {
	switch {
	case value < least:
		return fmt.Errorf("-%s %v: want at least %v", flag, value, least)
	case value > most:
		return fmt.Errorf("-%s %v: want at most %v", flag, value, most)
	case value%time.Millisecond != 0:
		return fmt.Errorf("-%s %v: want whole milliseconds", flag, value)
	}
	return nil
}
