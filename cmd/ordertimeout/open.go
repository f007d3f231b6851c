package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
)

// openUsage prints the flags of ordertimeout open.
func openUsage(w io.Writer) {
	fmt.Fprint(w, `Usage: ordertimeout open -carry FILE [flags]

Lists the open orders of a run, the one first whose deadline is first, as they were when
the run last wrote its carry file. It may be at work still: the file is read, and not
locked. Orders whose events are undecided yet are not among them.

  -carry FILE         the carry file of the run
  -order ID           only the orders with that id, of whichever user
  -format-out FORMAT  table, for people (default), or jsonl: what the timeout of each would
                      be, with "outcome":"open"

Exit status: 0 done, 1 the file cannot be read or is none, or the order of -order is not
open, 2 wrong flags.
`)
}

// openOptions are the settings of ordertimeout open.
type openOptions struct {
	carry  string
	order  string // "": all
	format string
}

// openOrders lists the open orders of a run, and returns the exit status.
func openOrders(args []string, stdout, stderr io.Writer) int {
	o, err := parseOpen(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		openUsage(stdout)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "ordertimeout: open: %v\nRun 'ordertimeout open -h' for the flags.\n", err)
		return exitUsage
	}
	return tell(o.list(stdout, stderr), newJournal(stderr, logText))
}

// parseOpen reads the command line; its errors are one line each.
func parseOpen(args []string) (openOptions, error) {
	var o openOptions
	fs := flag.NewFlagSet("ordertimeout open", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.carry, "carry", "", "")
	fs.Func("order", "", func(id string) error {
		if id == "" {
			return errors.New("want the id of an order")
		}
		o.order = id
		return nil
	})
	fs.StringVar(&o.format, "format-out", pipeline.FormatTable, "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: want flags alone", fs.Arg(0))
	case o.carry == "":
		return o, errors.New("no -carry: want the carry file of a run")
	case !slices.Contains([]string{pipeline.FormatTable, pipeline.FormatLines}, o.format):
		return o, fmt.Errorf("-format-out %q: want table or jsonl", o.format)
	}
	return o, nil
}

// list writes the open orders to stdout, and below a table how many there are to stderr.
func (o openOptions) list(stdout, stderr io.Writer) error {
	file, err := carry.Read(o.carry)
	if err != nil {
		return fmt.Errorf("open: -carry %s: %w", o.carry, err)
	}
	open, undecided, err := openIn(file)
	if err != nil {
		return fmt.Errorf("open: -carry %s: %w", o.carry, err)
	}
	if o.order != "" {
		open = slices.DeleteFunc(open, func(of order.Outcome) bool { return of.OrderID != o.order })
	}
	asOf := fmt.Sprintf("in what was written at %s, where %d events are undecided", file.Written.UTC().Format(time.DateTime), undecided)
	if o.order != "" && len(open) == 0 {
		return fmt.Errorf("open: order %s is not open %s", screen.Text(o.order), asOf)
	}
	if err := o.write(stdout, open); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if o.format == pipeline.FormatTable {
		fmt.Fprintf(stderr, "%d open orders %s\n", len(open), asOf)
	}
	return nil
}

// openIn returns the open orders of a carry file, and how many events are undecided, by the
// rules that it was written with.
func openIn(file *carry.File) (open []order.Outcome, undecided int64, err error) {
	for key, states := range file.Steps() {
		rules, err := transforms.RulesOf(states)
		if err != nil {
			return nil, 0, err
		}
		if len(rules) == 0 { // an older build has written it
			rules = transforms.Only(file.Pattern, 0)
		}
		of, waiting, err := transforms.OpenOrders(states, transforms.MatchConfig{Rules: rules, ByOrder: key == pipeline.KeyOrder, Tick: time.Second, Shards: 1})
		if err != nil {
			return nil, 0, err
		}
		open, undecided = append(open, of...), max(undecided, waiting)
	}
	transforms.SortOpen(open)
	return open, undecided, nil
}

// write writes the orders as the format says.
func (o openOptions) write(stdout io.Writer, open []order.Outcome) error {
	out := bufio.NewWriter(stdout)
	rules := ""
	if slices.ContainsFunc(open, func(of order.Outcome) bool { return of.Rule != "" }) {
		rules = "rule"
	}
	if o.format == pipeline.FormatTable {
		fmt.Fprintln(out, openRow(rules, "deadline (UTC)", "user", "order", "started at", "waits for", "events taken"))
	}
	for i := range open {
		if o.format == pipeline.FormatTable {
			fmt.Fprintln(out, rowOf(&open[i]))
			continue
		}
		out.Write(append(open[i].JSON(), '\n'))
	}
	return out.Flush() // the first error of all
}

// rowOf returns the row of an order. Its texts come from outside.
func rowOf(o *order.Outcome) string {
	var taken []string
	for _, e := range o.Events {
		text := e.Step
		if len(e.Raws) > 1 {
			text = fmt.Sprintf("%s (%d)", e.Step, len(e.Raws))
		}
		taken = append(taken, text)
	}
	deadline := "none"
	if o.Deadline != order.NoDeadline {
		deadline = openTime(o.Deadline)
	}
	return openRow(o.Rule, deadline, o.UserID, o.OrderID, openTime(o.StartedAt), strings.Join(o.WaitingFor, " or "), strings.Join(taken, ", "))
}

func openTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateTime) }

// openRow returns a line of the table, with a column for the rule where there is one. Columns
// are of the widths of transforms.FormatTable.
func openRow(rule, deadline, user, id, started, waits, taken string) string {
	if rule != "" {
		rule = screen.Fit(rule, 16) + "  "
	}
	return rule + strings.TrimRight(strings.Join([]string{
		screen.Fit(deadline, len(time.DateTime)), screen.Fit(user, 12), screen.Fit(id, 16),
		screen.Fit(started, len(time.DateTime)), screen.Fit(waits, 20), screen.Short(taken, 40),
	}, "  "), " ")
}
