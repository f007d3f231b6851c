// Command pubsub measures ordertimeout on Pub/Sub, and prints tables in
// Markdown:
//
//	a  events a second where each message has one event, of a backlog and of a
//	   stream, and how that compares to pulling and acknowledging without a pipeline
//	b  events a second where each message has 100
//	c  how long after their deadlines alerts are published
//	d  what it costs to hold the messages of many open orders
//	e  how long after their deadlines alerts are published on Flink, also where a
//	   worker is killed (only where it is asked for, and with Java 17 and Maven)
//
//	go run -C cmd/bench ./pubsub
//	go run -C cmd/bench ./pubsub -only c -emulator none
//	go run -C cmd/bench ./pubsub -only e
//
// The server is a process of its own on this machine: Google's emulator, where it
// and Java are installed, else the client library's fake, which keeps a pull that
// waits up to half a second too long. Neither is the service.
// Run it on a quiet machine, and compare figures of one run only. It has to be run
// on Linux.
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
	"ordertimeout/cmd/bench/internal/product"
)

// settings is what the flags say.
type settings struct {
	only, emulator string
	rounds         int
	messages       int // of part a
	streamed       int // of its stream
	packed         int // events of part b
	orders         int // of part c
	open, more     int // orders of part d, and those published later
	seconds        int // of each row of e
	hold           time.Duration
	serve          bool
}

func main() {
	// Stopped by a signal it still ends its server and removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	set, err := parse(os.Args[1:])
	switch {
	case err == nil && set.serve:
		err = serveFake(os.Stdin, os.Stdout)
	case err == nil:
		err = bench(ctx, set)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/pubsub:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("pubsub", flag.ExitOnError)
	flags.StringVar(&set.only, "only", "a,b,c,d", "parts to measure")
	flags.StringVar(&set.emulator, "emulator", "", "JAR of the emulator, from the root of the repository; none: the library's fake (default: the one of the Google Cloud SDK)")
	flags.IntVar(&set.rounds, "rounds", 3, "runs of each case of a and b")
	flags.IntVar(&set.messages, "messages", 100_000, "messages of a")
	flags.IntVar(&set.streamed, "streamed", 400_000, "messages of the stream of a")
	flags.IntVar(&set.packed, "packed", 1_000_000, "events of b")
	flags.IntVar(&set.orders, "orders", 1000, "orders of c")
	flags.IntVar(&set.open, "open", 100_000, "open orders of d")
	flags.IntVar(&set.more, "more", 5000, "orders of d that are published once the others are open, and paid")
	flags.DurationVar(&set.hold, "hold", 30*time.Second, "how long d holds the open orders before")
	flags.IntVar(&set.seconds, "seconds", 60, "for how long orders come for each row of e")
	flags.BoolVar(&set.serve, "serve", false, "be the library's fake until standard input ends; for its own use")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	for part := range strings.SplitSeq(set.only, ",") {
		if len(part) != 1 || !strings.Contains("abcde", part) {
			return set, fmt.Errorf("-only %q: want some of a,b,c,d,e", set.only)
		}
	}
	for _, size := range []struct {
		flag       string
		got, least int
	}{
		{"rounds", set.rounds, 1}, {"messages", set.messages, 2}, {"streamed", set.streamed, 10}, {"packed", set.packed, 2},
		{"orders", set.orders, 2}, {"open", set.open, 1}, {"more", set.more, 1}, {"seconds", set.seconds, 2},
	} {
		if size.got < size.least {
			return set, fmt.Errorf("-%s %d: want at least %d", size.flag, size.got, size.least)
		}
	}
	return set, nil
}

func bench(ctx context.Context, set settings) error {
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-benchpubsub")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := product.Build(ctx, root, dir, "ordertimeout", "ordertimeout-boot"); err != nil {
		return err
	}
	if set.emulator != "" && set.emulator != "none" {
		set.emulator = product.Path(root, set.emulator)
	}
	onFlink := func(ctx context.Context, dir string, s *server, set settings) error {
		return measureFlink(ctx, root, dir, s, set)
	}
	var name string
	for _, part := range []struct {
		letter  string
		measure func(ctx context.Context, dir string, s *server, set settings) error
	}{{"a", measureSingle}, {"a", measureStream}, {"b", measurePacked}, {"c", measureLatency}, {"d", measureOpen}, {"e", onFlink}} {
		if !strings.Contains(set.only, part.letter) {
			continue
		}
		// Each part has a server of its own, as the servers keep what was published.
		s, err := startServer(ctx, set.emulator)
		if err != nil {
			return err
		}
		name = s.name
		err = part.measure(ctx, dir, s, set)
		s.stop()
		if err != nil {
			return fmt.Errorf("part %s: %w", part.letter, err)
		}
	}
	fmt.Printf("%s; the server is %s; %s: `%s`\n", machine.Describe(), name, runtime.Version(),
		strings.Join(append([]string{"go run -C cmd/bench ./pubsub"}, os.Args[1:]...), " "))
	return nil
}
