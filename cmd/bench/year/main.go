// Command year runs ordertimeout day by day over the simulated events of a year, with a
// carry file, kills and stops it at random moments, starts the same command again, and
// compares what it has told with what it was to tell: by day, kind and count, and by the sum
// of the ids' hashes.
//
//	go run -C cmd/bench ./year
//	go run -C cmd/bench ./year -days 10 -events 2000000 -restarts 20
//
// Of each day it keeps figures only, so that it needs the disk of two days.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/product"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := config{}
	flag.IntVar(&c.days, "days", 365, "days")
	flag.IntVar(&c.events, "events", 100_000_000, "events of all days together")
	flag.IntVar(&c.restarts, "restarts", 50, "how often the command is killed or stopped, and started again")
	flag.Uint64Var(&c.seed, "seed", 1, "of what happens")
	flag.Parse()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "year:", err)
		os.Exit(1)
	}
}

// config are the settings.
type config struct {
	days, events, restarts int
	seed                   uint64
}

// run runs all days, and prints a line for each thirty of them.
func (c config) run(ctx context.Context) error {
	if c.days < 2 || c.events < c.days || c.restarts < 0 {
		return fmt.Errorf("%d days, %d events, %d restarts: want two days, an event a day, and no less than no restart", c.days, c.events, c.restarts)
	}
	dir, remove, err := product.Temporary(ctx, "ordertimeout")
	if err != nil {
		return err
	}
	defer remove()
	y := &year{
		dir: dir, rnd: rand.New(rand.NewPCG(c.seed, 2)), trade: newTrade(c.seed, c.events/c.days),
		told: tally{}, restarts: c.restarts, days: c.days,
	}
	begin := time.Now()
	for day := range c.days {
		if err := y.run(ctx, day); err != nil {
			return fmt.Errorf("day %d: %w", day, err)
		}
		if day%30 == 29 || day == c.days-1 {
			fmt.Printf("%d days, %d events, %d restarts, %v; peak memory of these days %d MiB\n",
				day+1, y.trade.events, y.ended, time.Since(begin).Round(time.Second), y.peak>>10)
			y.peak = 0
		}
	}
	// What the last day leaves undecided is in the carry file.
	if err := y.trade.wanted.compare(y.told, int64(c.days-1)); err != nil {
		return err
	}
	fmt.Printf("%d successes and %d timeouts of %d days: those that were to come, each once, by day and id\n",
		y.told.count("success"), y.told.count("timeout"), c.days-1)
	fmt.Println(machine.Describe())
	return nil
}

// year runs the days.
type year struct {
	dir            string
	rnd            *rand.Rand
	trade          *trade
	told           tally
	days, restarts int
	ended          int   // how often it was killed or stopped
	peak           int64 // memory in KiB, since it was told of
}

// run runs a day to its end.
func (y *year) run(ctx context.Context, day int) error {
	log := filepath.Join(y.dir, fmt.Sprintf("day-%03d.jsonl", day))
	if err := y.trade.write(log, day); err != nil {
		return err
	}
	defer os.Remove(log)
	outcomes := filepath.Join(y.dir, fmt.Sprintf("outcomes-%03d.jsonl", day))
	defer os.Remove(outcomes)
	args := []string{
		"-input", log, "-carry", filepath.Join(y.dir, "orders.carry"), "-carry-every", "300ms",
		"-max-ahead", "0", "-success", outcomes, "-timeouts", outcomes, "-quiet",
	}
	left, due := y.days-day, y.restarts-y.ended
	for range due/left + boolToInt(y.rnd.IntN(left) < due%left) {
		if err := y.start(ctx, args, true); err != nil {
			return err
		}
		y.ended++
	}
	if err := y.start(ctx, args, false); err != nil {
		return err
	}
	return y.told.read(outcomes)
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
