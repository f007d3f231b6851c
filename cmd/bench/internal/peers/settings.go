// Package peers runs ordertimeout and the Flink jobs of testdata/peers on the same
// logs, in turns, for the commands that compare them: it takes their figures, sees
// that they have the same outcomes, and makes tables in Markdown.
//
//	jar, err := peers.Build(ctx, root, dir)
//	versions, err := peers.Compare(ctx, dir, set, func(log string, within time.Duration) ([]peers.Job, error) {
//		return []peers.Job{peers.Ours(dir, log, within), peers.Flink("cep", dir, log, jar, within, set)}, nil
//	})
package peers

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Settings is what the flags of a comparison say.
type Settings struct {
	// Events of each log; Rounds, the runs of each job and log; Parallelism, Flink's.
	Events, Rounds, Parallelism int
	// Within are times to pay: there is a log, and a table, for each.
	Within []time.Duration
	// Heap is that of the JVM of a Flink job, as for -Xmx.
	Heap string
}

// Parse reads the flags of a comparison, and the others of its command, which may be
// defined already; rounds is the default of Rounds. An error names the flag.
func Parse(flags *flag.FlagSet, args []string, rounds int) (Settings, error) {
	var set Settings
	flags.IntVar(&set.Events, "events", 2_000_000, "events of each log")
	within := flags.String("within", "10m,125m", "times to pay, a log and a table for each")
	flags.IntVar(&set.Rounds, "rounds", rounds, "runs of each job and log")
	flags.StringVar(&set.Heap, "heap", "8g", "heap of the JVM")
	flags.IntVar(&set.Parallelism, "parallelism", runtime.NumCPU(), "Flink's parallelism")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	for text := range strings.SplitSeq(*within, ",") {
		d, err := time.ParseDuration(text)
		if err != nil || d < 10*time.Millisecond {
			return set, fmt.Errorf("-within %q: want durations of at least 10ms, such as 10m,125m", *within)
		}
		set.Within = append(set.Within, d)
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	if set.Events < 1 || set.Rounds < 1 || set.Parallelism < 1 {
		return set, fmt.Errorf("-events %d -rounds %d -parallelism %d: want at least 1", set.Events, set.Rounds, set.Parallelism)
	}
	return set, nil
}
