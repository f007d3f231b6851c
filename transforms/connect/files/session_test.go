package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// makePipe makes a named pipe of the working directory and opens it for writing.
func makePipe(t *testing.T, name string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	w, err := os.OpenFile(name, os.O_RDWR, 0) // no waiting for the reader
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// pipeSession begins to read a named pipe p, in a folder of its own.
func pipeSession(t *testing.T, c Config) (w *os.File, s *session, run *process.Run) {
	t.Helper()
	t.Chdir(t.TempDir())
	w = makePipe(t, "p")
	run = process.NewRun()
	t.Cleanup(func() { run.Close() })
	c.Inputs = []string{"p"}
	s = newSession(c, run, 0)
	t.Cleanup(s.close)
	return w, s, run
}

func TestSlowPipeDoesNotHoldEventsBack(t *testing.T) {
	t.Chdir(t.TempDir())
	w := makePipe(t, "p")
	s := newSession(Config{Inputs: []string{"p"}}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	for i := range 3 {
		// The next event is written once the last one has come through; half a
		// line behind it is no reason to wait.
		fmt.Fprint(w, strings.TrimPrefix(line("o", int64(i)), "{"), "{")
		if i == 0 {
			fmt.Fprint(w, "\n") // the first line has lost its brace
		}
		for len(n.Log)+len(n.Rejects) < i+1 {
			if ending := n.bundle(s, process.Of("")); ending != more {
				t.Fatalf("the log ended: %v, %s", ending, n.Err)
			}
		}
	}
}

func TestStopDoesNotWaitForARead(t *testing.T) {
	w, s, run := pipeSession(t, Config{Disorder: time.Second, EndOfTime: true})
	fmt.Fprint(w, line("a", 10_000))
	n := note{t: t}
	for len(n.Log) < 1 {
		n.bundle(s, run)
	}
	time.AfterFunc(time.Millisecond, run.Stop)
	for n.bundle(s, run) == more {
	}
	same(t, "stopped while nothing comes", n.transcript, transcript{Log: []string{"a@10000 p:1"}, End: "10000,9000"})
}

func TestStopLeavesWhatIsThereToRead(t *testing.T) {
	write(t, map[string]string{"f": strings.Repeat(line("a", 10_000), 10_000)})
	run := process.NewRun()
	defer run.Close()
	run.Stop()
	s := newSession(Config{Inputs: []string{"f"}}, run, 0)
	defer s.close()
	n := note{t: t}
	if ending := n.bundle(s, run); ending != stopped || len(n.Log) > 0 {
		t.Errorf("got %d events, ending %v", len(n.Log), ending)
	}
}

func TestCanceledContextEndsTheBundle(t *testing.T) {
	t.Chdir(t.TempDir())
	makePipe(t, "p")
	s := newSession(Config{Inputs: []string{"p"}}, process.Of(""), 0)
	defer s.close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := bundle{session: s, claim: func(any) bool { return true }}
	if _, err := b.read(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestClosedSessionStopsReading(t *testing.T) {
	write(t, map[string]string{"f": strings.Repeat(line("a", 1), 500_000)}) // more than may wait
	s := newSession(Config{Inputs: []string{"f"}}, process.Of(""), 0)
	first := <-s.next()
	s.close()
	n := len(first.events)
	for range blocksAhead + 1 { // at most; a send that had room may still win
		select {
		case b := <-s.blocks:
			n += len(b.events)
		default:
		}
	}
	if n == 500_000 {
		t.Error("it was read to its end")
	}
}

func TestBlockThatIsNotClaimedIsNotLost(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1) + "x\n" + line("b", 2)})
	s := newSession(Config{Inputs: []string{"f"}}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	b := bundle{session: s, claim: func(any) bool { return false }, event: n.event, reject: n.reject}
	if ending, err := b.read(t.Context(), nil); ending != split || err != nil || len(n.Log) > 0 || b.counts.Records > 0 {
		t.Fatalf("got %v, %v, %q", ending, err, n.Log)
	}
	if ending := n.bundle(s, process.Of("")); ending != complete {
		t.Fatalf("got %v", ending)
	}
	if diff := cmp.Diff([]string{"a@1 f:1", "b@2 f:3"}, n.Log); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBundleEndsWhenItIsFull(t *testing.T) {
	write(t, map[string]string{"f": strings.Repeat(line("a", 1), maxBundleSize/30)})
	s := newSession(Config{Inputs: []string{"f"}}, process.Of(""), 0)
	defer s.close()
	bundles := 0
	for {
		b := bundle{session: s, claim: func(any) bool { return true }, event: func(beam.EventTime, []order.Event) {}, reject: func(beam.EventTime, order.Reject) {}}
		ending, err := b.read(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.size > maxBundleSize+2*blockSize {
			t.Fatalf("a bundle of %d bytes", b.size)
		}
		if bundles++; ending == complete {
			break
		}
	}
	if bundles < 2 {
		t.Errorf("got %d bundles, want more", bundles)
	}
}

func TestFileThatGrowsIsReadToTheEndThatIsThere(t *testing.T) {
	t.Chdir(t.TempDir())
	f, err := os.Create("f")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, line("a", 1))
	paths, err := Config{Inputs: []string{"f"}}.Paths()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, line("b", 2)) // after it was looked at, before it is read
	same(t, "grown", replay(t, Config{Inputs: paths}, 0), transcript{Log: []string{"a@1 f:1", "b@2 f:2"}, End: "2,2"})
}

func TestSessionsAreKeptForTheNextBundle(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1) + line("b", 2)})
	c, run := Config{Inputs: []string{"f"}}, process.NewRun()
	defer run.Close()
	first, err := resume(t.Name(), c, run, 0)
	if err != nil {
		t.Fatal(err)
	}
	first.park()
	again, err := resume(t.Name(), c, run, 0)
	if err != nil || again != first {
		t.Errorf("at its position: got another session, %v", err)
	}
	again.park()
	other, err := resume(t.Name(), c, run, 1)
	if err != nil || other == first {
		t.Fatalf("elsewhere: got the same session, %v", err)
	}
	defer other.close()
	if first.stopped() == nil {
		t.Error("the session that is of no use was not closed")
	}
	n := note{t: t}
	for n.bundle(other, process.Of("")) == more {
	}
	if diff := cmp.Diff([]string{"b@2 f:2"}, n.Log); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestForgottenSessionIsClosed(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1)})
	synctest.Test(t, func(t *testing.T) {
		run := process.NewRun()
		defer run.Close()
		s, err := resume("forgotten", Config{Inputs: []string{"f"}}, run, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.park()
		time.Sleep(maxParked - time.Millisecond)
		synctest.Wait()
		if s.stopped() != nil {
			t.Error("closed too early")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if s.stopped() == nil {
			t.Error("not closed")
		}
		if s.parking.take("forgotten") != nil {
			t.Error("still there")
		}
	})
}

func TestStandardInputIsReadOnce(t *testing.T) {
	c, run := Config{Inputs: []string{stdin}}, process.NewRun()
	defer run.Close()
	useStdin(t, line("a", 1))
	s, err := resume(t.Name(), c, run, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := note{t: t}
	for n.bundle(s, process.Of("")) == more {
	}
	s.close()
	for position, id := range []string{t.Name(), t.Name() + " in another process"} {
		_, err := resume(id, c, run, int64(position))
		if want := fmt.Sprintf("files: standard input cannot be read again, to go on at record %d: use a file", position); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// useStdin makes a text the standard input of the test.
func useStdin(t *testing.T, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = r
	t.Cleanup(func() { os.Stdin = old; r.Close() })
	go func() {
		defer w.Close()
		fmt.Fprint(w, text)
	}()
}

func TestResumedSessionStampsRejectsWithTheWatermarkItFinds(t *testing.T) {
	write(t, map[string]string{"f": line("a", 10_000) + "x"})
	s := newSession(Config{Inputs: []string{"f"}, Disorder: time.Second}, process.Of(""), 1)
	defer s.close()
	n := note{t: t, watermark: 9000} // that the first record left behind
	if n.bundle(s, process.Of("")) != complete || len(n.Rejects) != 1 {
		t.Errorf("got rejects %q", n.Rejects)
	}
}
