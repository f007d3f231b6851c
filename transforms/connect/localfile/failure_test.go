package localfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() { register.Function1x1(rejectLine) }

func rejectLine(r order.Reject) order.Message { return message(r.Input) }

// What a target cannot take is rejected, whole, and the pipeline comes to its end.
func TestAFailedWriteAbortsTheRun(t *testing.T) {
	tests := []struct {
		reason string
		target string
		stdout func(t *testing.T) // makes standard output what the row needs
		want   string
	}{
		{reason: "the disk is full", target: "/dev/full", want: "localfile: /dev/full: no space left on device"},
		{reason: "the reader of the pipe has gone", target: Stdout, stdout: closedPipe, want: "localfile: -: broken pipe"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if test.stdout != nil {
				test.stdout(t)
			} else if _, err := os.Stat(test.target); err != nil {
				t.Skip(err)
			}
			r := process.NewRun()
			defer r.Close()
			rejects := filepath.Join(t.TempDir(), "rejects")
			set, err := Open(r, named(test.target, rejects)...)
			if err != nil {
				t.Fatal(err)
			}
			p, s := beam.NewPipelineWithRoot()
			undelivered := Write(s, r.ID, test.target, beam.ParDo(s, &linesFn{N: 3000, Prefix: "a"}, beam.Impulse(s)))
			Write(s, r.ID, rejects, beam.ParDo(s, rejectLine, undelivered))
			if _, err := beam.Run(context.Background(), "prism", p); err != nil {
				t.Errorf("the pipeline failed: %v", err)
			}
			if err := r.Err(); err == nil || err.Error() != test.want || !r.Stopped() {
				t.Errorf("the reason of the run is %v, stopped %t; want %s", err, r.Stopped(), test.want)
			}
			if n := r.Counters()[count.Undelivered]; n != 3000 {
				t.Errorf("%d lines are counted as undelivered, want 3000", n)
			}
			if err := set.Close(); err == nil || err.Error() != test.want {
				t.Errorf("Close gave %v, want %s", err, test.want)
			}
			got := slices.Sorted(strings.Lines(readFile(t, rejects)))
			var want []string
			for i := range 3000 {
				want = append(want, line("a", i)+"\n")
			}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d lines are rejected, want the 3000 that were written", len(got))
			}
		})
	}
}

// of returns a writeFn of a run's target in a bundle, and what it rejects.
func of(t *testing.T, r *process.Run, target string) (fn *writeFn, reject func(beam.EventTime, order.Reject), rejected *[]string) {
	t.Helper()
	fn = &writeFn{RunID: r.ID, Target: target}
	rejected = new([]string)
	reject = func(_ beam.EventTime, r order.Reject) { *rejected = append(*rejected, r.Input) }
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	if err := fn.StartBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	return fn, reject, rejected
}

// A reject that cannot be written may be that of an outcome which is counted already.
func TestARejectThatCannotBeWrittenIsNoOutcome(t *testing.T) {
	closedPipe(t)
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, named(Stdout)...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	fn, reject, rejected := of(t, r, Stdout)
	for _, outcome := range []string{"success", "reject", "timeout", "reject", "reject"} {
		m := message(outcome)
		m.Outcome = outcome
		if err := fn.ProcessElement(t.Context(), 7, m, reject); err != nil {
			t.Fatal(err)
		}
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	counts := r.Counters()
	if undelivered, unwritten := counts[count.Undelivered], counts[count.Unwritten]; undelivered != 2 || unwritten != 3 || len(*rejected) != 5 {
		t.Errorf("%d outcomes and %d rejects are counted, %d rejected: want 2, 3 and 5", undelivered, unwritten, len(*rejected))
	}
}

// stdoutOf makes standard output a pipe and returns its reader.
func stdoutOf(t *testing.T) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	setStdout(t, w)
	return r
}

func TestAStopDoesNotWaitForAReader(t *testing.T) {
	stdoutOf(t)
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, named(Stdout)...)
	if err != nil {
		t.Fatal(err)
	}
	fn, reject, rejected := of(t, r, Stdout)
	big := strings.Repeat("x", 2*maxBuffer) // more than a pipe holds
	r.Stop()
	if err := fn.ProcessElement(t.Context(), 7, message(big), reject); err != nil {
		t.Fatal(err)
	}
	if err := fn.ProcessElement(t.Context(), 8, message("behind it"), reject); err != nil {
		t.Fatal(err)
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	if want := []string{big, "behind it"}; !slices.Equal(*rejected, want) {
		t.Errorf("%d lines are rejected, want both, whole", len(*rejected))
	}
	if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "localfile: -: nobody reads it") {
		t.Errorf("the run failed with %v", err)
	}
	if err := set.Close(); err != nil {
		t.Errorf("Close of a target that is stuck: %v", err)
	}
}

func TestAStopLeavesWhatTheSourceHolds(t *testing.T) {
	stdoutOf(t)
	r := process.NewRun()
	defer r.Close()
	done := ledgertest.Hold(t, r, 1)
	set, err := Open(r, named(Stdout)...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	fn, reject, rejected := of(t, r, Stdout)
	m := message(strings.Repeat("x", 2*maxBuffer))
	m.Refs = []uint64{1}
	r.Stop()
	if err := fn.ProcessElement(t.Context(), 0, m, reject); err != nil {
		t.Fatal(err)
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	if len(*rejected) > 0 || r.Err() != nil || r.Counters()[count.Left] != 1 {
		t.Errorf("rejects %d, error %v, left %d; want one that is left", len(*rejected), r.Err(), r.Counters()[count.Left])
	}
	if refs := done(); len(refs) > 0 {
		t.Errorf("%v are let go of", refs)
	}
}

func TestLinesThatWereWrittenBeforeAFailureAreDone(t *testing.T) {
	out := stdoutOf(t)
	r := process.NewRun()
	defer r.Close()
	letGo := ledgertest.Hold(t, r, 20)
	set, err := Open(r, named(Stdout)...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	fn, reject, rejected := of(t, r, Stdout)
	for i := range 20 {
		m := message(fmt.Sprint(i, strings.Repeat("x", maxBuffer/10)))
		m.Refs = []uint64{uint64(i + 1)}
		if err := fn.ProcessElement(t.Context(), 0, m, reject); err != nil {
			t.Fatal(err)
		}
		if i == 10 { // the first write is at work, and fills the pipe
			buf := make([]byte, maxBuffer/10+2)
			if _, err := readFull(out, buf); err != nil {
				t.Fatal(err)
			}
			out.Close()
		}
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	if done := slices.Concat(letGo()...); len(done) == 0 || len(done)+len(*rejected) != 20 || done[0] != 1 {
		t.Errorf("%d lines are done and %d rejected, want all 20 in one or the other", len(done), len(*rejected))
	}
}

func readFull(f *os.File, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = f.Read(b[n:])
		n += m
	}
	return n, err
}

// Two processes are two open files here: the lock is the file's.
func TestAFileThatIsHeldIsSyncedBeforeItIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, Target{Name: path, Mode: Append})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	// A file that cannot be synced, as it is closed behind the sink's back once it is
	// written, must not be done.
	f := set.targets[path]
	pipeEnd, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipeEnd.Close()
	f.w.Close()
	f.w = w // takes the line, and refuses to sync
	done := ledgertest.Hold(t, r, 1)
	fn, reject, rejected := of(t, r, path)
	m := message("line")
	m.Refs = []uint64{1}
	if err := fn.ProcessElement(t.Context(), 0, m, reject); err != nil {
		t.Fatal(err)
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), syscall.EINVAL.Error()) {
		t.Errorf("the run failed with %v, want that it cannot be synced", err)
	}
	if want := []string{"line"}; !slices.Equal(*rejected, want) {
		t.Errorf("rejected %q, want %q", *rejected, want)
	}
	if refs := done(); len(refs) > 0 {
		t.Errorf("%v are done", refs)
	}
}

// What is written aside and will not take its place is rejected, the lines that were
// written before among it: it is nowhere else.
