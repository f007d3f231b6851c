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

// maxBuffer bounds what is held back of a bundle, in bytes: runners make
// bundles of any size. It is small as the rest is written at the end of the
// bundle, when Prism has all timers of the stage and waits in a busy loop (Beam
// 2.77.0, runners/prism/internal/stage.go, the loop "progress").
const maxBuffer = 64 << 10

// writeFn collects the lines of a bundle and appends them to its target at
// once, since a runner may run several instances at the same time.
type writeFn struct {
	RunID  string
	Target string

	run  *live.Run
	file *file // nil for None
	buf  []byte
	refs [][]uint64 // of what is in buf
}

func (fn *writeFn) Setup() error {
	fn.run = live.Lookup(fn.RunID)
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
func (fn *writeFn) StartBundle() { fn.buf, fn.refs = fn.buf[:0], nil }

func (fn *writeFn) ProcessElement(m order.Message) error {
	if len(m.Refs) > 0 {
		fn.refs = append(fn.refs, m.Refs)
	}
	if fn.file == nil {
		return nil
	}
	fn.buf = append(fn.buf, m.Body...)
	fn.buf = append(fn.buf, '\n')
	if len(fn.buf) > maxBuffer {
		return fn.flush()
	}
	return nil
}

func (fn *writeFn) FinishBundle() error { return fn.flush() }

func (fn *writeFn) flush() error {
	if len(fn.buf) > 0 {
		err := fn.file.write(fn.buf)
		fn.buf = fn.buf[:0]
		if err != nil {
			return fn.run.Fail(fault(fn.Target, err))
		}
	}
	for _, refs := range fn.refs {
		fn.run.Done(refs)
	}
	fn.refs = nil
	return nil
}
