package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func TestMain(m *testing.M) {
	*jobopts.Experiments = "prism_disable_sdf_split"
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

// world is a random log and random settings.
type world struct {
	seed    uint64
	rnd     *rand.Rand
	pattern ceptest.Pattern
	config  Config          // without input and outputs
	open    bool            // the open orders are written, so the log goes on
	log     []ceptest.Event // in order of arrival, not stamped; Data is JSON
}

func newWorld(seed uint64) *world {
	w := &world{seed: seed, rnd: rand.New(rand.NewPCG(seed, 11)), config: Default()}
	pick := func(ms ...int64) time.Duration { return time.Duration(ms[w.rnd.IntN(len(ms))]) * time.Millisecond }
	w.pattern = ceptest.RandomPattern(w.rnd)
	w.config.Pattern = w.pattern.String()
	if w.rnd.IntN(3) == 0 {
		w.config.Pattern = strings.Replace(w.config.Pattern, "within ", "within 9h", 1)
		w.config.Within = time.Duration(w.pattern.Within) * time.Millisecond
	}
	w.config.Remember = time.Duration(w.pattern.Remember) * time.Millisecond
	if w.pattern.Remember == w.pattern.Within {
		w.config.Remember = -1
	}
	w.config.Disorder = pick(0, 5, 30)
	w.config.Tick = pick(0, 1, 7, 50, 1000)
	w.config.Shards = []int{1, 2, 3, 16, 64}[w.rnd.IntN(5)]
	w.config.Key = []string{KeyUser, KeyOrder}[w.rnd.IntN(2)]
	w.config.AtEnd = []string{AtEndOpen, AtEndTimeout}[w.rnd.IntN(2)]
	w.open = w.config.AtEnd == AtEndOpen && w.rnd.IntN(3) > 0
	for _, e := range w.pattern.RandomLog(w.rnd) {
		w.log = append(w.log, w.event(e))
	}
	return w
}

// noon is when the logs are.
const noon int64 = 1772366400000

// fields are the members of an event, in the order of the lines and columns. As
// all are strings, a CSV row of them becomes the very same JSON.
type fields struct {
	UserID  string  `json:"userId"`
	OrderID string  `json:"orderId"`
	Type    string  `json:"type"`
	Time    instant `json:"time"`
	ID      string  `json:"id"`
	N       string  `json:"n"`
}

// instant is a time in milliseconds, in JSON as the text that a row has for it.
type instant int64

func (t instant) MarshalText() ([]byte, error) { return []byte(order.FormatTime(int64(t))), nil }

func (t *instant) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(time.RFC3339, string(text))
	*t = instant(parsed.UnixMilli())
	return err
}

// event gives a model's event a time of today, ids for its key, and JSON for its
// data: two orders of a user, a user's events without an order, an order's
// without a user; or orders that are known by their id alone, whose last step
// does not name the user.
func (w *world) event(e ceptest.Event) ceptest.Event {
	f := fields{Type: e.Type, Time: instant(noon + e.Time), ID: e.ID, N: e.Data[strings.LastIndex(e.Data, "-")+1:]}
	if w.config.Key == KeyUser {
		ids := map[string][2]string{"k0": {"u0", "o0"}, "k1": {"u0", "o1"}, "k2": {"u2", ""}, "k3": {"", "o3"}}[e.Key]
		f.UserID, f.OrderID = ids[0], ids[1]
		e.Key = order.Key(f.UserID, f.OrderID)
	} else {
		f.OrderID = e.Key
		if e.Type != w.pattern.Steps[len(w.pattern.Steps)-1] {
			f.UserID = "u" + f.N
		}
		e.Key = order.Key("", f.OrderID)
	}
	data, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	e.Time, e.Data = int64(f.Time), string(data)
	return e
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

// run runs the pipeline as the command does.
func (w *world) run(t *testing.T, v variant) result {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	dir := t.TempDir()
	c := w.config
	c.Run, c.Input = run.ID, v.input
	c.Success, c.Timeouts, c.Rejects = dir+"/success", dir+"/timeouts", dir+"/rejects"
	if w.open {
		c.Open = dir + "/open"
	}
	if v.directories {
		c.Runner, c.FileWindow, c.FileShards = RunnerFlink, time.Second, 1+int(w.seed%3)
	}
	if v.events != nil {
		c.Input = []string{"none"} // nothing is read
	}
	plan, err := c.Plan()
	if err != nil {
		t.Fatalf("seed %d: %v", w.seed, err)
	}
	outputs, err := localfile.Open(run, plan.Outputs()...)
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	if v.events != nil {
		match(s, plan, v.events(s), nil)
	} else {
		Build(s, plan)
	}
	pr, err := beam.Run(context.Background(), "prism", p)
	if err != nil {
		t.Fatalf("seed %d: %v", w.seed, err)
	}
	if err := outputs.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := outputs.Close(); err != nil {
		t.Fatal(err)
	}
	return w.result(t, pr, c, v)
}

// noClass are the counters that are no class of events or runs.
var noClass = []string{count.IntegerTimes, count.January1970, count.StateCalls, count.StateBytes}

// result reads what a run has written and counted.
func (w *world) result(t *testing.T, pr beam.PipelineResult, c Config, v variant) result {
	t.Helper()
	res := result{Counters: map[string]int64{}}
	if w.open {
		res.Open = readLines(t, c.Open)
	}
	if c.FileShards > 1 { // each file is sorted, and the file source merges them
		slices.SortFunc(res.Open, func(a, b string) int {
			var x, y fields
			decodeLine(t, a, &x)
			decodeLine(t, b, &y)
			return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(a, b))
		})
	}
	for _, counter := range pr.Metrics().AllMetrics().Counters() {
		if counter.Namespace() == count.Namespace && !slices.Contains(noClass, counter.Name()) && counter.Result() != 0 {
			res.Counters[counter.Name()] += counter.Result()
		}
	}
	if matched := res.Counters[count.Matched]; matched != res.Counters[count.Success] {
		t.Errorf("seed %d: %d runs have matched, and there are %d matches", w.seed, matched, res.Counters[count.Success])
	}
	delete(res.Counters, count.Matched)
	for path, list := range map[string]*[]outcome{c.Success: &res.Successes, c.Timeouts: &res.Timeouts} {
		for _, line := range readLines(t, path) {
			var o outcome
			decodeLine(t, line, &o)
			*list = append(*list, o)
		}
		sortOutcomes(*list)
	}
	for _, line := range readLines(t, c.Rejects) {
		var r struct{ Reason, Error, Source, Input string }
		decodeLine(t, line, &r)
		if want, ok := v.lines[r.Source]; r.Error == "" || !ok || want != r.Input {
			t.Errorf("seed %d: reject %s: there stands %q", w.seed, line, want)
		}
		res.Rejects = append(res.Rejects, r.Reason+" "+r.Input)
	}
	slices.Sort(res.Rejects)
	return res
}

func decodeLine(t *testing.T, line string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("line %s: %v", line, err)
	}
}

func readLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	paths := []string{path}
	if info, err := os.Stat(path); err != nil || info.IsDir() { // a directory without lines is not made
		if paths, err = filepath.Glob(path + "/*.jsonl"); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}
