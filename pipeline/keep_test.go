package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// keeping runs a pipeline with a carry file over events, whose last one is the mark of its
// end, and returns what the file has undelivered, its kinds sorted.
func keeping(t *testing.T, c Config, events ...*order.Event) (kinds []string) {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	c.Run, c.Input, c.Shards = run.ID, []string{os.DevNull}, 2 // nothing is read
	p := plan(t, c)
	_, k, err := p.OpenCarry(run)
	if err != nil {
		t.Fatal(err)
	}
	targets := p.Outputs()
	if k.Start() != nil {
		targets = localfile.Since(targets, k.Start().Outputs)
	}
	outputs, err := localfile.Open(run, targets...)
	if err != nil {
		t.Skip(err) // a machine without /dev/full
	}
	k.Outputs(outputs)
	end := events[len(events)-1]
	end.Line = k.Begin(carry.Point{Position: []byte(`{"version":1,"begun":false,"largest":0,"files":[]}`), Watermark: end.At, Final: true})
	graph, s := beam.NewPipelineWithRoot()
	match(s, p, beam.ParDo(s, block, beam.CreateList(s, events)), nil)
	if _, err := beam.Run(t.Context(), "prism", graph); err != nil {
		t.Fatal(err)
	}
	if err := k.Finish(); err != nil {
		t.Fatal(err)
	}
	file, err := carry.Read(c.Carry)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range file.Undelivered {
		kinds = append(kinds, m.Outcome)
	}
	slices.Sort(kinds)
	return kinds
}

// What nothing has taken is in the carry file, and the next run delivers it, each once and
// to where it was to go.
func TestWhatNothingHasTakenIsDeliveredByTheNextRun(t *testing.T) {
	const full = "/dev/full"
	for _, test := range []struct {
		reason                     string
		success, timeouts, rejects string // of the first run; "": a file
		kept                       []string
		rejected                   []string // in the file of the second run
	}{
		{"no rejects", full, full, "none", []string{"success", "timeout"}, nil},
		{"rejects that cannot be written", full, full, full, []string{"reject", "success", "timeout"}, []string{"orphan"}},
		{"the reject of an event alone", "", "", full, []string{"reject"}, []string{"orphan"}},
		{"rejects have it", "", full, "", nil, []string{"orphan", "undelivered"}},
	} {
		dir := t.TempDir()
		c := Default()
		c.Carry = filepath.Join(dir, "orders.carry")
		file := func(name string) string { return filepath.Join(dir, name) }
		or := func(target, name string) string {
			if target == "" {
				return file(name)
			}
			return target
		}
		c.Success, c.Timeouts, c.Rejects = or(test.success, "success"), or(test.timeouts, "timeouts"), or(test.rejects, "rejects")
		event := func(id, typ string, at int64) *order.Event {
			return &order.Event{OrderID: id, Type: typ, Time: at, At: at, Raw: []byte(`{"orderId":"` + id + `"}`), Source: "log", Line: 7}
		}
		late := noon + 3_600_000
		got := keeping(t, c,
			event("paid", "create", noon), event("paid", "pay", noon+1), event("unpaid", "create", noon+2), event("orphan", "pay", noon+3),
			&order.Event{Mark: order.MarkCut, Time: late, At: late})
		if !slices.Equal(got, test.kept) {
			t.Errorf("%s: kept are %q, want %q", test.reason, got, test.kept)
			continue
		}
		goOn := func() []string {
			return keeping(t, c, &order.Event{Mark: order.MarkGoOn, At: late}, &order.Event{Mark: order.MarkCut, Time: late + 1, At: late + 1})
		}
		if got := goOn(); !slices.Equal(got, test.kept) {
			t.Errorf("%s: when they cannot be delivered again, kept are %q, want %q", test.reason, got, test.kept)
		}
		c.Success, c.Timeouts, c.Rejects = file("success"), file("timeouts"), file("rejects")
		if got := goOn(); got != nil {
			t.Errorf("%s: when they can be delivered, kept are %q", test.reason, got)
		}
		expectOne(t, test.reason, c.Success, `{"outcome":"success"`, `"orderId":"paid"`)
		if slices.Contains(test.rejected, "undelivered") {
			if lines := readLines(t, c.Timeouts); len(lines) > 0 {
				t.Errorf("%s: the timeout is delivered, too: %q", test.reason, lines)
			}
		} else {
			expectOne(t, test.reason, c.Timeouts, `{"outcome":"timeout"`, `"orderId":"unpaid"`)
		}
		var reasons []string
		for _, line := range readLines(t, c.Rejects) {
			r, err := order.ReadReject([]byte(line))
			if err != nil {
				t.Errorf("%s: %v", test.reason, err)
			}
			reasons = append(reasons, string(r.Reason))
		}
		slices.Sort(reasons)
		if !slices.Equal(reasons, test.rejected) {
			t.Errorf("%s: rejects %q, want %q", test.reason, reasons, test.rejected)
		}
	}
}

// expectOne checks that a file has one line, which has parts.
func expectOne(t *testing.T, reason, path string, parts ...string) {
	t.Helper()
	lines := readLines(t, path)
	ok := len(lines) == 1
	for _, part := range parts {
		ok = ok && strings.Contains(lines[0], part)
	}
	if !ok {
		t.Errorf("%s: %s has %q, want one line with %q", reason, filepath.Base(path), lines, parts)
	}
}

// An event of an open order that could not be written is in the state.
func TestOpenEventsAreNotKept(t *testing.T) {
	open := order.NewUndelivered(&order.Message{Body: []byte("{}"), Outcome: "open", ID: "1"}, "full")
	reject := order.NewUndelivered(&order.Message{Body: open.AppendJSON(nil), Outcome: "reject", ID: "2"}, "full")
	for _, r := range []order.Reject{open, reject} {
		if m, keep, err := unwrap(&r); keep || err != nil {
			t.Errorf("of %s: %+v, %v", r.Source, m, err)
		}
	}
	broken := order.NewUndelivered(&order.Message{Body: []byte("{}"), Outcome: "timeout", ID: "1"}, "full")
	if _, keep, err := unwrap(&broken); keep || err == nil {
		t.Error("what is no outcome is kept")
	}
}

// Only outcomes are written once, and only where a run carries its state.
func TestOutcomesOfACarriedRunAreWrittenOnce(t *testing.T) {
	c := Default()
	c.Input, c.Success, c.Timeouts, c.Rejects = []string{"orders.jsonl"}, "success", "timeouts", "rejects"
	for _, path := range []string{"", "orders.carry"} {
		c.Carry = path
		for _, target := range plan(t, c).Outputs() {
			once := path != "" && (target.Name == "success" || target.Name == "timeouts")
			if target.Once != once {
				t.Errorf("-carry %q: %s is written once: %t, want %t", path, target.Name, target.Once, once)
			}
		}
	}
}

// The carry file is what the next run goes on with, and not the open orders.
func TestOpenOrdersBesideACarryFileAreForPeople(t *testing.T) {
	for path, goesOn := range map[string]bool{"": true, "orders.carry": false} {
		c := Default()
		c.Input, c.Open, c.Carry = []string{"orders.jsonl"}, "open.jsonl", path
		if p := plan(t, c); p.OpenGoesOn() != goesOn || p.openFormat().ForPeople == goesOn {
			t.Errorf("-carry %q: the next run goes on with the open orders: %t, %+v", path, p.OpenGoesOn(), p.openFormat())
		}
	}
}

// Without a carry file the graph is as it was.
func TestWithoutACarryFileNothingIsKept(t *testing.T) {
	for path, want := range map[string]bool{"": false, "orders.carry": true} {
		c := Default()
		c.Input, c.Run, c.Rejects, c.Carry = []string{"../testdata/orders.jsonl"}, "none yet", "rejects", path
		if got := strings.Contains(graph(t, c), "keepFn"); got != want {
			t.Errorf("-carry %q: something is kept: %t, want %t", path, got, want)
		}
	}
}
