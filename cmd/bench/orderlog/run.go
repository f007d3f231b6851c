package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ordertimeout/transforms/connect/demo/shop"
)

// The exit status.
const (
	exitOK    = 0
	exitWrite = 1 // the log could not be written
	exitUsage = 2 // a flag is wrong
)

// settings is what the flags say.
type settings struct {
	shop   shop.Config
	events int64
	output string // path, or "-" for standard output
}

// run runs the command and returns its exit status.
func run(args []string, stdout, stderr io.Writer) int {
	set, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "orderlog: %v\n", err)
		return exitUsage
	}
	if err := write(set, stdout); err != nil {
		fmt.Fprintf(stderr, "orderlog: %s: %v\n", set.output, err)
		return exitWrite
	}
	return exitOK
}

const usage = `usage: orderlog [flags]
Writes the event log of a simulated shop: orders that are created and mostly
paid, one JSON object a line. The same flags give the same bytes.

  -n N           events to write (1000000)
  -o FILE        where to; - is standard output (-)
  -seed N        one of the shops that are like this (1)
  -users N       users who order (100000)
  -rate R        events a second of event time (1000)
  -within D      time to pay (10m)
  -paid S        share of orders paid in time, 1ms to within/2 later (0.8)
  -paid-late S   share of orders paid too late, within to 2*within later (0.02)
  -disorder D    longest normal delay of an event's arrival (0s)
  -late S        share of events that arrive up to within later still (0)
  -repeat S      share of events that arrive twice (0)
  -hot S         share of orders of one user, u0 (0)
  -fails N       failed payments an order at most, a fail and a retry each (0)
  -cancelled S   share of orders that have a cancel, up to within/2 later (0)
  -early S       share of payments in time stamped up to 3s before the order (0)
  -b2b S         share of orders of channel b2b, -b2b-within D (1h) to pay (0)
  -start TIME    time of the first event (2026-01-01T00:00:00Z)

  orderlog -n 9999 -rate 50 -disorder 5s -late 0.01 -repeat 0.01 -o unruly.jsonl
`

// parse reads the flags. Its errors name the flag that is wrong.
func parse(args []string) (settings, error) {
	set := settings{shop: shop.Default()}
	c := &set.shop
	flags := flag.NewFlagSet("orderlog", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Int64Var(&set.events, "n", 1_000_000, "")
	flags.StringVar(&set.output, "o", "-", "")
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "")
	flags.IntVar(&c.Users, "users", c.Users, "")
	flags.Float64Var(&c.Rate, "rate", c.Rate, "")
	flags.DurationVar(&c.Within, "within", c.Within, "")
	flags.Float64Var(&c.Paid, "paid", c.Paid, "")
	flags.Float64Var(&c.PaidLate, "paid-late", c.PaidLate, "")
	flags.DurationVar(&c.Disorder, "disorder", c.Disorder, "")
	flags.Float64Var(&c.Late, "late", c.Late, "")
	flags.Float64Var(&c.Repeat, "repeat", c.Repeat, "")
	flags.Float64Var(&c.Hot, "hot", c.Hot, "")
	flags.IntVar(&c.Fails, "fails", c.Fails, "")
	flags.Float64Var(&c.Cancelled, "cancelled", c.Cancelled, "")
	flags.Float64Var(&c.Early, "early", c.Early, "")
	flags.Float64Var(&c.B2B, "b2b", c.B2B, "")
	flags.DurationVar(&c.B2BWithin, "b2b-within", c.B2BWithin, "")
	flags.TextVar(&c.Start, "start", c.Start, "")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	if set.events < 0 {
		return set, fmt.Errorf("-n %d: want 0 or more events", set.events)
	}
	if set.output == "" {
		return set, errors.New(`-o "": want a file, or - for standard output`)
	}
	err := c.Validate()
	var wrong *shop.FieldError
	if errors.As(err, &wrong) {
		return set, fmt.Errorf("%s %s", flagOf[wrong.Field], wrong.Fault())
	}
	return set, err
}

// flagOf is the flag that sets a field of the shop.
var flagOf = map[string]string{
	"Users": "-users", "Rate": "-rate", "Start": "-start",
	"Within": "-within", "Paid": "-paid", "PaidLate": "-paid-late",
	"Disorder": "-disorder", "Late": "-late", "Repeat": "-repeat", "Hot": "-hot",
	"Fails": "-fails", "Cancelled": "-cancelled", "Early": "-early", "B2B": "-b2b", "B2BWithin": "-b2b-within",
}

// write writes the log to where the settings say.
func write(set settings, stdout io.Writer) error {
	if set.output == "-" {
		return writeLog(stdout, set)
	}
	file, err := os.Create(set.output)
	if err != nil {
		return fault(err)
	}
	err = writeLog(file, set)
	if closeErr := file.Close(); err == nil {
		err = fault(closeErr)
	}
	return err
}

// writeLog writes the log to w.
func writeLog(w io.Writer, set settings) error {
	s, err := shop.New(set.shop)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 256<<10)
	for range set.events {
		out.Write(s.Next().Event.Raw) // an error stays, for WriteByte
		if err := out.WriteByte('\n'); err != nil {
			return fault(err)
		}
	}
	return fault(out.Flush())
}

// fault is an error of a file without the path, which the caller names.
func fault(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
