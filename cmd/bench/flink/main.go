// Command flink measures how fast ordertimeout reads a log on Apache Flink, beside
// the job on Flink's own CEP library of testdata/peers, with which it takes turns, and
// prints tables in Markdown. It fails where the two do not report the same outcomes.
// How late alerts are on Flink, the command pubsub measures.
//
//	go run -C cmd/bench ./flink
//	go run -C cmd/bench ./flink -flink-options shutdown_sources_after_idle_ms=11000
//
// Beam's job server runs the jobs of ordertimeout on a Flink in its own process,
// with the production settings. It runs one job before those that count, as the figures
// of the CEP job leave out the start of its JVM. The CEP job writes only ids and times.
//
// The last line says how many checkpoints the jobs of ordertimeout completed; the CEP
// job makes none. The second command keeps Beam's source up for 11 s, which each job
// then takes at least, and so has more of them.
//
// It needs Java 17, Maven and Linux. Run it on a quiet machine, and compare figures
// of one run only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/peers"
	"ordertimeout/cmd/bench/internal/product"
	"ordertimeout/cmd/internal/jobserver"
)

// heap is that of the job server, which in these jobs is Flink, too.
const heap = "2g"

func main() {
	// Stopped by a signal it still ends its job server and removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("flink", flag.ExitOnError)
	options := flags.String("flink-options", "", "as of ordertimeout")
	set, err := peers.Parse(flags, os.Args[1:], 3)
	if err == nil {
		err = bench(ctx, set, *options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/flink:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, set peers.Settings, options string) error {
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-benchflink")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	jar, err := peers.Build(ctx, root, dir)
	if err != nil {
		return err
	}
	lib, err := jobserver.Build(ctx, filepath.Join(root, "testdata", "flink"))
	if err != nil {
		return err
	}
	server, err := jobserver.Start(ctx, lib, jobserver.Config{Dir: filepath.Join(dir, "flink"), Heap: heap})
	if err != nil {
		return err
	}
	defer server.Stop()
	onFlink := []string{"-runner", "flink", "-endpoint", server.Endpoint, "-environment_type", "LOOPBACK", "-parallelism", strconv.Itoa(set.Parallelism)}
	if options != "" {
		onFlink = append(onFlink, "-flink-options", options)
	}
	var cold float64 // events/s of the job server's first job
	q := peers.OrderPaid()
	versions, err := peers.Compare(ctx, dir, set, q, func(log string, within time.Duration) ([]peers.Job, error) {
		ours := peers.Ours(dir, log, q, within, onFlink...)
		ours.Name, ours.Server = "ordertimeout on Flink, with submission", server.PID()
		if cold == 0 {
			first := ours
			if err := first.Run(ctx, set.Events); err != nil {
				return nil, err
			}
			cold = first.Whole[0].Rate
		}
		return []peers.Job{ours, peers.Flink("cep", dir, log, jar, q, within, set)}, nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("Medians of %d rounds (least-most) on %s; %s, the job server of testdata/flink with -Xmx%s, beside it %s with -Xmx%s; parallelism %d; the job server's first job, which does not count, read %.0f events/s; its %d jobs completed %d checkpoints: `%s`\n",
		set.Rounds, machine.Describe(), runtime.Version(), heap, versions, set.Heap, set.Parallelism, cold,
		1+len(set.Within)*set.Rounds, strings.Count(server.Log(), "Completed checkpoint "),
		strings.Join(append([]string{"go run -C cmd/bench ./flink"}, os.Args[1:]...), " "))
	return nil
}
