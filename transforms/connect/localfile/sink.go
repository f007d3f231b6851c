// Package localfile writes lines to standard output or to files while a pipeline
// runs.
//
//	targets, err := localfile.Open(run, localfile.Target{Name: "out/timeouts.jsonl"}, localfile.Target{Name: localfile.Stdout})
//	...
//	undelivered := localfile.Write(s, run.ID, "out/timeouts.jsonl", timeouts)
//	undelivered = localfile.Write(s, run.ID, localfile.Stdout, successes)
//	... run the pipeline ...
//	err = run.Close()
//
// A file grows while the pipeline runs, a bundle at a time, and is complete
// when the pipeline has ended. Lines are whole: those of several bundles, or of
// several PCollections with one target, never interleave. Their order is the
// order in which the bundles end.
//
// The targets belong to the process that opened them, so this is the sink of
// pipelines that run in one process. A bundle that a runner tries again writes
// its lines again.
//
// # Going on
//
// A run that carries its state adds to its files and cuts nothing out of them (Append). At
// a carry point their lengths are noted ([Set.Lengths]). After a crash the next run goes on
// from there, and makes the outcomes behind them again: so it reads which there are, and
// writes those that are missing ([Target].Once).
//
// # What cannot be written
//
// On the embedded runner a bundle that fails ends the job, and with it all that was to
// be said at its end. So where a target cannot be written (disk full, closed pipe) the
// run is aborted: its sources stop, and the lines that are not in the target become
// rejects, whole, with the reason order.Undelivered. So do lines that nobody has read
// 2 s after a stop. On a runner that repeats a bundle, the bundle fails.
package localfile

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn4x1[context.Context, beam.EventTime, order.Message, func(beam.EventTime, order.Reject), error](&writeFn{})
	register.Emitter2[beam.EventTime, order.Reject]()
}

// Write appends messages, each as a line, to a target of the run's Set, and gives those
// that it could not write: PCollection<order.Message> -> PCollection<order.Reject>. The
// target None writes nothing. Where the source holds input until it is delivered, it may
// let go of a message's once it is written; a file is synced before that.
func Write(s beam.Scope, runID, target string, messages beam.PCollection) (undelivered beam.PCollection) {
	s = s.Scope("localfile.Write")
	return beam.ParDo(s, &writeFn{RunID: runID, Target: target}, messages)
}

// maxBuffer is how much of a bundle is collected before it is written, in bytes.
const maxBuffer = 128 << 10

// writeFn collects the lines of a bundle and appends many to its target at once,
// since a runner may run several instances at the same time. It writes in the
// background while it collects: the kernel's copy of what it writes takes as long as
// all else that a bundle of outcomes has to do by then.
type writeFn struct {
	RunID  string
	Target string

	run         *process.Run
	file        *file // nil for None
	next        *lines
	last        *lines // what is being written, or was
	writing     bool   // last is being written, and what came of that has not been taken
	undelivered int64  // outcomes of the bundle
}

func (fn *writeFn) Setup() error {
	fn.run = process.Of(fn.RunID)
	fn.next, fn.last = newLines(), newLines()
	if fn.Target == None {
		return nil
	}
	fn.file = lookup(fn.run, fn.Target)
	if fn.file == nil {
		return fn.run.Fail(fmt.Errorf("localfile: %s: not open in this process: want a runner that works in the process of the command", fn.Target))
	}
	return nil
}

// StartBundle drops what a bundle that failed may have left.
func (fn *writeFn) StartBundle(ctx context.Context, _ func(beam.EventTime, order.Reject)) error {
	fn.next.reset()
	fn.undelivered = 0
	return fn.wait(ctx, func(beam.EventTime, order.Reject) {})
}

func (fn *writeFn) ProcessElement(ctx context.Context, at beam.EventTime, m order.Message, reject func(beam.EventTime, order.Reject)) error {
	if fn.file == nil || fn.file.told.has(&m) {
		fn.run.Done(m.Refs)
		return nil
	}
	fn.next.add(at, &m)
	if len(fn.next.text) > maxBuffer {
		return fn.write(ctx, reject)
	}
	return nil
}

func (fn *writeFn) FinishBundle(ctx context.Context, reject func(beam.EventTime, order.Reject)) error {
	if err := fn.write(ctx, reject); err != nil {
		return err
	}
	if err := fn.wait(ctx, reject); err != nil {
		return err
	}
	count.Beam(ctx, count.Undelivered, fn.undelivered)
	return nil
}

// write begins to write what is collected, once what was before is written.
func (fn *writeFn) write(ctx context.Context, reject func(beam.EventTime, order.Reject)) error {
	if err := fn.wait(ctx, reject); err != nil {
		return err
	}
	if len(fn.next.text) == 0 {
		return nil
	}
	fn.next, fn.last = fn.last, fn.next
	fn.writing = true
	go func(file *file, l *lines) {
		n, err := file.write(l.text, l.held)
		l.written <- written{n, err}
	}(fn.file, fn.last)
	return nil
}

// wait waits until what is being written is written, and settles what became of it.
func (fn *writeFn) wait(ctx context.Context, reject func(beam.EventTime, order.Reject)) error {
	if !fn.writing {
		return nil
	}
	fn.writing = false
	var w written
	select {
	case w = <-fn.last.written:
	default:
		delivery, cancel := fn.patience(ctx)
		defer cancel()
		select {
		case w = <-fn.last.written:
		case <-delivery.Done():
			if ctx.Err() != nil { // of the runner, which has given up the bundle
				fn.last = newLines()
				return ctx.Err()
			}
			return fn.giveUp(reject)
		}
	}
	if w.err != nil {
		return fn.fail(w, fault(fn.Target, w.err), reject)
	}
	fn.last.done(fn.run, len(fn.last.text))
	fn.last.reset()
	return nil
}

// patience returns the context for which a write is waited for. A disk is waited for
// however long it takes, and a reader for no more than a while after a stop; once it was
// given up, it is not waited for again.
func (fn *writeFn) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	switch {
	case fn.file.regular:
		return context.WithCancel(ctx)
	case fn.file.stuck.Load():
		return context.WithTimeout(ctx, 0)
	case fn.run.Stopped():
		return context.WithTimeout(ctx, max(readTime, time.Until(fn.run.DeliverBy())))
	}
	return fn.run.Delivery(ctx)
}

// readTime is how long a reader has at least, where the time of a stop is over already.
const readTime = 100 * time.Millisecond

// fail settles a write that has failed. Lines that are in the target as a whole are
// delivered.
func (fn *writeFn) fail(w written, err error, reject func(beam.EventTime, order.Reject)) error {
	if fn.run.Repeats() {
		fn.last.reset()
		return fn.run.Fail(err)
	}
	fn.run.Abort(err)
	rest := fn.last.done(fn.run, w.n)
	if len(rest) > 0 {
		fn.takeBack(rest[0].at, err, reject)
	}
	for i := range rest {
		fn.refuse(fn.last, &rest[i], err, reject)
	}
	fn.last.reset()
	return nil
}

// giveUp settles a write that a stop waits for no longer: nobody reads what is written.
// What the source holds is made again by the next run.
func (fn *writeFn) giveUp(reject func(beam.EventTime, order.Reject)) error {
	l := fn.last
	fn.file.stuck.Store(true)
	fn.last = newLines() // the other is still being written
	var lost []*entry
	for i := range l.entries {
		if e := &l.entries[i]; !fn.run.Held(e.refs) {
			lost = append(lost, e)
		}
	}
	fn.run.Count(count.Left, int64(len(l.entries)-len(lost)))
	if len(lost) == 0 {
		return nil
	}
	err := fmt.Errorf("localfile: %s: nobody reads it: stopped before all lines could be written", fn.Target)
	if fn.run.Repeats() {
		return fn.run.Fail(err)
	}
	fn.run.Abort(err)
	for _, e := range lost {
		fn.refuse(l, e, err, reject)
	}
	return nil
}

// refuse rejects a line that is not in the target.
func (fn *writeFn) refuse(l *lines, e *entry, why error, reject func(beam.EventTime, order.Reject)) {
	counter := count.Lost(e.outcome)
	if fn.run.Count(counter, 1); counter == count.Undelivered {
		fn.undelivered++
	}
	reject(e.at, l.reject(e, why))
}

// takeBack rejects what was written aside, as it does not take its place any more.
func (fn *writeFn) takeBack(at beam.EventTime, why error, reject func(beam.EventTime, order.Reject)) {
	fn.file.takeBack(func(line []byte) {
		fn.run.Count(count.Unopened, 1)
		reject(at, order.NewUndelivered(&order.Message{Body: line, Outcome: "open"}, why.Error()))
	})
}
