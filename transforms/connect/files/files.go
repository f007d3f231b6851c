// Package files reads order events from files of JSON lines or CSV, and from
// standard input, and replays them as one log.
//
//	c := files.Config{Inputs: []string{"orders-*.jsonl.gz"}, Disorder: 5 * time.Second}
//	events, rejects := files.Read(s, c)
//
// Several files are merged by event time: what counts in a file is the order of
// its lines, and between files the time of each file's next event. The log, and
// with it every event's place in time, is therefore a function of the files
// alone, and a reader that has to start again, in whatever process, continues
// at the very record where the last one stopped. A job that is resumed has
// to read the same files with the same settings: others are refused.
//
// Standard input and other pipes are the exception: they cannot be read twice. So at a
// stop all that was read of one is handed out, and the reading goes on to the end of the
// line that it is in. With Config.Live the clock of a pipe goes on while it is silent.
//
// A path with a scheme, such as gs://bucket/orders-*.jsonl, is one of a file system
// that is registered with Beam; its patterns are that file system's. All others are
// of the machine where they are read: what a runner's workers are to read must be
// there.
//
// Files ending in .gz and .zst are decompressed; the name alone decides. A file
// is read up to the end that is found when the reader gets there. A byte order
// mark at a file's start is skipped; the encoding is UTF-8.
package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/order"
)

// Config says what to read and how.
type Config struct {
	// Inputs are paths, patterns of path/filepath.Match, URIs and their patterns, or
	// "-" for standard input. A file that exists under the name of a pattern wins over what the
	// pattern matches.
	Inputs []string
	// Format is "jsonl", "csv", "cloudevents" or "". With "" the name decides: CSV for .csv,
	// .csv.gz and .csv.zst, and JSON lines for all others. A file that begins with { is
	// JSON lines also where it would be CSV: the events of rows are carried as
	// JSON, and what is left of them is read beside the next rows.
	Format string
	// Columns are the columns of CSV files without a header row. Empty: the
	// first row is the header.
	Columns []string
	// DecoderConfig says how events are decoded.
	order.DecoderConfig
	// Disorder is how far an event may come behind the largest event time
	// before it and still be on time; in whole milliseconds, finer is cut.
	Disorder time.Duration
	// EndOfTime says that the end of the input is the end of time, at which
	// every open order times out. Otherwise it is the largest event time.
	EndOfTime bool
	// GoesOn says that the next run begins with what this one leaves open. Then the
	// log ends at the watermark, and what is not before that is undecided.
	GoesOn bool
	// MaxJump is how far beyond the largest event time so far an event may be before
	// its clock is doubted: the watermark then waits for the next eight events of its
	// file. In whole milliseconds. Zero: no event is doubted.
	MaxJump time.Duration
	// Live says that one input is a pipe into which someone writes now. It is read after
	// all others, and once it has been silent for 2 s the watermark goes on with the
	// machine's clock.
	Live bool
	// MaxLag is how long after its time an event may come of a live input and hold the
	// watermark back for what comes after it; one that is behind by more is late.
	MaxLag time.Duration
	// IfAny are Inputs that may be missing.
	IfAny []string
	// Carried is the input, if one is, whose place the open orders of this run take. At
	// a stop of a pipe beside it all of it is handed out, too: it is not there again.
	Carried string
	// Follow says that the inputs are files that grow, and that others take their names from
	// time to time. They are read as tail -F does, and never end.
	Follow bool
	// Others are files of the run that are no rotated parts of a followed one, though they
	// be called so: outputs, and the carry file.
	Others []string
	// Carries says that the run has a carry file: see package carry. Then a last line
	// without a line break that is no event is left to be read when it is complete.
	Carries bool
	// Resume is what the run goes on from, nil where it begins anew.
	Resume *Resume
	// Forget has the paths of files that are given up, though they were not read to their
	// ends, or are longer by now.
	Forget []string
	// RejectsUnread says that nobody reads the rejects: what is malformed is counted, but
	// no reject of it is emitted.
	RejectsUnread bool
	// Run is the id of the process.Run that the pipeline belongs to; "" is none.
	Run string
}

// Validate checks the settings without a look at any file. The error names the
// flag at fault.
func (c Config) Validate() error {
	decoding := c.DecoderConfig.Validate()
	switch {
	case len(c.Inputs) == 0 && c.Resume == nil || slices.Contains(c.Inputs, ""):
		return errors.New(`files: -input "": want a path, a pattern, or - for standard input`)
	case !slices.Contains([]string{"", order.FormatLines, order.FormatCSV, order.FormatCloudEvents}, c.Format):
		return fmt.Errorf("files: -format %q: want jsonl, csv or cloudevents", c.Format)
	case len(c.Columns) > 0 && (c.Format == order.FormatLines || c.Format == order.FormatCloudEvents):
		return fmt.Errorf("files: -columns %q: only CSV has columns, want -format csv", strings.Join(c.Columns, ","))
	case len(c.Columns) > 0 && c.Format == "" && slices.Contains(c.Inputs, stdin):
		return fmt.Errorf("files: -columns %q with -input -: standard input is JSON lines, want -format csv", strings.Join(c.Columns, ","))
	case c.Follow && len(c.Columns) == 0 && slices.ContainsFunc(c.Inputs, c.isCSV):
		return errors.New("files: -follow of CSV wants -columns: what is appended has no header")
	case decoding != nil:
		return fmt.Errorf("files: %w", decoding)
	case c.Disorder < 0:
		return fmt.Errorf("files: -disorder %v: want 0 or more", c.Disorder)
	case c.MaxJump < 0:
		return fmt.Errorf("files: -max-jump %v: want 0 or more", c.MaxJump)
	case c.MaxLag < 0:
		return fmt.Errorf("files: -max-lag %v: want 0 or more", c.MaxLag)
	}
	if len(c.Columns) > 0 {
		if _, err := order.NewCSV(c.Columns, c.Decoder()); err != nil {
			return fmt.Errorf("files: -columns %w", err)
		}
	}
	return nil
}

// fingerprint tells the log from others. It is of all that says which records the log
// has, in which order, and how they are stamped.
func (c Config) fingerprint() int64 {
	unit := max(c.TimeUnit, time.Millisecond)
	text := fmt.Sprintf("%q %q %q %d %t %d %d", c.Inputs, c.Format, c.Columns, unit, c.ByOrder, c.Disorder.Milliseconds(), c.MaxJump.Milliseconds())
	return int64(xxhash.Sum64String(text + c.Names)) // names that are usual leave the number as it always was
}

// doubt returns how event times are doubted.
func (c Config) doubt() doubt {
	return doubt{jump: c.MaxJump.Milliseconds(), goesOn: c.GoesOn, now: time.Now}
}

// Read reads the inputs, as an unbounded collection that ends with them:
// () -> PCollection<[]order.Event>, PCollection<order.Reject>.
//
// Each event is stamped with its place in time, At = max(Time, W), where W is
// the largest event time before it less Disorder. The events come in blocks; the
// timestamp of a block is the W before it, and W is the collection's watermark. (Where W
// is not past it an event at the very epoch has an At of 0, which counts as not stamped. The
// clock of its shard, which is not past it either, then gives it the same place.) W does not
// follow an event that is more than Config.MaxJump ahead of all others, unless those behind
// it say that it is right.
//
// Between the blocks are marks: before each one, where W is above 0, an
// order.MarkWatermark in a block of its own. The last element is an order.MarkEnd, whose At
// is the largest event time or, with Config.EndOfTime, order.EndOfTime. Where the run was
// stopped, the input could not be read to its end, or Config.GoesOn says that the log goes
// on elsewhere, it is an order.MarkCut at W.
//
// An input that is not an event becomes a reject.
//
// Where the input cannot be read, that is the run's error, and what was read before still
// goes through the pipeline, and an end mark after it. In a process that has not started
// the run (see process.Run.Remote) the bundle fails instead. Read panics where [Config.Validate] or [Config.Paths] has
// an error: call them first.
func Read(s beam.Scope, c Config) (events, rejects beam.PCollection) {
	s = s.Scope("files.Read")
	if err := c.Validate(); err != nil {
		panic(err)
	}
	paths, err := c.Paths()
	if err != nil {
		panic(err)
	}
	c.Inputs = paths
	return beam.ParDo2(s, &readFn{Config: c, ID: rand.Text()}, beam.Impulse(s))
}
