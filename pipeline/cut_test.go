package pipeline

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/process"
)

// A log that is out of order within the disorder, cut anywhere and carried on by its
// open orders, has the outcomes of the whole log.
func TestALogThatIsCutHasTheOutcomesOfTheWhole(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() {
		seeds = 4
	}
	carried := 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 23))
		c := Default()
		c.Pattern = []string{"create followedBy pay within 10m", "create next pay within 10m", "create followedBy pack next ship within 10m"}[seed%3]
		c.Shards, c.Tick = 1+rnd.IntN(8), []time.Duration{0, time.Millisecond * 700, time.Minute}[rnd.IntN(3)]
		csv := rnd.IntN(3) == 0
		log := jitteredLog(rnd, c, csv)
		dir := t.TempDir()
		want := outcomesOf(t, c, dir, "whole", log, csv)

		got := map[string]int{}
		rest, cuts := log, 1+rnd.IntN(4)
		for i := range cuts + 1 {
			part, open := rest, c
			if i < cuts {
				part = rest[:rnd.IntN(len(rest)+1)]
				open.Open = dir + "/open"
			}
			rest = rest[len(part):]
			open.InputIfAny = []string{dir + "/open"}
			for line, n := range outcomesOf(t, open, dir, fmt.Sprint("part", i), part, csv) {
				got[line] += n
			}
			if i < cuts {
				carried += len(readLines(t, dir+"/open"))
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, %s, %d cuts (-whole +cut):\n%s", seed, c.Pattern, cuts, diff)
		}
	}
	if carried < int(seeds)*10 {
		t.Errorf("only %d events were carried over a cut: the test proves little", carried)
	}
}

// jitteredLog returns the lines of a log of some 300 orders: JSON, or CSV in seconds
// without a header. Every event arrives at most the disorder after one of a later time,
// and none is there twice.
func jitteredLog(rnd *rand.Rand, c Config, csv bool) []string {
	types := strings.Fields(strings.NewReplacer(" followedBy", "", " next", "", " within 10m", "").Replace(c.Pattern))
	type event struct {
		at, arrives int64
		line        string
	}
	var events []event
	add := func(o int, typ string, at int64) {
		at -= at % 1000
		line := fmt.Sprintf(`{"orderId":"o%d","userId":"u%d","type":%q,"time":%d,"id":"%d"}`, o, o%7, typ, noon+at, len(events))
		if csv {
			line = fmt.Sprintf("o%d,u%d,%s,%d,%d", o, o%7, typ, (noon+at)/1000, len(events))
		}
		events = append(events, event{at, at + rnd.Int64N(c.Disorder.Milliseconds()+1), line})
	}
	for o := range 300 {
		at := rnd.Int64N(3600_000)
		for _, typ := range types {
			add(o, typ, at)
			switch rnd.IntN(6) {
			case 0: // together
			case 1:
				add(o, "view", at+rnd.Int64N(10_000))
				at += rnd.Int64N(20_000)
			case 2:
				at += 590_000 + rnd.Int64N(20_000)
			default:
				at += rnd.Int64N(300_000)
			}
			if rnd.IntN(5) == 0 {
				break
			}
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return int(a.arrives - b.arrives) })
	var lines []string
	for _, e := range events {
		lines = append(lines, e.line)
	}
	return lines
}

// outcomesOf runs the pipeline over a file of lines and returns how often it wrote each
// outcome.
func outcomesOf(t *testing.T, c Config, dir, name string, lines []string, csv bool) map[string]int {
	t.Helper()
	path := dir + "/" + name
	if err := os.WriteFile(path, []byte(strings.Join(append(lines[:len(lines):len(lines)], ""), "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	if csv {
		c.Names.Format, c.TimeUnit, c.Columns = "csv", time.Second, []string{"orderId", "userId", "type", "time", "id"}
	}
	run := process.NewRun()
	defer run.Close()
	c.Run, c.Input = run.ID, []string{path}
	c.Success, c.Timeouts = path+".out", path+".out"
	plan, _, err := plan(t, c).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := localfile.Open(run, plan.Outputs()...)
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	Build(s, plan)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		t.Fatal(err)
	}
	if err := outputs.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := outputs.Close(); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, line := range readLines(t, path+".out") {
		found[line]++
	}
	return maps.Clone(found)
}
