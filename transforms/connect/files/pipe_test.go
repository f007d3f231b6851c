package files

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// readAll runs bundles until the log ends.
func readAll(s *session, run *process.Run, n *note) {
	for n.bundle(s, run) == more {
	}
}

// At a stop everything that was read ahead of the bundles is handed out, and reading
// goes on to the end of the line that it is in: what is behind that is still in the
// pipe.
func TestStopHandsOutWhatWasReadOfAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old := os.Stdin
	os.Stdin = r
	t.Cleanup(func() { os.Stdin = old })
	run := process.NewRun()
	defer run.Close()
	s := newSession(Config{Inputs: []string{"-"}, Disorder: time.Second, EndOfTime: true}, run, 0)
	defer s.close()

	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		defer w.Close()
		for i := int64(0); ; { // there is always more than was read
			var text strings.Builder
			for range 10_000 {
				text.WriteString(line("o", i))
				i++
			}
			if _, err := w.WriteString(text.String()); err != nil {
				return
			}
		}
	}()
	n := note{t: t}
	for len(n.events) == 0 {
		n.bundle(s, run)
	}
	run.Stop()
	readAll(s, run, &n)

	rest := &byBytes{r: r}
	first := rest.first(t)
	if want := strings.TrimSuffix(line("o", int64(len(n.events))), "\n"); first != want {
		t.Errorf("%d events were handed out, and the next line of the pipe is %q", len(n.events), first)
	}
	last := n.events[len(n.events)-1].Time
	if want := fmt.Sprintf("%d,%d", last, last-1000); n.End != want {
		t.Errorf("end %s, want %s", n.End, want)
	}
	if len(n.Rejects) > 0 {
		t.Errorf("rejects: %v", n.Rejects)
	}
	r.Close() // the writer then ends
	<-wrote
}

// byBytes reads lines byte by byte, so that it takes no more than it gives.
type byBytes struct{ r *os.File }

func (l *byBytes) first(t *testing.T) string {
	t.Helper()
	var text []byte
	for b := make([]byte, 1); ; text = append(text, b[0]) {
		if _, err := l.r.Read(b); err != nil {
			t.Fatalf("the pipe has no line left: %v", err)
		}
		if b[0] == '\n' {
			return string(text)
		}
	}
}

func TestStopWaitsForTheEndOfALine(t *testing.T) {
	w, s, run := pipeSession(t, Config{})
	n := note{t: t}
	a, b := line("a", 1), line("b", 2)
	fmt.Fprint(w, a+b[:10])
	for len(n.events) < 1 {
		n.bundle(s, run)
	}
	run.Stop()
	fmt.Fprint(w, b[10:]+line("c", 3))
	readAll(s, run, &n)
	if want := []string{"a@1 p:1", "b@2 p:2"}; !slices.Equal(n.Log, want) {
		t.Errorf("got %v, want %v", n.Log, want)
	}
}

// A process that was suspended at a stop has no time left when it goes on, and what it was
// to read is there.
func TestStopReadsWhatIsThereWhenItsTimeIsOver(t *testing.T) {
	t.Chdir(t.TempDir())
	w := makePipe(t, "p")
	stopping := make(chan struct{})
	close(stopping)
	p := &pipe{file: w, stopping: stopping, inside: func() bool { return true }, until: time.Now().Add(-time.Hour)}
	fmt.Fprint(w, "rest\nnext\n")
	b := make([]byte, 100)
	if n, err := p.Read(b); string(b[:n]) != "rest\n" || err != nil {
		t.Errorf("read %q, %v: want the rest of the line", b[:n], err)
	}
	p.beyond = lastBytes - 3
	if n, err := p.Read(b); string(b[:n]) != "nex" || err != nil {
		t.Errorf("read %q, %v: want no more of a line that goes on", b[:n], err)
	}
	if n, err := p.Read(b); n != 0 || err != io.EOF {
		t.Errorf("read %d bytes and %v: want the end", n, err)
	}
}

// The same is so of what was read and not handed out.
func TestStopHandsOutWhatWaitsWhenItsTimeIsOver(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	run.Stop()
	for range 20 { // a bundle that could do both may do either
		s := &session{blocks: make(chan block, 1), run: run, piped: true, stopBy: time.Now().Add(-time.Hour)}
		s.blocks <- block{last: true, stopped: true, events: []order.Event{{Time: 1}}}
		n := note{t: t}
		if n.bundle(s, run) != stopped || len(n.events) != 1 {
			t.Fatalf("%d events were handed out: want the one that waits", len(n.events))
		}
	}
}

func TestStopEndsInsideALineThatDoesNotEnd(t *testing.T) {
	w, s, run := pipeSession(t, Config{})
	fmt.Fprint(w, line("a", 1)+`{"orderId":`)
	n := note{t: t}
	for len(n.events) < 1 {
		n.bundle(s, run)
	}
	run.Stop()
	readAll(s, run, &n)
	if len(n.Log) != 1 || len(n.Rejects) != 1 || !strings.HasPrefix(n.Rejects[0], "malformed p:2: ") {
		t.Errorf("got %v and rejects %v, want the torn line among the rejects", n.Log, n.Rejects)
	}
}

func TestStopBesideFilesHandsOutWhatWasReadOfThePipe(t *testing.T) {
	t.Chdir(t.TempDir())
	w := makePipe(t, "p")
	if err := os.WriteFile("f", []byte(strings.Repeat(line("f", 5), 400_000)), 0o666); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, line("a", 1)+line("b", 9)+line("c", 10)+"x\n")
	run := process.NewRun()
	defer run.Close()
	s := newSession(Config{Inputs: []string{"f", "p"}, Disorder: 2}, run, 0)
	defer s.close()
	n := note{t: t}
	n.bundle(s, run)
	run.Stop()
	readAll(s, run, &n)
	ofPipe := slices.DeleteFunc(slices.Clone(n.Log), func(e string) bool { return strings.HasPrefix(e, "f@") })
	if want := []string{"a@1 p:1", "b@9 p:2", "c@10 p:3"}; !slices.Equal(ofPipe, want) || len(n.Rejects) != 1 {
		t.Errorf("got %v and rejects %v, want %v and one", ofPipe, n.Rejects, want)
	}
	if n.End != "5,5" || len(n.Log) == 400_003 {
		t.Errorf("end %s after %d events: want 5,5, before all of the file", n.End, len(n.Log))
	}
}

func TestFileThatGetsShorterIsAnError(t *testing.T) {
	write(t, map[string]string{"f": strings.Repeat(line("a", 1), 500_000)})
	s := newSession(Config{Inputs: []string{"f"}}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	n.bundle(s, process.Of(""))
	if err := os.Truncate("f", 1000); err != nil {
		t.Fatal(err)
	}
	readAll(s, process.Of(""), &n)
	if !strings.HasPrefix(n.Err, "files: f: it has become shorter while it was read, from 18000000 bytes to ") {
		t.Errorf("got error %q", n.Err)
	}
}

// liveEvent is an event of a live pipe that arrives at its time and so many ms after.
func (l *liveness) arrive(c *clock, at time.Time, lag time.Duration) {
	e := order.Event{Time: at.Add(-lag).UnixMilli()}
	l.event(&e, c, at)
}

func TestClockOfALivePipe(t *testing.T) {
	start := time.UnixMilli(1772366400000)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	l := &liveness{maxLag: 60_000}
	c := &clock{disorder: 5000}
	want := func(what string, s float64) {
		t.Helper()
		if w := c.watermark(); w != at(s).UnixMilli() && !(s < 0 && w == 0) {
			t.Errorf("%s: the watermark is at %v s, want %v", what, float64(w-start.UnixMilli())/1000, s)
		}
	}
	look := func(s, arrived float64) { l.look(c, at(s), at(arrived)) }

	l.look(c, at(0), time.Time{})
	want("before the first event", -1)
	l.arrive(c, at(10), 50*time.Second)
	c.follow(at(-40).UnixMilli())
	look(11.9, 10)
	want("silent for less than 2 s", -45)
	look(12, 10)
	want("silent for 2 s: what was read before is no lag", 7)
	look(13, 10)
	want("it goes on", 8)
	l.arrive(c, at(13.5), 0)
	c.follow(at(13.5).UnixMilli())
	want("an event does not move it", 8)
	look(14, 13.5)
	want("a look that finds nothing does, at once", 9)
	l.arrive(c, at(15), 20*time.Second)
	look(16, 15)
	want("it does not go back", 9)
	look(40, 15)
	want("the worst lag counts", 20)
	l.arrive(c, at(41), 61*time.Second)
	look(60, 41)
	want("a lag above the largest is none", 40)
	look(15+9*60, 41)
	want("for ten minutes", 9*60+15-20)
	look(15+12*60, 41)
	want("and then no more", 12*60+15-5)
}

func TestLivePipeTellsItsWatermarkWhileNothingComes(t *testing.T) {
	t.Chdir(t.TempDir())
	w := makePipe(t, "p")
	s := newSession(Config{Inputs: []string{"p"}, Live: true, MaxLag: time.Minute, Disorder: time.Second}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	before := time.Now()
	fmt.Fprint(w, line("a", before.Add(-time.Hour).UnixMilli()))
	for !s.now.alive {
		if n.bundle(s, process.Of("")) != more {
			t.Fatal("the log ended")
		}
	}
	if at := time.UnixMilli(s.now.watermark()); at.Before(before.Add(quiet-time.Second)) || at.After(time.Now()) {
		t.Errorf("watermark %v for a pipe that is silent since %v", at, before)
	}
}

// What a run before left open is not there again once this one has ended, so all of it is
// accounted for.
func TestStopBesideWhatIsCarriedHandsOutAllOfIt(t *testing.T) {
	t.Chdir(t.TempDir())
	const lines = 400_000
	if err := os.WriteFile("open", []byte(strings.Repeat(line("f", 5), lines)), 0o666); err != nil {
		t.Fatal(err)
	}
	w := makePipe(t, "p")
	fmt.Fprint(w, line("a", 9))
	run := process.NewRun()
	defer run.Close()
	s := newSession(Config{Inputs: []string{"open", "p"}, Carried: "./open"}, run, 0)
	defer s.close()
	n := note{t: t}
	n.bundle(s, run)
	if run.Stop(); len(n.events) == lines {
		t.Fatal("all was read before the stop: the test proves nothing")
	}
	readAll(s, run, &n)
	if len(n.events) != lines+1 || n.End != "5,5" {
		t.Errorf("%d events and the end %s, want %d and 5,5", len(n.events), n.End, lines+1)
	}
}

func TestLivePipeComesAfterWhatWasLeftOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("open", []byte(line("a", 5)+line("b", 70_000)), 0o666); err != nil {
		t.Fatal(err)
	}
	w := makePipe(t, "p")
	s := newSession(Config{Inputs: []string{"open", "p"}, Live: true, MaxJump: time.Hour}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	for len(n.events) < 2 { // nobody has written to the pipe yet
		n.bundle(s, process.Of(""))
	}
	fmt.Fprint(w, line("c", 69_000))
	for len(n.events) < 3 {
		n.bundle(s, process.Of(""))
	}
	if want := []string{"a@5 open:1", "b@70000 open:2", "c@69000 p:1 +70000"}; !slices.Equal(n.Log, want) {
		t.Errorf("got %v, want %v", n.Log, want)
	}
}

func TestLiveInputIsOnePipe(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1)})
	_, err := Config{Inputs: []string{"f"}, Live: true}.Paths()
	if want := "files: -live: 0 of 1 inputs are pipes: want one, as in tail -F f | ordertimeout -input - -live"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := (Config{Inputs: []string{"-", "f"}, Live: true}).Paths(); err != nil {
		t.Error(err)
	}
}
