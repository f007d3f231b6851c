package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

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
