package pipeline

import (
	"context"
	"fmt"
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

// languages are a pattern for each part of the language.
var languages = []string{
	"every a followedByAny b within 10s",
	"a[n > 3] followedBy b[n >= a.n] within 10s",
	"every a{2,} consecutive followedBy b within 10s",
	"a+ combinations until[n > 6] followedBy b within 5s",
	"every (a followedBy b){2} followedBy c within 20s",
	"a notFollowedBy c followedBy b within 10s",
	"a notFollowedBy b within 10s",
	"every a followedByAny b within 10s skip past last",
	"every any[n > 7] as peak next any[n < peak.n] as low within 4s",
	"a followedBy within 3s b|c followedBy within 6s a as again",
}

// Whatever the ticks and the shards, and whether it comes as lines or as rows: the same
// outcomes with the same ids.
func TestTheLanguageIsAFunctionOfTheInput(t *testing.T) {
	for i, pattern := range languages {
		rnd := rand.New(rand.NewPCG(uint64(i), 3))
		var lines, rows strings.Builder
		rows.WriteString("orderId,type,time,n,id\n")
		for at := range int64(400) {
			id, typ, n := fmt.Sprintf("o%d", rnd.IntN(20)), []string{"a", "a", "b", "b", "c", "view"}[rnd.IntN(6)], rnd.IntN(10)
			ms := noon + at*300 - rnd.Int64N(1000)
			fmt.Fprintf(&lines, `{"orderId":%q,"type":%q,"time":%d,"n":%d,"id":"%d"}`+"\n", id, typ, ms, n, at)
			fmt.Fprintf(&rows, "%s,%s,%d,%d,%d\n", id, typ, ms, n, at)
		}
		first := runText(t, pattern, "log.jsonl", lines.String(), 1, time.Millisecond)
		if len(first) == 0 {
			t.Errorf("%s: no outcome", pattern)
		}
		for _, other := range [][]string{
			runText(t, pattern, "log.jsonl", lines.String(), 16, time.Hour),
			runText(t, pattern, "log.csv", rows.String(), 3, 700*time.Millisecond),
		} {
			if diff := gocmp.Diff(first, other); diff != "" {
				t.Errorf("%s (-want +got):\n%s", pattern, diff)
			}
		}
	}
}

// runText runs a pattern over a log, and returns the outcomes without their events, sorted.
func runText(t *testing.T, pattern, name, text string, shards int, tick time.Duration) []string {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	dir := t.TempDir()
	c := Default()
	c.Run, c.Pattern, c.Shards, c.Tick = run.ID, pattern, shards, tick
	c.Input, c.Success, c.Timeouts, c.Disorder = []string{dir + "/" + name}, dir+"/outcomes", dir+"/outcomes", time.Second
	if err := os.WriteFile(c.Input[0], []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	made := plan(t, c)
	outputs, err := localfile.Open(run, made.Outputs()...)
	if err != nil {
		t.Fatal(err)
	}
	Build(s, made)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		t.Fatal(err)
	}
	if err := outputs.Close(); err != nil {
		t.Fatal(err)
	}
	var outcomes []string
	for _, line := range readLines(t, c.Success) {
		head, _, _ := strings.Cut(line, `,"events":`)
		outcomes = append(outcomes, head)
	}
	slices.Sort(outcomes)
	return outcomes
}
