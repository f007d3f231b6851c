package pipeline

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn3x1[[]byte, func(order.Message), func(order.Message), error](&undeliveredFn{})
}

// ResendConfig are the settings of a run that sends again what could not be delivered,
// each with the flag that sets it.
type ResendConfig struct {
	// From (-from) are files of rejects; "-" is standard input.
	From []string
	// Success and Timeouts (flags of the same names) are what outcomes are sent to, as
	// in Config. "": those are not sent.
	Success, Timeouts string
	// Rejects (-rejects) is where those go that are not delivered again: "none"
	// leaves them in From alone.
	Rejects string
	// Run is the id of the process.Run that the pipeline belongs to.
	Run string
}

// ResendPlan is a run that sends again whose settings are valid. ResendConfig.Plan makes
// one.
type ResendPlan struct {
	outputs
	undelivered undeliveredFn
}

// Plan returns the run of the settings. The error is a line that names the flag. It asks
// no service and looks at no file.
func (c ResendConfig) Plan() (ResendPlan, error) {
	if len(c.From) == 0 {
		return ResendPlan{}, errors.New("no -from: want a file of rejects, or - (standard input)")
	}
	if c.Success == "" && c.Timeouts == "" {
		return ResendPlan{}, errors.New("no -success and no -timeouts: want what to send to")
	}
	p := ResendPlan{undelivered: undeliveredFn{RunID: c.Run, From: c.From, Success: c.Success != "", Timeouts: c.Timeouts != ""}}
	env := connect.Env{Runner: connect.Prism, Loopback: true, Run: c.Run}
	// All but successes goes where timeouts go.
	to := Config{Success: cmp.Or(c.Success, connect.None), Timeouts: cmp.Or(c.Timeouts, connect.None), Rejects: c.Rejects, Open: connect.None}
	err := p.parse(to.Kinds(), env, to.targets(nil))
	return p, err
}

// Check asks the services that the settings name whether they can be used, as Plan.Check
// does.
func (p ResendPlan) Check(ctx context.Context) error {
	for _, output := range p.each() {
		if err := output.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Outputs returns the files that are added to, and "-" and "none", for localfile.Open.
func (p ResendPlan) Outputs() []localfile.Target {
	return p.opened(localfile.Append, localfile.Append)
}

// The counters of a run that sends again, beside count.Undelivered, which has what of the
// sent was not delivered once more.
const (
	SentCounter    = "sent"    // undelivered outcomes that are sent
	UnsentCounter  = "unsent"  // undelivered outcomes that there is no target for
	SkippedCounter = "skipped" // rejects with other reasons
	BrokenCounter  = "broken"  // lines that are no reject, or hold no whole outcome
)

// BuildResend adds the pipeline that reads rejects and sends the undelivered outcomes
// among them again, as they were and with the same ids:
//
//	read ─┬─ successes ─ write
//	      └─ timeouts ── write
//
// The files that it writes to must be open (localfile.Open with p.Outputs). It is for
// runners that work in this process. A line that is no reject gives a warning of slog
// with its number; more than a few are counted.
func BuildResend(s beam.Scope, p ResendPlan) {
	successes, timeouts := beam.ParDo2(s, &p.undelivered, beam.Impulse(s))
	resend := func(s beam.Scope, to Output, messages beam.PCollection) {
		for _, undelivered := range to.Write(s, messages) {
			p.writeRejects(s.Scope("undelivered"), undelivered)
		}
	}
	resend(s.Scope("successes"), p.Success, successes)
	resend(s.Scope("timeouts"), p.Timeouts, timeouts)
}

// undeliveredFn reads files of rejects. At a stop it goes on to their end: the sinks
// give up then, and so all that is not delivered gets to the new rejects.
type undeliveredFn struct {
	RunID             string
	From              []string
	Success, Timeouts bool // whether there is a target

	run    *process.Run
	warned int
}

func (fn *undeliveredFn) Setup() { fn.run, fn.warned = process.Of(fn.RunID), 0 }

// ProcessElement reads all files. One that cannot be read fails the run, but not the
// bundle: what was sent before is to be accounted for.
func (fn *undeliveredFn) ProcessElement(_ []byte, success, timeout func(order.Message)) error {
	for _, path := range fn.From {
		if err := fn.read(path, success, timeout); err != nil {
			fn.run.Abort(err)
		}
	}
	return nil
}

// maxUndelivered is how long a line of rejects may be, in bytes: an outcome holds an
// event a step, and its text is quoted once more.
const maxUndelivered = 128 << 20

func (fn *undeliveredFn) read(path string, success, timeout func(order.Message)) error {
	in := io.Reader(os.Stdin)
	if path != connect.Stdout {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("-from: %w", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxUndelivered)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		m, err := fn.message(line)
		switch {
		case err != nil:
			fn.warn(order.Place(path, int64(n)), err)
		case m == nil:
		case order.Kind(m.Outcome) == order.Success:
			success(*m)
		default:
			timeout(*m)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("-from: %s: after line %d: %w", path, n, err)
	}
	return nil
}

// message returns the message of a line that is to be sent, or nil, and counts it.
func (fn *undeliveredFn) message(line []byte) (*order.Message, error) {
	r, err := order.ReadReject(line)
	if err != nil {
		return nil, err
	}
	if r.Reason != order.Undelivered || strings.HasPrefix(r.Source, string(order.Open)+" ") { // an event, not an outcome
		fn.run.Count(SkippedCounter, 1)
		return nil, nil
	}
	m, err := r.Message()
	if err != nil {
		return nil, err
	}
	if target := map[order.Kind]bool{order.Success: fn.Success, order.Timeout: fn.Timeouts}; !target[order.Kind(m.Outcome)] {
		fn.run.Count(UnsentCounter, 1)
		return nil, nil
	}
	fn.run.Count(SentCounter, 1)
	return &m, nil
}

// maxWarnings is of how many lines it is said what is wrong with them.
const maxWarnings = 10

func (fn *undeliveredFn) warn(place string, err error) {
	fn.run.Count(BrokenCounter, 1)
	if fn.warned++; fn.warned <= maxWarnings {
		slog.Warn(place + ": " + err.Error())
	}
}
