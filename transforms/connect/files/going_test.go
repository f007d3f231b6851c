package files

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// stepped is a log that is read a record at a time, with the position behind each.
type stepped struct {
	records   []string          // as in a transcript; "x" and the place of what is malformed
	positions []json.RawMessage // before each record, and behind the last
}

// step reads a log that is carried.
func step(t *testing.T, c Config) (out stepped) {
	t.Helper()
	c.Carries = true
	s := &session{run: process.Of(""), config: c, decoder: c.Decoder(), places: make([]place, len(c.Inputs))}
	s.clock.disorder = c.Disorder.Milliseconds()
	if r := c.Resume; r != nil {
		s.clock.start, s.clock.begun, s.clock.largest = r.Watermark, r.Begun, r.Largest
	}
	inputs, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	m := newMerge(inputs, &s.clock, c.doubt(), c.Live)
	for {
		s.now = s.clock
		s.takeOver(s.takePlaces())
		position, err := s.bookmark().Encode()
		if err != nil {
			t.Fatal(err)
		}
		out.positions = append(out.positions, position)
		e, err := m.next()
		for _, in := range m.ended {
			s.move(in)
		}
		m.ended = nil
		switch {
		case err == io.EOF:
			s.takeOver(s.takePlaces())
			if out.positions[len(out.positions)-1], err = s.bookmark().Encode(); err != nil {
				t.Fatal(err)
			}
			return out
		case err != nil:
			t.Fatal(err)
		}
		s.add(e)
		if text := "x " + order.Place(e.source, e.line); e.malformed != nil {
			out.records = append(out.records, text)
		} else {
			out.records = append(out.records, eventText(e.event))
		}
	}
}

// Whoever goes on at any record of a log reads the rest of it, whatever its files are like.
func TestALogGoesOnAtAnyRecord(t *testing.T) {
	long := strings.Repeat("z", 3000)
	var big strings.Builder
	for i := range 300 {
		big.WriteString(line(fmt.Sprint(long, i), int64(i*7)))
	}
	for _, test := range []struct {
		reason string
		files  map[string]string
		want   int // records
	}{
		{"lines", map[string]string{"f": line("a", 1) + "x\n\n" + line("b", 2) + "\r\n" + line("c", 3)}, 4},
		{"a mark at the start, and no line break at the end", map[string]string{"f": "\xEF\xBB\xBF\n" + line("a", 1) + strings.TrimSpace(line("b", 2))}, 2},
		{"rows, some of two lines", map[string]string{"f.csv": "orderId,type,time,x\no,a,1,\"x\ny\"\n\np,a,2,\nq,a\nr,a,3,\"\n\n\"\n"}, 4},
		{"rows with a mark", map[string]string{"f.csv": "\xEF\xBB\xBForderId,type,time\no,a,1\nb,a,2"}, 2},
		{"compressed", map[string]string{"f.gz": line("a", 1) + line("b", 2), "f.csv.zst": "orderId,type,time\no,a,1\np,a,3\n"}, 4},
		{"many buffers", map[string]string{"f": big.String(), "g.gz": big.String()}, 600},
		{"lines that are too long", map[string]string{"f": line("a", 1) + strings.Repeat("y", 5*order.MaxLine) + "\n" + line("b", 2) + strings.Repeat(`{"`, 3*order.MaxLine) + "\n" + line("c", 3)}, 5},
	} {
		write(t, test.files)
		paths, err := Config{Inputs: []string{"f*", "f*"}}.Paths()
		if err != nil {
			t.Fatal(err)
		}
		if test.reason == "many buffers" {
			paths = []string{"f", "g.gz"}
		}
		c := Config{Inputs: paths, Disorder: time.Second}
		whole := step(t, c)
		if n := len(whole.records); n != test.want {
			t.Errorf("%s: %d records, want %d", test.reason, n, test.want)
		}
		for n, position := range whole.positions {
			if n%7 > 0 && len(whole.positions) > 100 {
				continue
			}
			on, err := c.goOn(position, 0)
			if err != nil {
				t.Fatalf("%s: behind %d: %v", test.reason, n, err)
			}
			rest := step(t, on)
			if diff := cmp.Diff(whole.records[n:], rest.records, cmp.Transformer("", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Fatalf("%s: behind %d records (-want +got)\n%s", test.reason, n, diff)
			}
			again, err := c.goOn(rest.positions[len(rest.positions)-1], 0)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Inputs) > 0 {
				t.Errorf("%s: behind %d and the rest %q are still to be read", test.reason, n, again.Inputs)
			}
		}
	}
}

// What is appended between the end that was read and the turn of the last events is not
// taken for read.
func TestWhatIsAppendedBehindTheEndThatWasReadIsReadNext(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1) + line("b", 1e9), "g": line("c", 2) + line("d", 3)})
	c := Config{Inputs: []string{"f", "g"}, MaxJump: time.Second, Carries: true}
	s := &session{run: process.Of(""), config: c, decoder: c.Decoder(), places: make([]place, 2)}
	inputs, err := s.open()
	do(t, err)
	m := newMerge(inputs, &s.clock, c.doubt(), false)
	for {
		e, err := m.next()
		if err == io.EOF {
			break
		}
		do(t, err)
		s.add(e)
		if e.event.OrderID == "c" { // the end of f was read, to judge of b
			appendTo(t, "f", line("e", 1e9+1))
		}
	}
	for _, in := range m.ended {
		s.move(in)
	}
	s.takeOver(s.takePlaces())
	position, err := s.bookmark().Encode()
	do(t, err)
	on, err := c.goOn(position, 0)
	do(t, err)
	if got := step(t, on).records; len(got) != 1 || !strings.HasPrefix(got[0], "e@") {
		t.Errorf("got %q, want e", got)
	}
}

// A session that is carried is never closed for being parked: another one would not go on
// where it was.
func TestASessionThatIsCarriedStaysParked(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1)})
	for reason, c := range map[string]Config{"carried": {Carries: true}, "followed": {Follow: true}} {
		c.Inputs = []string{"f"}
		run := process.NewRun()
		s, err := resume(t.Name()+reason, c, run, 0)
		do(t, err)
		s.park()
		if s.idle != nil {
			t.Errorf("%s: it is closed after a while", reason)
		}
		run.Close()
	}
}

// A file that was exchanged between the look at it and its opening is not read from where the
// other one was.
func TestAFileThatWasExchangedSinceTheLookIsRefused(t *testing.T) {
	for _, name := range []string{"f", "f.gz"} {
		for text, want := range map[string]string{
			line("c", 1) + line("d", 2) + line("e", 3): "files: " + name + ": it has become another file since it was looked at: start the run again",
			"x\n": "files: " + name + ": it has become shorter since it was looked at",
		} {
			write(t, map[string]string{name: line("a", 1) + line("b", 2)})
			c := Config{Inputs: []string{name}, Carries: true}
			whole := step(t, c)
			on, err := c.goOn(whole.positions[1], 0)
			do(t, err)
			write(t, map[string]string{name: text})
			s := &session{run: process.Of(""), config: on, decoder: on.Decoder(), places: make([]place, 1)}
			if _, err := s.open(); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}
