package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// busyLog is a log of many orders with all kinds of events. They are out of order, late and
// repeated, some have no amount, and some lines are no events.
func busyLog(orders int) string {
	rnd := rand.New(rand.NewPCG(3, 4))
	var all []arrival
	add := func(n int, typ string, at float64) {
		more := fmt.Sprintf(`,"n":%d`, rnd.IntN(10))
		if rnd.IntN(200) == 0 {
			more = ""
		}
		text := fmt.Sprintf(`{"orderId":"o%d","userId":"u%d","type":%q,"time":%d%s}`+"\n", n, n%97, typ, int64(1.7e12+at*1000), more)
		delay := rnd.Float64() * 4
		if rnd.IntN(50) == 0 {
			delay = 60
		}
		all = append(all, arrival{at + delay, text})
		if rnd.IntN(50) == 0 {
			all = append(all, arrival{at + delay + rnd.Float64()*30, text})
		}
	}
	types := strings.Fields("create note note note ask answer ask answer view cancel pay pay")
	for n := range orders {
		at := float64(n)
		add(n, "create", at)
		for range 4 + rnd.IntN(8) {
			if at += rnd.ExpFloat64() * 60; at < float64(orders) {
				add(n, types[rnd.IntN(len(types))], at)
			}
		}
		if n%101 == 0 {
			all = append(all, arrival{at, "an order, please\n"})
		}
	}
	return inOrderOfArrival(all)
}

// flinkPatterns have between them all of the language that keeps state: runs beside each
// other, branches, loops, groups, negations, conditions on what came before, windows of
// links, and matches that are held back for a skip.
var flinkPatterns = []string{
	"every create followedByAny pay within 10m",
	"every create followedBy note+ greedy followedBy pay within 10m",
	"create notFollowedBy cancel followedBy pay within 10m",
	"create notFollowedBy pay within 5m",
	"every (ask followedBy answer){1,3} followedBy pay within 10m",
	"every note+ combinations followedBy pay within 10m skip to last note",
	"every create followedByAny any followedByAny pay within 10m skip past last",
	"every create followedBy note+ followedBy pay[n >= 4 && sum(note, .n) > 9] within 10m",
	"create followedBy within 2m note{2,} consecutive until[n > 8] next view? followedBy within 3m pay within 10m",
}

// Whatever the pattern: outcomes, their ids, rejects, open events and counters are those of
// the embedded runner.
func TestFlinkGivesWhatPrismGivesOfAnyPattern(t *testing.T) {
	server := newJobServer(t)
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", busyLog(1500))
	outputs := []string{"success", "timeouts", "rejects", "open"}
	run := func(to string, args ...string) map[string][]string {
		t.Helper()
		to = filepath.Join(dir, to)
		args = append(args, "-input", in, "-max-branches", "50", "-summary", to+"-summary")
		for _, output := range outputs {
			args = append(args, "-"+output, to+"-"+output)
		}
		if r := run1(t, "", args...); r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 {
			t.Errorf("%q: status %d, stderr %s", args, r.status, r.stderr)
		}
		lines := map[string][]string{"summary": {read(t, to+"-summary")}}
		for _, output := range outputs {
			lines[output] = writtenLines(t, to+"-"+output)
		}
		return lines
	}
	all := map[string]int{} // the counters of all patterns
	for i, pattern := range flinkPatterns {
		want := run(fmt.Sprint("prism", i), "-pattern", pattern)
		got := run(fmt.Sprint("flink", i), onFlink(server, 1+i%2, "-pattern", pattern)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-prism +flink)\n%.4000s", pattern, diff)
		}
		counters := map[string]int{}
		if err := json.Unmarshal([]byte(want["summary"][0]), &counters); err != nil {
			t.Fatal(err)
		}
		for name, n := range counters {
			all[name] += n
		}
	}
	for name, n := range all {
		if n < 10 && name != "returned" {
			t.Errorf("%s is %d in all: the log is to have more", name, n)
		}
	}
}
