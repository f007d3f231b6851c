// Command peers runs ordertimeout and jobs of Apache Flink on the same logs, in turns, and
// prints how fast each of them is, as tables in Markdown. It fails where they do not
// report the same outcomes.
//
//	go run -C cmd/bench ./peers
//	go run -C cmd/bench ./peers -only loop,sum -events 500000 -rounds 1
//
// There is a table for each question: which orders are paid in time, for each time to pay
// of -within; and, for the first of them, each pattern of peers.Questions. Below it stands
// what an open order takes of the memory of ordertimeout.
//
// The jobs are in testdata/peers: Flink's own CEP library, and the first pattern
// written by hand. They run in one JVM with state on the heap, without checkpoints,
// and write only ids and times, where ordertimeout writes the original events, too.
// What is chosen for them is what makes them fastest: see peers.Flink. On logs of fewer
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
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/openkeys"
	"ordertimeout/cmd/bench/internal/peers"
	"ordertimeout/cmd/bench/internal/product"
	"ordertimeout/transforms/connect/demo/shop"
)

func main() {
	// Stopped by a signal it still removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("peers", flag.ExitOnError)
	only := flags.String("only", "", "questions, with commas between: two,every,loop,group,negation,skip,sum (default all)")
	set, err := peers.Parse(flags, os.Args[1:], 5)
	if err == nil {
		err = bench(ctx, set, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/peers:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, set peers.Settings, only string) error {
	questions, err := choose(only)
	if err != nil {
		return err
	}
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-benchpeers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	jar, err := peers.Build(ctx, root, dir)
	if err != nil {
		return err
	}
	var versions string
	for _, q := range questions {
		set := set
		if q.Name != peers.OrderPaid().Name {
			set.Within = set.Within[:1]
		}
		versions, err = peers.Compare(ctx, dir, set, q, func(log string, within time.Duration) ([]peers.Job, error) {
			jobs := []peers.Job{peers.Ours(dir, log, q, within), peers.Flink("cep", dir, log, jar, q, within, set)}
			if q.Name == peers.OrderPaid().Name {
				jobs = append(jobs, peers.Flink("kpf", dir, log, jar, q, within, set))
			}
			return jobs, nil
		})
		if err == nil {
			err = memory(q)
		}
		if err != nil {
			return err
		}
	}
	fmt.Printf("Medians of %d rounds (least-most) on %s; %s, %s, -Xmx%s, parallelism %d: `%s`\n", set.Rounds, machine.Describe(),
		runtime.Version(), versions, set.Heap, set.Parallelism, strings.Join(append([]string{"go run -C cmd/bench ./peers"}, os.Args[1:]...), " "))
	return nil
}

// choose returns the questions of some names, in their order.
func choose(names string) (chosen []peers.Question, err error) {
	all := append([]peers.Question{peers.OrderPaid()}, peers.Questions()...)
	if names == "" {
		return all, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(q peers.Question) bool { return q.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("-only %q: no question is called %q", names, name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// memory prints what an open order takes of the memory of ordertimeout.
func memory(q peers.Question) error {
	c := shop.Default()
	c.Fails, c.Cancelled = q.Fails, q.Cancelled
	const orders = 100_000
	f, err := openkeys.Measure(q.Text(24*time.Hour), c, orders)
	if err != nil {
		return err
	}
	fmt.Printf("An open order takes %d bytes of ordertimeout's heap, where each has had %.1f events so far.\n\n", f.Bytes/f.Keys, float64(f.Events)/orders)
	return nil
}
