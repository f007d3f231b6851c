package files

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// line is an event of an order at a time in milliseconds.
func line(id string, ms int64) string {
	return fmt.Sprintf(`{"orderId":%q,"type":"a","time":%d}`, id, ms) + "\n"
}

// write makes files of a temporary directory, which becomes the working
// directory, so that paths are short. The name decides on compression.
func write(t testing.TB, contents map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range contents {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w := io.WriteCloser(f)
		switch filepath.Ext(name) {
		case ".gz":
			w = gzip.NewWriter(f)
		case ".zst":
			if w, err = zstd.NewWriter(f); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

// transcript is what a source handed out.
type transcript struct {
	// Log has the events in order: "o@time" and where it was read, and "+" with
	// its place in time where it is another one.
	Log []string
	// Rejects has the rejects in order.
	Rejects []string
	// End is the end mark, as "time,at".
	End string
	// Err is why the log ended early.
	Err string

	events []order.Event
}

// note keeps what a bundle emits, and checks what holds for all of it.
type note struct {
	t         *testing.T
	watermark int64 // of the source, as of the last bundle
	promised  int64
	transcript
}

func (n *note) event(ts beam.EventTime, block []order.Event) {
	n.t.Helper()
	for i := range block {
		n.one(ts, &block[i])
	}
}

func (n *note) one(ts beam.EventTime, e *order.Event) {
	n.t.Helper()
	switch {
	case int64(ts) < n.watermark:
		n.t.Errorf("%+v has timestamp %d, behind the watermark %d", e, ts, n.watermark)
	case e.Mark == order.MarkWatermark:
		if e.At <= 0 {
			n.t.Errorf("mark of watermark %d", e.At)
		}
		n.promised = e.At
	case e.Mark == order.MarkEnd, e.Mark == order.MarkCut:
		n.End = fmt.Sprintf("%d,%d", e.Time, e.At)
	default:
		if int64(ts) > e.At {
			n.t.Errorf("%s has timestamp %d, after its place in time %d", e.OrderID, ts, e.At)
		}
		n.Log = append(n.Log, eventText(*e))
		n.events = append(n.events, *e)
	}
}

func eventText(e order.Event) string {
	text := fmt.Sprintf("%s@%d %s", e.OrderID, e.Time, order.Place(e.Source, e.Line))
	if e.At != e.Time {
		text += fmt.Sprintf(" +%d", e.At)
	}
	return text
}

func (n *note) reject(ts beam.EventTime, r order.Reject) {
	if int64(ts) < n.watermark {
		n.t.Errorf("%+v has timestamp %d, behind the watermark %d", r, ts, n.watermark)
	}
	n.Rejects = append(n.Rejects, fmt.Sprintf("%s %s: %s", r.Reason, r.Source, r.Error))
}

// bundle runs one bundle of a session.
func (n *note) bundle(s *session, run *process.Run) ending {
	n.t.Helper()
	b := bundle{session: s, claim: func(any) bool { return true }, event: n.event, reject: n.reject}
	ending, err := b.read(context.Background(), run.Stopping())
	if n.watermark = s.now.watermark(); n.watermark < n.promised {
		n.t.Errorf("watermark %d after the bundle, promised %d", n.watermark, n.promised)
	}
	if err != nil {
		n.Err = err.Error()
	}
	if ending == complete || ending == stopped {
		n.event(beam.EventTime(n.watermark), []order.Event{s.end(ending == complete && err == nil)})
	}
	return ending
}

// replay reads a log from its start, or behind as many records as skip.
func replay(t *testing.T, c Config, skip int64) transcript {
	t.Helper()
	paths, err := c.Paths()
	if err != nil {
		t.Fatal(err)
	}
	c.Inputs = paths
	s := newSession(c, process.Of(""), skip)
	defer s.close()
	n := note{t: t}
	for n.bundle(s, process.Of("")) == more {
	}
	return n.transcript
}

// merged is the merged log, "x" for what is malformed.
func merged(t *testing.T, c Config) (log []string) {
	t.Helper()
	s := &session{run: process.Of(""), config: c, decoder: c.Decoder(), clock: clock{disorder: c.Disorder.Milliseconds()}}
	inputs, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	for m := newMerge(inputs, &s.clock, c.doubt(), c.Live); ; {
		e, err := m.next()
		switch {
		case err == io.EOF:
			return log
		case err != nil:
			t.Fatal(err)
		case e.malformed != nil:
			log = append(log, "x "+order.Place(e.source, e.line))
		default:
			log = append(log, eventText(e.event))
		}
	}
}

var ignoreEvents = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".events" }, cmp.Ignore())

func same(t *testing.T, reason string, got, want transcript) {
	t.Helper()
	if diff := cmp.Diff(want, got, ignoreEvents); diff != "" {
		t.Errorf("%s (-want +got)\n%s", reason, diff)
	}
}
