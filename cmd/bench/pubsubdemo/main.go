// Command pubsubdemo shows the pipeline between Pub/Sub topics, with nothing to
// install: it starts the client library's fake server in this process, publishes
// the events of a simulated shop as they happen, runs ordertimeout from Pub/Sub to
// Pub/Sub, and prints the outcomes as they are published.
//
//	go run -C cmd/bench ./pubsubdemo
//	go run -C cmd/bench ./pubsubdemo -within 10s -for 0
//
// It ends after the time that -for says, or with ctrl-c, and stops ordertimeout as
// an operator would: by SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/product"
)

// settings is what the flags say.
type settings struct {
	within, length time.Duration
	rate           float64 // events a second
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	set, err := parse(os.Args[1:])
	if err == nil {
		err = demo(ctx, set, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pubsubdemo:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("pubsubdemo", flag.ExitOnError)
	flags.DurationVar(&set.within, "within", 5*time.Second, "time to pay")
	flags.DurationVar(&set.length, "for", 30*time.Second, "how long to run; 0: until ctrl-c")
	flags.Float64Var(&set.rate, "rate", 5, "events a second")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	return set, set.validate()
}

func (s settings) validate() error {
	switch {
	case s.within < time.Second || s.within > time.Hour:
		return fmt.Errorf("-within %v: want 1s to 1h", s.within)
	case s.length < 0:
		return fmt.Errorf("-for %v: want 0 or more", s.length)
	case !(s.rate >= 0.1 && s.rate <= 1000): // not NaN either
		return fmt.Errorf("-rate %v: want 0.1 to 1000", s.rate)
	}
	return nil
}

// demo runs until its time is over, ctx is cancelled, or something fails, and
// writes what happens to out.
func demo(ctx context.Context, set settings, out io.Writer) error {
	out = &screen{out: out}
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-pubsubdemo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := product.Build(ctx, root, dir, "ordertimeout"); err != nil {
		return err
	}
	s, err := newService(ctx, set.lease())
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Fprintf(out, "Orders are to be paid within %v. Stop with ctrl-c.\n\n", set.within)
	return s.show(ctx, dir, set, out)
}

// show runs the shop, the command and the printer of its outcomes, until one of
// them fails or it is time to end.
func (s *service) show(ctx context.Context, dir string, set settings, out io.Writer) error {
	// Outcomes are printed until the command has ended, which is after the end.
	printing, printed := context.WithCancel(context.WithoutCancel(ctx))
	ctx, end := context.WithCancelCause(ctx)
	if set.length > 0 {
		defer time.AfterFunc(set.length, func() { end(nil) }).Stop()
	}
	var others sync.WaitGroup
	others.Go(func() { end(s.printOutcomes(printing, out)) })
	others.Go(func() { end(s.runShop(ctx, set)) })
	end(run(ctx, dir, set, out))
	s.awaitPrinted()
	printed()
	others.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// screen is what several write to.
type screen struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements io.Writer.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}
