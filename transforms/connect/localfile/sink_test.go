package localfile

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn2x0[[]byte, func(order.Message)](&linesFn{})
	register.Emitter1[order.Message]()
}

func TestMain(m *testing.M) {
	beamfix.ForPrism()
	ptest.Main(m)
}

// linesFn gives N lines of some length with a prefix.
type linesFn struct {
	N      int
	Prefix string
}

func (fn *linesFn) ProcessElement(_ []byte, emit func(order.Message)) {
	for i := range fn.N {
		emit(message(line(fn.Prefix, i)))
	}
}

// named are targets that are replaced.
func named(names ...string) (targets []Target) {
	for _, name := range names {
		targets = append(targets, Target{Name: name})
	}
	return targets
}

// none fails the test where something is rejected.
func none(t *testing.T) func(beam.EventTime, order.Reject) {
	return func(_ beam.EventTime, r order.Reject) { t.Errorf("rejected: %+v", r) }
}

func message(text string) order.Message { return order.Message{Body: []byte(text)} }

func line(prefix string, i int) string {
	return prefix + strconv.Itoa(i) + strings.Repeat(prefix, 50)
}

// run writes n lines a prefix to the target of the same index, and returns the
// error of the pipeline, the reason of its run, and the error of Close.
func run(t *testing.T, n int, prefixes, targets []string) (runErr, reason, closeErr error) {
	t.Helper()
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, named(targets...)...)
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	for i, prefix := range prefixes {
		lines := beam.ParDo(s, &linesFn{N: n, Prefix: prefix}, beam.Impulse(s))
		// Its own stage, so that the sinks run at the same time.
		Write(s, r.ID, targets[i], beam.Reshuffle(s, lines))
	}
	_, runErr = beam.Run(context.Background(), "prism", p)
	return runErr, r.Err(), set.Close()
}

func TestTwoSinksOfOneTargetKeepLinesWhole(t *testing.T) {
	const n = 20000 // several buffers of lines each
	path := filepath.Join(t.TempDir(), "made", "too", "out")
	targets := []string{path, filepath.Dir(path) + "/../too/out"}
	if err, reason, closeErr := run(t, n, []string{"a", "b"}, targets); err != nil || reason != nil || closeErr != nil {
		t.Fatalf("run gave %v, %v, %v", err, reason, closeErr)
	}
	left := map[string]bool{}
	for i := range n {
		left[line("a", i)], left[line("b", i)] = true, true
	}
	for got := range strings.Lines(readFile(t, path)) {
		got, ended := strings.CutSuffix(got, "\n")
		if !ended || !left[got] {
			t.Fatalf("line %q: cut, not one that was written, or twice", got)
		}
		delete(left, got)
	}
	if len(left) > 0 {
		t.Errorf("%d of %d lines are missing", len(left), 2*n)
	}
}

func TestInstancesThatRunAtOnceKeepLinesWhole(t *testing.T) {
	const n = 20000
	path := filepath.Join(t.TempDir(), "out")
	r := process.NewRun()
	set, err := Open(r, named(path)...)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, prefix := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			fn := &writeFn{RunID: r.ID, Target: path}
			if err := fn.Setup(); err != nil {
				t.Error(err)
			}
			ctx, reject := t.Context(), none(t)
			if err := fn.StartBundle(ctx, reject); err != nil {
				t.Error(err)
			}
			for i := range n {
				if err := fn.ProcessElement(ctx, 0, message(line(prefix, i)), reject); err != nil {
					t.Error(err)
				}
			}
			if err := fn.FinishBundle(ctx, reject); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for got := range strings.Lines(readFile(t, path)) {
		prefix := got[:1]
		if want := line(prefix, next[prefix]) + "\n"; got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
		next[prefix]++
	}
	if want := map[string]int{"a": n, "b": n, "c": n, "d": n}; !maps.Equal(next, want) {
		t.Errorf("lines %v, want %v", next, want)
	}
}

func TestNoLinesLeaveAnEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err, _, closeErr := run(t, 0, []string{"a"}, []string{path}); err != nil || closeErr != nil {
		t.Fatalf("run gave %v, %v", err, closeErr)
	}
	if got := readFile(t, path); got != "" {
		t.Errorf("the file holds %q, want nothing", got)
	}
}

func TestARunReplacesWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	writeFile(t, path, strings.Repeat("yesterday\n", 100))
	if err, _, closeErr := run(t, 1, []string{"a"}, []string{path}); err != nil || closeErr != nil {
		t.Fatalf("run gave %v, %v", err, closeErr)
	}
	if got, want := readFile(t, path), line("a", 0)+"\n"; got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
}

func TestNoneWritesNothing(t *testing.T) {
	if err, reason, closeErr := run(t, 10, []string{"a"}, []string{None}); err != nil || reason != nil || closeErr != nil {
		t.Fatalf("run gave %v, %v, %v", err, reason, closeErr)
	}
}

// closedPipe makes standard output a pipe that nobody reads.
func closedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	setStdout(t, w)
}

func TestATargetThatIsNotOpenHereFailsTheRun(t *testing.T) {
	r := process.NewRun()
	defer r.Close()
	p, s := beam.NewPipelineWithRoot()
	Write(s, r.ID, "out", beam.ParDo(s, &linesFn{N: 1, Prefix: "a"}, beam.Impulse(s)))
	if _, err := beam.Run(context.Background(), "prism", p); err == nil {
		t.Error("the pipeline succeeded")
	}
	if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "localfile: out: not open in this process") {
		t.Errorf("the reason of the run is %v", err)
	}
}

func TestABufferedLineAllocatesNothing(t *testing.T) {
	r := process.NewRun()
	set, err := Open(r, named(os.DevNull)...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	fn := &writeFn{RunID: r.ID, Target: os.DevNull}
	if err := fn.Setup(); err != nil {
		t.Fatal(err)
	}
	if err := fn.StartBundle(t.Context(), none(t)); err != nil {
		t.Fatal(err)
	}
	m := message(line("a", 1))
	lines := 2 * maxBuffer / len(m.Body) // two writes in the background
	ctx, reject := t.Context(), none(t)
	write := func() {
		for range lines {
			if err := fn.ProcessElement(ctx, 0, m, reject); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 { // the buffers grow to their size
		write()
	}
	// What is counted is the whole process's: a write in the background takes a
	// goroutine, and pipelines of the tests before may still be ending.
	if n := testing.AllocsPerRun(10, write); n > float64(lines)/10 {
		t.Errorf("%v allocations for %d lines, want none a line", n, lines)
	}
}
