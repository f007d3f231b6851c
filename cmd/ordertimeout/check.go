package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"ordertimeout/transforms/rules"
	"ordertimeout/transforms/screen"
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
      within: 48h                    # in place of the pattern's window; or an expression that gives it:
                                     # 'channel == "b2b" ? "48h" : "10m"', for each order by its first event
      remind: [5m, 8m]               # ages of an open order at which there is a reminder
      resolve: 24h                   # how long after a timeout it may still be called off
      early: 5s                      # how much before the first event a later one may come
      outcomes: [timeout, resolved]  # the kinds that are given (default: all but started)
      labels: {team: customer-care}  # texts that each outcome has

Exit status: 0 it is right, 2 it is not, or wrong flags.
`)
}

// checkOptions are the settings of ordertimeout check.
type checkOptions struct {
	file    string
	against string // "": none
}

// check checks a file of rules, and returns the exit status.
func check(args []string, stdout, stderr io.Writer) int {
	log := newJournal(stderr, logText)
	o, err := parseCheck(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		checkUsage(stdout)
		return exitOK
	case errors.Is(err, errNoRules):
		fmt.Fprint(stderr, checkLine)
		return exitUsage
	case err != nil:
		return tell(usageError{fmt.Errorf("check: %w", err)}, log)
	}
	file, err := loadRules(o.file)
	text := "ok\n"
	if o.against != "" {
		old, oldErr := loadRules(o.against)
		err = errors.Join(err, oldErr)
		text = rules.Change(old.Rules, file.Rules)
	}
	if err != nil {
		return tellFaults(err, stderr)
	}
	_, err = io.WriteString(stdout, text)
	return tell(err, log)
}

// errNoRules is the error of a command line without a file of rules.
var errNoRules = errors.New("no file of rules")

// parseCheck reads the command line. Flags may stand behind the file, too. Its errors are
// one line each.
func parseCheck(args []string) (o checkOptions, err error) {
	fs := flag.NewFlagSet("ordertimeout check", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("against", "", func(file string) error {
		if file == "" {
			return errors.New("want the file of the rules that a run has had")
		}
		o.against = file
		return nil
	})
	for rest := args; ; rest = fs.Args()[1:] {
		if err := fs.Parse(rest); err != nil {
			return o, err
		}
		switch {
		case fs.NArg() == 0 && o.file == "":
			return o, errNoRules
		case fs.NArg() == 0:
			return o, nil
		case o.file != "":
			return o, fmt.Errorf("unexpected argument %q: want one file", fs.Arg(0))
		}
		o.file = fs.Arg(0)
	}
}

// tellFaults says what is wrong with files of rules, a line each, which begins with the place
// and so with nothing else, and returns the exit status. The texts come from outside.
func tellFaults(err error, stderr io.Writer) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, screen.Text(strings.TrimSuffix(line, "\n")))
	}
	return exitUsage
}
