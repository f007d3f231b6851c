package pipeline

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/teststream"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/order"
)

// variant is a log in a form that the pipeline can read.
type variant struct {
	input     []string
	malformed []string                            // input that is no event
	lines     map[string]string                   // what a reject says of its input, by source
	events    func(s beam.Scope) beam.PCollection // instead of input
	unread    bool                                // nothing counts what is read

	directories bool // it is written to directories of files by window
}

// oneFile writes the log as a file of JSON lines, some malformed.
func (w *world) oneFile(t *testing.T, log []ceptest.Event) variant {
	v := variant{lines: map[string]string{}}
	v.write(t, t.TempDir()+"/log.jsonl", w.jsonLines(&v, log))
	return v
}

func (w *world) jsonLines(v *variant, log []ceptest.Event) (lines []line) {
	for i, e := range log {
		if w.rnd.IntN(20) == 0 {
			bad := fmt.Sprintf(`{"orderId":"o%d","type":"create"`, i)
			v.malformed = append(v.malformed, bad)
			lines = append(lines, line{bad, bad})
		}
		lines = append(lines, line{e.Data, e.Data})
	}
	return lines
}

// someFiles writes the log as two or three files, some compressed, of which the
// events can be merged by time again: an event behind its time stands in the file
// of the event before it, so that it comes next after that one as it did.
func (w *world) someFiles(t *testing.T, log []ceptest.Event) variant {
	v := variant{lines: map[string]string{}}
	parts := make([][]ceptest.Event, 2+w.rnd.IntN(2))
	n, largest := 0, int64(math.MinInt64)
	for _, e := range log {
		if e.Time >= largest {
			n, largest = w.rnd.IntN(len(parts)), e.Time
		}
		parts[n] = append(parts[n], e)
	}
	dir := t.TempDir()
	for i, part := range parts {
		name := fmt.Sprintf("%s/%d.jsonl%s", dir, i, []string{"", ".gz"}[w.rnd.IntN(2)])
		v.write(t, name, w.jsonLines(&v, part))
	}
	return v
}

// csvFile writes the log as CSV, some rows malformed.
func (w *world) csvFile(t *testing.T, log []ceptest.Event) variant {
	v := variant{lines: map[string]string{}}
	rows := []line{{"userId,orderId,type,time,id,n", ""}}
	for i, e := range log {
		if w.rnd.IntN(20) == 0 {
			v.malformed = append(v.malformed, "u,o,create")
			rows = append(rows, line{"u,o,create", "u,o,create"})
		}
		var f fields
		if err := json.Unmarshal([]byte(e.Data), &f); err != nil {
			t.Fatal(err)
		}
		at := any(int64(f.Time))
		if i%2 == 0 {
			at = order.FormatTime(int64(f.Time))
		}
		rows = append(rows, line{fmt.Sprintf("%s,%s,%s,%v,%s,%s", f.UserID, f.OrderID, f.Type, at, f.ID, f.N), e.Data})
	}
	v.write(t, t.TempDir()+"/log.csv", rows)
	return v
}

// line is a line of a file, and what a reject shows of it.
type line struct{ text, shown string }

func (v *variant) write(t *testing.T, path string, lines []line) {
	t.Helper()
	var text bytes.Buffer
	for i, l := range lines {
		fmt.Fprintln(&text, l.text)
		v.lines[order.Place(path, int64(i+1))] = l.shown
	}
	data := text.Bytes()
	if path[len(path)-3:] == ".gz" {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(data) // to a buffer
		_ = z.Close()
		data = packed.Bytes()
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	v.input = append(v.input, path)
}

// stream makes a TestStream of the log: stamped events in chunks, the watermark
// between them, and the end marker at the watermark.
func (w *world) stream(_ *testing.T, log []ceptest.Event) variant {
	v := variant{unread: true, lines: map[string]string{}}
	disorder := w.config.Disorder.Milliseconds()
	stamped, last := ceptest.Stamp(log, disorder, 0)
	c := teststream.NewConfig()
	watermark, largest := int64(0), int64(0)
	var chunk []any
	for i, e := range stamped {
		chunk = append(chunk, w.streamed(e, &v, i))
		largest = max(largest, e.Time)
		if w.rnd.IntN(3) > 0 && i+1 < len(stamped) {
			continue
		}
		next := max(watermark, largest-disorder)
		advance := w.rnd.IntN(2) == 0 && next > watermark
		if advance && w.rnd.IntN(2) == 0 {
			chunk = append(chunk, &order.Event{Mark: order.MarkWatermark, At: next})
		}
		must(c.AddElements(watermark, chunk...))
		chunk = nil
		if advance {
			watermark = next
			must(c.AdvanceWatermark(watermark))
		}
	}
	mark := order.MarkEnd
	if w.open {
		mark = order.MarkCut
	}
	must(c.AddElements(watermark, &order.Event{Mark: mark, Time: last, At: w.end(last).Limit}))
	c.AdvanceWatermarkToInfinity()
	v.events = func(s beam.Scope) beam.PCollection { return beam.ParDo(s, block, teststream.Create(s, c)) }
	return v
}

func init() { register.Function1x1(block) }

// block makes a block of one event.
func block(e *order.Event) []order.Event { return []order.Event{*e} }

func (w *world) streamed(e ceptest.Event, v *variant, i int) *order.Event {
	var f fields
	if err := json.Unmarshal([]byte(e.Data), &f); err != nil {
		panic(err)
	}
	v.lines[order.Place("stream", int64(i))] = e.Data
	return &order.Event{
		UserID: f.UserID, OrderID: f.OrderID, Type: f.Type, ID: f.ID, Time: int64(f.Time), At: e.At,
		Raw: []byte(e.Data), Source: "stream", Line: int64(i),
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
