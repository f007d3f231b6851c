// Command peers runs ordertimeout and two jobs of Apache Flink on the same
// logs, in turns, and prints how fast each of them is, as tables in Markdown. It
// fails where they do not report the same outcomes.
//
//	go run -C cmd/bench ./peers
//
// The jobs are in testdata/peers: Flink's own CEP library, and the one pattern
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
	"strings"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/peers"
	"ordertimeout/cmd/bench/internal/product"
)

func main() {
	// Stopped by a signal it still removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	set, err := peers.Parse(flag.NewFlagSet("peers", flag.ExitOnError), os.Args[1:], 5)
	if err == nil {
		err = bench(ctx, set)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/peers:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, set peers.Settings) error {
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
	versions, err := peers.Compare(ctx, dir, set, func(log string, within time.Duration) ([]peers.Job, error) {
		return []peers.Job{
			peers.Ours(dir, log, within), peers.Flink("cep", dir, log, jar, within, set), peers.Flink("kpf", dir, log, jar, within, set),
		}, nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("Medians of %d rounds (least-most) on %s; %s, %s, -Xmx%s, parallelism %d: `%s`\n", set.Rounds, machine.Describe(),
		runtime.Version(), versions, set.Heap, set.Parallelism, strings.Join(append([]string{"go run -C cmd/bench ./peers"}, os.Args[1:]...), " "))
	return nil
}
