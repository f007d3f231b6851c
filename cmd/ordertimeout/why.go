package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/screen"
	"ordertimeout/transforms/story"
)

// exitTrouble is the exit status of ordertimeout why where it cannot tell: 1 says that the
// order is not in the input.
const exitTrouble = 2

// whyUsage prints the flags of ordertimeout why.
func whyUsage(w io.Writer) {
	fmt.Fprint(w, `Usage: ordertimeout why -order ID [-user ID] -input FROM [flags of the run]

Tells what became of each event of an order, and why: a block for each user who has an
order of that id, a line for each event, in the order in which they were applied, and one
for each end. Times are in UTC. Put "why -order ID" before the flags of a run: those of
its input, pattern and time mean what they mean there.

  -order ID   the order; "" with -user: the user's events without an order
  -user ID    only that user's

Nothing is written. -success, -timeouts, -rejects, -summary and the like are ignored; with
-open or -carry the log goes on behind its end, so that what the run would leave undecided
is told so. The whole input is read: the carry file is neither read nor written. A file
that the run follows (-follow) is read as it is, by the time of its events alone.

Exit status: 0 told, 1 the order is not in the input, 2 wrong flags, or an input that
cannot be read.
`)
}

// whyOptions are the settings of ordertimeout why.
type whyOptions struct {
	options
	order, user string
	oneUser     bool // user is given
	why         pipeline.Why
}

// why tells the story of an order, and returns the exit status.
func why(args []string, stdout, stderr io.Writer) int {
	log := newJournal(stderr, logFormatOf(args))
	run := process.NewRun()
	defer run.Close()
	o, err := parseWhy(args, run.ID)
	switch {
	case errors.Is(err, flag.ErrHelp):
		whyUsage(stdout)
		return exitOK
	case err != nil:
		tell(fmt.Errorf("why: %w", err), log)
		log.plain("Run 'ordertimeout why -h' for the flags.\n")
		return exitTrouble
	}
	beam.Init() // sets up a log of its own, which is replaced at once
	log.takeSDK(o.verbose)
	found, err := o.tell(stdout, run, log)
	if err != nil {
		tell(fmt.Errorf("why: %w", err), log)
		return exitTrouble
	}
	if found != "" {
		tell(fmt.Errorf("why: %s", found), log)
		return exitFailed
	}
	return exitOK
}

// parseWhy reads the command line; its errors are one line each.
func parseWhy(args []string, run string) (whyOptions, error) {
	o := whyOptions{options: options{config: pipeline.Default()}}
	o.config.Run = run
	fs := flag.NewFlagSet("ordertimeout why", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	define(fs, &o.options)
	fs.StringVar(&o.order, "order", "", "")
	fs.StringVar(&o.user, "user", "", "")
	if err := defineGlobal(fs); err != nil {
		return o, err
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	return o, o.validate(fs)
}

func (o *whyOptions) validate(fs *flag.FlagSet) error {
	kinds := o.config.Kinds()
	o.oneUser = given(fs, "user")
	switch {
	case fs.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: inputs are named with -input", kinds.Show(fs.Arg(0)))
	case !given(fs, "order"):
		return errors.New("no -order: want the id of an order")
	case o.order == "" && o.user == "":
		return errors.New(`-order "": want the id of an order; or -user, too, for events without one`)
	case o.oneUser && o.config.Key == pipeline.KeyOrder:
		return fmt.Errorf("-user %q with -key order: an order is known by its id alone", o.user)
	case len(o.config.Input) == 0:
		return errors.New("no -input: want a file, a glob or - (standard input)")
	}
	if err := refuseDefaults(fs, kinds); err != nil {
		return err
	}
	if err := o.readRules(fs); err != nil {
		return err
	}
	var err error
	o.why, err = o.config.Why(o.order)
	return err
}

// tell reads the input and writes the stories to stdout. missing says what is not in the
// input, if there is no story.
func (o *whyOptions) tell(stdout io.Writer, run *process.Run, log journal) (missing string, err error) {
	if o.why, err = o.why.Resolve(); err != nil {
		return "", err
	}
	remove, err := beamfix.TemporaryDirectory()
	if err != nil {
		return "", err
	}
	defer remove() // the runner may go on, but wants it at the start alone
	graph, s := beam.NewPipelineWithRoot()
	pipeline.BuildWhy(s, o.why)
	counters, err := executePrism(graph, run)
	if cause := run.Err(); cause != nil {
		err = cause
	}
	if err != nil {
		return "", err
	}
	stories, malformed, err := o.why.Stories()
	if err != nil {
		return "", err
	}
	users := usersOf(stories)
	unnamed := slices.ContainsFunc(stories, func(s pipeline.Story) bool { return s.UserID == "" && !s.ByOrder })
	if o.oneUser {
		stories = slices.DeleteFunc(stories, func(s pipeline.Story) bool { return s.UserID != o.user })
	}
	if len(stories) == 0 && len(malformed) == 0 {
		return o.missing(users, counters), nil
	}
	if len(users) > 1 && unnamed && !o.quiet {
		log.warn("order %s: events without a user are of another order than those with one: with -key order they are of one", screen.Text(o.order))
	}
	return "", o.write(stdout, stories, malformed)
}

func usersOf(stories []pipeline.Story) (users []string) {
	for _, s := range stories {
		user := "nobody"
		if s.UserID != "" {
			user = screen.Text(s.UserID)
		}
		users = append(users, user)
	}
	return users
}

// missing says that the order is not in the input, and what is there of it.
func (o *whyOptions) missing(users []string, counters map[string]int64) string {
	text := titleOf("", o.user, o.order, o.oneUser)
	text += fmt.Sprintf(" is not in the input: %d events read, %d of them malformed", counters[count.Read], counters[count.Malformed])
	const most = 5
	if more := len(users) - most; more > 0 {
		users = append(users[:most], fmt.Sprintf("%d more", more))
	}
	if len(users) > 0 {
		text += "; there is one of " + strings.Join(users, ", ")
	}
	return text
}

// titleOf says which order a story is of.
func titleOf(rule, user, id string, users bool) string {
	title := "order " + screen.Text(id)
	if id == "" {
		title = "what is of no order"
	}
	if rule != "" {
		title = "rule " + screen.Text(rule) + ": " + title
	}
	switch {
	case user != "":
		title += " of user " + screen.Text(user)
	case users:
		title += " of no user"
	}
	return title
}

// write writes the stories, a block each, and the malformed inputs.
func (o *whyOptions) write(stdout io.Writer, stories []pipeline.Story, malformed []order.Reject) error {
	for i, s := range stories {
		if i > 0 {
			if _, err := fmt.Fprintln(stdout); err != nil {
				return err
			}
		}
		title := titleOf(s.Rule, s.UserID, s.OrderID, !s.ByOrder) + ": " + screen.Text(s.Pattern)
		if err := story.Write(stdout, title, s.Lines); err != nil {
			return err
		}
	}
	if len(malformed) == 0 {
		return nil
	}
	if len(stories) > 0 {
		if _, err := fmt.Fprintln(stdout); err != nil {
			return err
		}
	}
	return story.WriteMalformed(stdout, "malformed, with order "+screen.Text(o.order)+" in it", malformed)
}
