// Command benchpeers runs ordertimeout and two jobs of Apache Flink on the same
// logs, in turns, and prints how fast each of them is, as tables in Markdown. It
// fails where they do not report the same outcomes.
//
//	go run ./cmd/benchpeers
//
// The jobs are in testdata/peers: Flink's own CEP library, and the one pattern
// written by hand. They run in one JVM with state on the heap, without checkpoints,
// and write only ids and times, where ordertimeout writes the original events, too.
// What is chosen for them is what makes them fastest: see flink. On logs of fewer
// than a million events the figures are those of a JVM that is still compiling.
//
// It needs Java 17 and Maven. Run it on a quiet machine, and compare figures of one
// run only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"ordertimeout/cmd/internal/machine"
)

// disorder is how far out of order all three are told that events may be: the
// default of ordertimeout. The logs are in order.
const disorder = 5 * time.Second

// settings is what the flags say.
type settings struct {
	events, rounds, parallelism int
	within                      []time.Duration
	heap                        string
}

func main() {
	// Stopped by a signal it still removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	set, err := parse(os.Args[1:])
	if err == nil {
		err = bench(ctx, set)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchpeers:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("benchpeers", flag.ExitOnError)
	flags.IntVar(&set.events, "events", 2_000_000, "events of each log")
	within := flags.String("within", "10m,100m", "times to pay, a log and a table for each")
	flags.IntVar(&set.rounds, "rounds", 5, "runs of each job and log")
	flags.StringVar(&set.heap, "heap", "8g", "heap of the JVM")
	flags.IntVar(&set.parallelism, "parallelism", runtime.NumCPU(), "Flink's parallelism")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	for text := range strings.SplitSeq(*within, ",") {
		d, err := time.ParseDuration(text)
		if err != nil || d < 10*time.Millisecond {
			return set, fmt.Errorf("-within %q: want durations of at least 10ms, such as 10m,100m", *within)
		}
		set.within = append(set.within, d)
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	if set.events < 1 || set.rounds < 1 || set.parallelism < 1 {
		return set, fmt.Errorf("-events %d -rounds %d -parallelism %d: want at least 1", set.events, set.rounds, set.parallelism)
	}
	return set, nil
}

func bench(ctx context.Context, set settings) error {
	dir, err := os.MkdirTemp("", "ordertimeout-benchpeers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	jar, err := build(ctx, dir)
	if err != nil {
		return err
	}
	var versions string
	for _, within := range set.within {
		log := filepath.Join(dir, "orders.jsonl")
		if err := writeLog(ctx, dir, log, set.events, within); err != nil {
			return err
		}
		jobs := []job{ours(dir, log, within), flink("cep", dir, log, jar, within, set), flink("kpf", dir, log, jar, within, set)}
		open, err := measure(ctx, jobs, set)
		if err != nil {
			return fmt.Errorf("%v to pay: %w", within, err)
		}
		fmt.Printf("%d events, %v to pay: up to %d orders open\n\n%s\n", set.events, within, open, table(jobs))
		versions = jobs[1].versions
	}
	fmt.Printf("Medians of %d rounds (least-most) on %s; %s, %s, -Xmx%s, parallelism %d: `%s`\n", set.rounds, machine.Describe(),
		runtime.Version(), versions, set.heap, set.parallelism, strings.Join(append([]string{"go run ./cmd/benchpeers"}, os.Args[1:]...), " "))
	return nil
}

// measure runs the jobs in rounds, one after the other in each, so that what else
// the machine does meets them alike. It compares the outcomes of the first round,
// and returns how many orders were open at a time at most.
func measure(ctx context.Context, jobs []job, set settings) (open int, err error) {
	for round := range set.rounds {
		for i := range jobs {
			if err := jobs[i].run(ctx, set.events); err != nil {
				return 0, err
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s: %.0f events/s\n", round+1, set.rounds, jobs[i].name, jobs[i].whole[round].rate)
		}
		if round == 0 {
			if open, err = compare(jobs); err != nil {
				return 0, err
			}
		}
	}
	return open, nil
}
