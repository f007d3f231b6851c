package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"ordertimeout/transforms/rules"
)

const checkLine = "Usage: ordertimeout check [-against OLD] FILE\n"

// checkUsage prints the flags of ordertimeout check, and what a file of rules is.
func checkUsage(w io.Writer) {
	fmt.Fprint(w, checkLine, `
Says ok, or all that is wrong with a file of rules, a line each with its place.

  -against OLD    the rules that a run has had: says of each rule whether it goes on with its
                  open orders, starts empty, or is removed

A file is YAML, or JSON. Of a rule only name and pattern must be there:

  input:                             # as the flags of these names, which win
    types: {order.created: create}   # what the patterns call the types of events
    fields: {orderId: order.id}      # where the events have their members; format: jsonl
  rules:
    - name: unpaid                   # in outcomes, counters and metrics
      pattern: create notFollowedBy cancel followedBy pay within 10m
      key: order                     # user (default): an order is a user's; order: its id alone
      within: 48h                    # in place of the pattern's window
      remind: [5m, 8m]               # ages of an open order at which there is a reminder
      resolve: 24h                   # how long after a timeout it may still be called off
      early: 5s                      # how much before the first event a later one may come
      outcomes: [timeout, resolved]  # the kinds that are given (default: all but started)
      labels: {team: customer-care}  # texts that each outcome has

Exit status: 0 it is right, 2 it is not, or wrong flags.
`)
}

// check checks a file of rules, and returns the exit status.
func check(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("ordertimeout check", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	against := flags.String("against", "", "")
	log := newJournal(stderr, logText)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		checkUsage(stdout)
		return exitOK
	case err == nil && flags.NArg() == 0:
		fmt.Fprint(stderr, checkLine)
		return exitUsage
	case err == nil && flags.NArg() > 1:
		err = fmt.Errorf("unexpected argument %q: want one file", flags.Arg(1))
	}
	if err != nil {
		return tell(usageError{fmt.Errorf("check: %w", err)}, log)
	}
	file, err := loadRules(flags.Arg(0))
	var old rules.File
	if *against != "" {
		var oldErr error
		old, oldErr = loadRules(*against)
		err = errors.Join(err, oldErr)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	if *against == "" {
		_, err = fmt.Fprintln(stdout, "ok")
	} else {
		_, err = io.WriteString(stdout, rules.Change(old.Rules, file.Rules))
	}
	return tell(err, log)
}
