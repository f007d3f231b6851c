package pipeline

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

func TestMain(m *testing.M) {
	beamfix.Install()
	beamfix.ForPrism()
	beam.Init() // sets up a log of its own
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// Whatever the files, the stream, the order of arrival within the disorder, the
// ticks and the shards, in a file or in a directory of files by window: the same outcomes with the same ids, rejects and open
// orders, which are what the contract says, and counters that add up.
func TestRandomLogsAgreeWithTheModel(t *testing.T) {
	seeds := uint64(100)
	if testing.Short() {
		seeds = 12
	}
	seen := map[string]int64{}
	for seed := range seeds {
		w := newWorld(seed)
		want := w.want()
		one := w.oneFile(t, w.log)
		w.check(t, "one file", one, want)
		log := ceptest.Shuffle(w.rnd, w.log, w.config.Disorder.Milliseconds())
		name, other := "stream", w.stream
		switch seed % 3 {
		case 0:
			name, other = "files", w.someFiles
		case 1:
			name, other = "CSV", w.csvFile
		}
		v := other(t, log)
		v.directories = seed%2 == 0
		w.check(t, name, v, want)
		if t.Failed() {
			return // the next seeds would say the same
		}
		for name, n := range want.Counters {
			seen[name] += n
		}
		seen["malformed"] += int64(len(one.malformed))
	}
	for _, name := range []string{"started", "advanced", "duplicate", "orphan", "other", "late", "malformed", "success", "timeout", "broken", "open", "returned"} {
		if seen[name] < int64(seeds/10) {
			t.Errorf("only %d cases of %q in all logs: the test proves little", seen[name], name)
		}
	}
}

// result is what a run of the pipeline comes to.
type result struct {
	Successes, Timeouts []outcome // by id
	Rejects             []string  // reason and input, sorted
	Open                []string  // in the order of the file
	Counters            map[string]int64
}

// outcome is a line of output.
type outcome struct {
	Outcome, ID, UserID, OrderID, StartedAt, EndedAt, Deadline string

	WaitingFor []string
	Events     map[string]json.RawMessage
}

func sortOutcomes(list []outcome) {
	slices.SortFunc(list, func(a, b outcome) int { return cmp.Compare(a.ID, b.ID) })
}

// want is what the contract says.
func (w *world) want() result {
	stamped, last := ceptest.Stamp(w.log, w.config.Disorder.Milliseconds(), 0)
	m := w.pattern.Run(stamped, w.end(last))
	res := result{Counters: map[string]int64{"read": int64(len(w.log))}}
	for name, n := range m.Counts {
		res.Counters[name] = int64(n)
	}
	if n := m.Counts[ceptest.Success]; n > 0 {
		res.Counters[count.Matched] = int64(n) // without every a run gives one match
	}
	for _, r := range m.Outcomes {
		if o := w.outcome(r); r.How == ceptest.Success {
			res.Successes = append(res.Successes, o)
		} else {
			res.Timeouts = append(res.Timeouts, o)
		}
	}
	sortOutcomes(res.Successes)
	sortOutcomes(res.Timeouts)
	for _, r := range m.Rejects {
		res.Rejects = append(res.Rejects, r.Class+" "+r.Event.Data)
	}
	slices.Sort(res.Rejects)
	var open []ceptest.Event
	if w.open {
		open = append(open, m.Returned...)
		for _, r := range m.Open {
			open = append(open, r.Taken...)
		}
	}
	slices.SortFunc(open, func(a, b ceptest.Event) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Data, b.Data)) })
	for _, e := range open {
		res.Open = append(res.Open, e.Data)
	}
	return res
}

// end is the end of the log.
func (w *world) end(last int64) ceptest.End {
	switch {
	case w.open:
		return ceptest.Cut(last - w.config.Disorder.Milliseconds())
	case w.config.AtEnd == AtEndTimeout:
		return ceptest.AtEnd(order.EndOfTime)
	}
	return ceptest.AtEnd(last)
}

func (w *world) outcome(r *ceptest.Run) outcome {
	text := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
	first := r.Taken[0]
	var f fields
	if err := json.Unmarshal([]byte(first.Data), &f); err != nil {
		panic(err)
	}
	o := outcome{
		Outcome: r.How, ID: order.OutcomeID(w.pattern.String(), r.Key, first.Time, first.ID), UserID: f.UserID, OrderID: f.OrderID,
		StartedAt: text(first.Time), Deadline: text(r.Deadline), Events: map[string]json.RawMessage{},
	}
	if r.How == ceptest.Success {
		o.EndedAt = text(r.Taken[len(r.Taken)-1].Time)
	} else {
		o.WaitingFor = []string{w.pattern.Steps[len(r.Taken)]}
	}
	for i, e := range r.Taken {
		o.Events[w.pattern.Steps[i]] = json.RawMessage(e.Data)
	}
	return o
}

// check runs a variant of the log and compares.
func (w *world) check(t *testing.T, variant string, v variant, want result) {
	t.Helper()
	want.Counters = maps.Clone(want.Counters)
	want.Rejects = slices.Clone(want.Rejects)
	for _, line := range v.malformed {
		want.Rejects = append(want.Rejects, "malformed "+line)
		want.Counters["malformed"]++
		want.Counters["read"]++
	}
	slices.Sort(want.Rejects)
	if v.unread {
		delete(want.Counters, "read")
	}
	got := w.run(t, v)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("seed %d, %s, %v, settings %+v (-want +got):\n%s", w.seed, variant, w.pattern, w.config, diff)
	}
	sum := func(names ...string) (n int64) {
		for _, name := range names {
			n += got.Counters[name]
		}
		return n
	}
	if read := sum("started", "advanced", "duplicate", "orphan", "other", "late", "malformed", "returned"); read != int64(len(w.log)+len(v.malformed)) {
		t.Errorf("seed %d, %s: the classes sum to %d events, want %d", w.seed, variant, read, len(w.log)+len(v.malformed))
	}
	if ended := sum("success", "timeout", "broken", "open"); ended != got.Counters["started"] {
		t.Errorf("seed %d, %s: %d runs started, %d accounted for", w.seed, variant, got.Counters["started"], ended)
	}
}
