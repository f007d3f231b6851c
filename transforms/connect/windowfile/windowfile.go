// Package windowfile writes lines into a directory of files, one or a few for
// each window of event time, from any number of processes.
//
//	c := windowfile.Config{Dir: "gs://bucket/timeouts", Window: time.Hour, Shards: 1}
//	windowfile.Write(s, c, timeouts)
//
// It is the sink of runners whose workers are other processes; package localfile is
// that of a single process. Dir is a local path, or a URI of any file system that
// is registered with Beam.
//
// # The files
//
//	20260301T090000Z-20260301T100000Z-pane0-shard0of1-77f5dc10d5ab0e0c.jsonl
//
// The name has the window that the element times are in, the pane, the shard and a
// hash of the set of lines; a window without lines has no file. The last window of
// time, where open orders are reported, is called "end". Names sort by time.
//
// A window has one pane, pane 0, which is written when the watermark has passed the
// window's end. It has more where so much comes that it is written in pieces, of some 250
// bundles each, and where something comes late.
//
// A file appears under its name when it is complete: until then its name begins
// with a dot and ends in ".tmp". A process that is killed leaves such a file, which
// nobody reads and which may be deleted once the job has ended. So "*.jsonl" is all
// that was written and nothing else.
//
// # What is there already
//
// Write adds to a directory, and never replaces or deletes what is in it, whoever
// wrote it: a file is replaced only by one with the same lines, as the hash says.
// So a bundle that a runner repeats writes the same file again; the same input,
// read again, gives the same files; a job that goes on from a checkpoint, or a new
// one that reads on, goes on in the same directory; and several sinks may share one.
// What comes twice because a job had to repeat its work is in two files if it was
// grouped otherwise: a reader tells it by the lines' ids.
package windowfile

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window/trigger"

	"ordertimeout/transforms/connect/fsys"
)

// Config says where the files are, and how many.
type Config struct {
	// Dir is the directory, made where it is missing: a local path, which every
	// worker has to see, or a URI of a registered file system, such as
	// gs://bucket/dir.
	Dir string
	// Window is how much event time a file holds, in whole seconds from 1s to 24h
	// (Flink rounds watermarks down to seconds). It is also how long a line waits
	// for its file to appear, and in a replay how many files there are.
	Window time.Duration
	// Shards is how many files a window has, which different workers can write at
	// the same time. One is enough for some 100,000 lines a second.
	Shards int
	// Run is the id of the process.Run that the pipeline belongs to; "" is none.
	Run string
}

// WithDefaults returns the settings with an hour where there is no Window, and one
// shard where there are no Shards.
func (c Config) WithDefaults() Config {
	if c.Window == 0 {
		c.Window = time.Hour
	}
	if c.Shards == 0 {
		c.Shards = 1
	}
	return c
}

// The limits of the settings.
const (
	maxWindow = 24 * time.Hour
	maxShards = 1000
)

// Validate returns what is wrong with the settings in a line that names the flag
// (of the directory only the directory, as several flags name one), or nil. It
// looks at no file.
func (c Config) Validate() error {
	switch {
	case strings.TrimRight(c.Dir, "/") == "":
		return fmt.Errorf("windowfile: directory %q: want a directory other than the root", c.Dir)
	case c.Window < time.Second || c.Window > maxWindow || c.Window%time.Second != 0:
		return fmt.Errorf("windowfile: -file-window %v: want whole seconds from 1s to 24h", c.Window)
	case c.Shards < 1 || c.Shards > maxShards:
		return fmt.Errorf("windowfile: -file-shards %d: want 1 to %d", c.Shards, maxShards)
	}
	if err := fsys.Registered(c.Dir); err != nil {
		return fmt.Errorf("windowfile: directory %q: %w", c.Dir, err)
	}
	return nil
}

// Check returns an error where the directory is a file of this machine.
func (c Config) Check() error {
	if fsys.IsURI(c.Dir) {
		return nil
	}
	info, err := os.Stat(c.Dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("windowfile: %s: is a file, want a directory", c.Dir)
	}
	return nil // one that is missing is made, maybe on another machine
}

const (
	// maxParts is how many parts of a file (see batchFn; as many as there are
	// bundles that have lines for it, or more) a runner has to hold at most before
	// they become a file: Flink gives a DoFn all values of a key in one message.
	maxParts = 256
	// lateness is for how long after its end a window still takes what is late.
	// Nothing is: outcomes and rejects are never behind the watermark that they are
	// sent under. What a group-by-key takes for late it drops without a word, so
	// this is for a source or transform that breaks the rule. Runners keep a few
	// bytes of each window for as long.
	lateness = 24 * time.Hour
)

// Write writes messages, each as a line, into files by the windows of their
// element times: PCollection<order.Message>, in the global window -> files in Dir.
// Where a live run's source holds input until it is delivered, it may let go of a
// message's once its file is there.
//
// A file that cannot be written fails its bundle, with an error of one line, which
// is also the reason that process.Run.Err gives in the process of the run. Write
// panics where c.Validate gives an error.
func Write(s beam.Scope, c Config, messages beam.PCollection) {
	s = s.Scope("windowfile.Write")
	if err := c.Validate(); err != nil {
		panic(err)
	}
	parts := beam.ParDo(s, &batchFn{Window: c.Window.Milliseconds(), Shards: int64(c.Shards)}, messages)
	windowed := beam.WindowInto(s, window.NewFixedWindows(c.Window), parts,
		beam.Trigger(trigger.AfterEndOfWindow().
			EarlyFiring(trigger.AfterCount(maxParts)). // these repeat by themselves, and Java refuses to be told so
			LateFiring(trigger.AfterCount(1))),
		beam.PanesDiscard(), beam.AllowedLateness(lateness))
	beam.ParDo0(s, &writeFn{Config: c}, beam.GroupByKey(s, windowed))
}
