package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/story"
)

// storiesOf returns the stories of an order id, as ordertimeout why tells them.
func storiesOf(t *testing.T, c Config, id string) ([]Story, []order.Reject) {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	c.Run = run.ID
	w, err := c.Why(id)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = w.Resolve(); err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	BuildWhy(s, w)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		t.Fatal(err)
	}
	stories, malformed, err := w.Stories()
	if err != nil {
		t.Fatal(err)
	}
	return stories, malformed
}

// The stories of all orders tell the classes that the run has counted, and its outcomes.
func TestStoriesAddUpToTheRun(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 12
	}
	seen := map[string]int64{}
	for seed := range seeds {
		w := newWorld(seed + 500)
		v := [](func(*testing.T, []ceptest.Event) variant){w.oneFile, w.someFiles, w.csvFile}[seed%3](t, w.log)
		run := w.run(t, v)
		want := run.Counters
		for _, name := range []string{count.Read, count.Malformed, count.Matched} {
			delete(want, name)
		}
		var outcomes []string
		for _, o := range run.Successes {
			outcomes = append(outcomes, fmt.Sprint("success ", o.OrderID, " ", o.EndedAt))
		}
		for _, o := range run.Timeouts {
			outcomes = append(outcomes, fmt.Sprint("timeout ", o.OrderID, " ", o.Deadline))
		}
		slices.Sort(outcomes)
		counts, told := w.told(t, v)
		if diff := gocmp.Diff(want, counts); diff != "" {
			t.Errorf("seed %d, settings %+v (-want +got):\n%s", seed, w.config, diff)
		}
		if diff := gocmp.Diff(outcomes, told); diff != "" {
			t.Errorf("seed %d, settings %+v (-want +got):\n%s", seed, w.config, diff)
		}
		for name, n := range counts {
			seen[name] += n
		}
	}
	for _, name := range []string{"started", "advanced", "duplicate", "orphan", "other", "late", "success", "timeout", "open", "returned"} {
		if seen[name] == 0 {
			t.Errorf("no case of %q in all logs: the test proves little", name)
		}
	}
}

// told returns what the stories of all orders of a variant count, and their outcomes.
func (w *world) told(t *testing.T, v variant) (counts map[string]int64, outcomes []string) {
	t.Helper()
	c := w.config
	c.Input = v.input
	if w.open {
		c.Open = t.TempDir() + "/open"
	}
	ids := map[string]bool{}
	for _, e := range w.log {
		var f fields
		decodeLine(t, e.Data, &f)
		ids[f.OrderID] = true
	}
	counts = map[string]int64{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		stories, malformed := storiesOf(t, c, id)
		named := 0
		for _, line := range v.malformed {
			if id != "" && strings.Contains(line, `"`+id+`"`) {
				named++
			}
		}
		if len(malformed) != named {
			t.Errorf("seed %d, order %q: %d malformed lines are told of, want %d", w.seed, id, len(malformed), named)
		}
		for _, s := range stories {
			for _, l := range s.Lines {
				what := l.What
				if what == story.Undecided {
					what = count.Returned
				}
				counts[what]++
				if what == story.Success || what == story.Timeout {
					outcomes = append(outcomes, fmt.Sprint(what, " ", s.OrderID, " ", order.FormatTime(l.Time)))
				}
			}
		}
	}
	slices.Sort(outcomes)
	return counts, outcomes
}

func TestWhyRefuses(t *testing.T) {
	for _, test := range []struct {
		set  func(*Config)
		want string
	}{
		{func(c *Config) { c.Input = nil }, "no -input: want a file, a glob or - (standard input)"},
		{func(c *Config) { c.Input = []string{"demo:"} }, `-input "demo:": the story of an order is told of what can be read again: want a file, a glob or - (standard input)`},
		{func(c *Config) { c.Input = []string{"pubsub://p/s"} }, `-input "pubsub://p/s": the story of an order is told of what can be read again: want a file, a glob or - (standard input)`},
		{func(c *Config) { c.Runner = RunnerFlink }, "-runner flink: the story of an order is told on the embedded runner: want prism"},
		{func(c *Config) { c.Runner = RunnerDataflow }, "-runner dataflow: the story of an order is told on the embedded runner: want prism"},
		{func(c *Config) { c.Carry, c.AtEnd = "c", AtEndTimeout }, "-at-end timeout with -carry c: the log goes on, and no end is that of time"},
		{func(c *Config) { c.Open, c.AtEnd = "o", AtEndTimeout }, `-at-end timeout with -open "o": where all time out, none is open and the next run has nothing to go on with`},
		{func(c *Config) { c.Pattern = "create followedBy" }, "-pattern: cep: column 18: unexpected end of pattern: want an event type"},
		{func(c *Config) { c.Disorder = time.Microsecond }, "-disorder 1µs: want whole milliseconds"},
		// The outputs of a run are nobody's business.
		{func(c *Config) { c.Success, c.Timeouts, c.Rejects = "https://x", "", "kafka://x" }, ""},
		{func(c *Config) { c.Follow, c.MaxLag, c.Carry, c.Forget = true, time.Minute, "c", []string{"f"} }, ""},
	} {
		c := Default()
		c.Input = []string{"f"}
		test.set(&c)
		_, err := c.Why("o")
		if got := fmt.Sprint(err); got != test.want && (test.want != "" || err != nil) {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// Where the run writes its open orders, carries its state or follows its file, the log goes on.
func TestWhyTheLogGoesOn(t *testing.T) {
	path := t.TempDir() + "/log.jsonl"
	v := variant{lines: map[string]string{}}
	v.write(t, path, []line{{`{"orderId":"o","type":"create","time":1772366400000}`, ""}})
	for _, test := range []struct {
		set  func(*Config)
		want string
	}{
		{func(*Config) {}, "started open"},
		{func(c *Config) { c.Open = path + ".open" }, story.Undecided},
		{func(c *Config) { c.Carry = path + ".carry" }, story.Undecided},
		{func(c *Config) { c.Follow = true }, story.Undecided},
		{func(c *Config) { c.AtEnd = AtEndTimeout }, "started timeout"},
	} {
		c := Default()
		c.Input = []string{path}
		test.set(&c)
		stories, _ := storiesOf(t, c, "o")
		var whats []string
		for _, l := range stories[0].Lines {
			whats = append(whats, l.What)
		}
		if got := strings.Join(whats, " "); got != test.want {
			t.Errorf("open %q, carry %q, follow %t: got %s, want %s", c.Open, c.Carry, c.Follow, got, test.want)
		}
	}
}

// An event that was so far ahead of the others that time did not follow it is told as such,
// also where the log has come to its time since.
func TestWhyTellsOfAClockInDoubt(t *testing.T) {
	for _, test := range []struct {
		jump time.Duration
		want []string
	}{
		{-1, []string{"create started: waits for pay until 12:10:00.000", "pay orphan: its clock was not believed when it came, and time did not follow it; the run had timed out 2h50m0s before"}},
		{0, []string{"create started: waits for pay until 12:10:00.000", "pay orphan: the run had timed out 2h50m0s before"}},
	} {
		v := variant{lines: map[string]string{}}
		lines := []line{
			{fmt.Sprintf(`{"orderId":"o","type":"create","time":%d}`, noon), ""},
			{fmt.Sprintf(`{"orderId":"o","type":"pay","time":%d}`, noon+3*3600_000), ""},
		}
		for minute := range int64(240) {
			lines = append(lines, line{fmt.Sprintf(`{"orderId":"p%d","type":"create","time":%d}`, minute, noon+minute*60_000), ""})
		}
		path := t.TempDir() + "/log.jsonl"
		v.write(t, path, lines)
		c := Default()
		c.Input, c.MaxJump = []string{path}, test.jump
		stories, _ := storiesOf(t, c, "o")
		var got []string
		for _, l := range stories[0].Lines {
			if l.Type != "" {
				got = append(got, l.Type+" "+l.What+": "+l.Text)
			}
		}
		if diff := gocmp.Diff(test.want, got); diff != "" {
			t.Errorf("-max-jump %v (-want +got):\n%s", test.jump, diff)
		}
	}
}
