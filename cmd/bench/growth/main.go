// Command growth measures how the costs of ordertimeout grow: with the orders
// that are open at a time, with the length of the log, and with the number of users,
// one of them changing at a time. It prints a table in Markdown for each, and draws
// growth-open.svg, growth-length.svg and growth-users.svg.
//
//	go run -C cmd/bench ./growth
//
// CPU seconds per million events that stay within 20 % of the first ones are a cost
// in proportion to the events. Of the memory only that of the open and the
// remembered orders, and of their users, is to grow.
//
// Its logs take up to 6 GB of disk, one at a time. It needs Linux and, on two cores,
// about an hour: less with -max-length 5, or with -events 50000 to try it. Run it on
// a quiet machine, and compare figures of one run only.
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

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/product"
)

// minEvents is where the numbers of users of the smallest points still differ.
const minEvents = 50_000

// settings is what the flags say.
type settings struct {
	events, rounds int
	maxLength      float64
	output         string // folder
}

func main() {
	// Stopped by a signal it still removes its files.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := product.Root(ctx)
	var set settings
	if err == nil {
		set, err = parse(root, os.Args[1:])
	}
	if err == nil {
		err = bench(ctx, root, set)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/growth:", err)
		os.Exit(1)
	}
}

func parse(root string, args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("growth", flag.ExitOnError)
	flags.IntVar(&set.events, "events", baseEvents, "events of a log; the open orders and the users grow with it")
	flags.IntVar(&set.rounds, "rounds", 3, "runs of each log")
	flags.Float64Var(&set.maxLength, "max-length", 25, "longest log, in times -events")
	flags.StringVar(&set.output, "o", "pipeline", "folder of the pictures, from the root of the repository")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	if set.events < minEvents {
		return set, fmt.Errorf("-events %d: want at least %d", set.events, minEvents)
	}
	if set.rounds < 1 {
		return set, fmt.Errorf("-rounds %d: want at least 1", set.rounds)
	}
	if !(set.maxLength >= 1) { // not NaN either
		return set, fmt.Errorf("-max-length %v: want at least 1", set.maxLength)
	}
	set.output = product.Path(root, set.output)
	if info, err := os.Stat(set.output); err != nil || !info.IsDir() {
		return set, fmt.Errorf("-o %q: want a folder that exists", set.output)
	}
	return set, nil
}

func bench(ctx context.Context, root string, set settings) error {
	dir, err := os.MkdirTemp("", "ordertimeout-benchgrowth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := product.Build(ctx, root, dir, "ordertimeout", "bench/orderlog"); err != nil {
		return err
	}
	all := allSeries(set.events, set.maxLength)
	for _, s := range all {
		if err := s.measure(ctx, dir, set.rounds); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%s\n\n%s\n", s.title, table(s))
		if err := writePicture(filepath.Join(set.output, "growth-"+s.name+".svg"), s); err != nil {
			return err
		}
	}
	fmt.Printf("Medians of %d rounds (least-most) on %s; %s: `%s`\n", set.rounds, machine.Describe(), runtime.Version(),
		strings.Join(append([]string{"go run -C cmd/bench ./growth"}, os.Args[1:]...), " "))
	return nil
}

// measure runs the logs of a series in rounds, one after the other in each, so that
// what else the machine does meets them alike. A log is written again for each run,
// since all of them at a time may not fit on the disk.
func (s series) measure(ctx context.Context, dir string, rounds int) error {
	for round := range rounds {
		for i := range s.points {
			p := &s.points[i]
			if err := p.run(ctx, dir); err != nil {
				return err
			}
			f := p.runs[round]
			fmt.Fprintf(os.Stderr, "%s: round %d of %d: %s: %.0f events/s, %.2f CPU s per million, %.0f MiB\n",
				s.name, round+1, rounds, s.label(*p), f.rate, f.cpu, f.memory)
		}
	}
	return nil
}
