// Package sink writes lines to standard output or to files while a pipeline
// runs.
//
//	targets, err := sink.Open(run.ID, "out/timeouts.jsonl", sink.Stdout)
//	...
//	sink.Write(s, run.ID, "out/timeouts.jsonl", timeouts)
//	sink.Write(s, run.ID, sink.Stdout, successes)
//	... run the pipeline ...
//	err = targets.Close()
//
// A file grows while the pipeline runs, a bundle at a time, and is complete
// when the pipeline has ended. Lines are whole: those of several bundles, or of
// several PCollections with one target, never interleave. Their order is the
// order in which the bundles end.
//
// The targets belong to the process that opened them, so this is the sink of
// pipelines that run in one process. A bundle that a runner tries again writes
// its lines again.
package sink

import (
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn1x1[order.Message, error](&writeFn{})
}

// Write appends messages, each as a line, to a target of the run's Set:
// PCollection<order.Message> -> the target. The target None writes nothing. Where
// the source holds input until it is delivered, it may let go of a message's once
// it is written.
//
// A write that fails (disk full, closed pipe) fails the pipeline and is the
// reason that live.Run.Err gives.
func Write(s beam.Scope, runID, target string, messages beam.PCollection) {
	s = s.Scope("sink.Write")
	beam.ParDo0(s, &writeFn{RunID: runID, Target: target}, messages)
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

	run     *live.Run
	file    *file // nil for None
	next    lines // what is collected
	last    lines // what is being written, or was
	written chan error
	writing bool // last is being written, and the error of that has not been taken
}

// lines are whole lines, and the Refs of what they are made of.
type lines struct {
	text []byte
	refs [][]uint64
}

func (l *lines) reset() { l.text, l.refs = l.text[:0], nil }

func (fn *writeFn) Setup() error {
	fn.run, fn.written = live.Lookup(fn.RunID), make(chan error, 1)
	if fn.Target == None {
		return nil
	}
	fn.file = lookup(fn.RunID, fn.Target)
	if fn.file == nil {
		return fn.run.Fail(fmt.Errorf("sink: %s: not open in this process: want a runner that works in the process of the command", fn.Target))
	}
	return nil
}

// StartBundle drops what a bundle that failed may have left.
func (fn *writeFn) StartBundle() error {
	fn.next.reset()
	return fn.wait()
}

func (fn *writeFn) ProcessElement(m order.Message) error {
	if len(m.Refs) > 0 {
		fn.next.refs = append(fn.next.refs, m.Refs)
	}
	if fn.file == nil {
		return nil
	}
	fn.next.text = append(fn.next.text, m.Body...)
	fn.next.text = append(fn.next.text, '\n')
	if len(fn.next.text) > maxBuffer {
		return fn.write()
	}
	return nil
}

func (fn *writeFn) FinishBundle() error {
	if err := fn.write(); err != nil {
		return err
	}
	return fn.wait()
}

// write begins to write what is collected, once what was before is written.
func (fn *writeFn) write() error {
	if err := fn.wait(); err != nil {
		return err
	}
	fn.next, fn.last = fn.last, fn.next
	fn.writing = true
	if len(fn.last.text) == 0 {
		fn.written <- nil
		return nil
	}
	go func() { fn.written <- fn.file.write(fn.last.text) }()
	return nil
}

// wait waits until what is being written is written, and lets the source know.
func (fn *writeFn) wait() error {
	if !fn.writing {
		return nil
	}
	err := <-fn.written
	fn.writing = false
	if err != nil {
		return fn.run.Fail(fault(fn.Target, err))
	}
	for _, refs := range fn.last.refs {
		fn.run.Done(refs)
	}
	fn.last.reset()
	return nil
}
