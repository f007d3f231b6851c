package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// goingOn are patterns, with negations but for one, whose open events are an input.
var goingOn = []string{
	"create notFollowedBy cancel followedBy pay within 20s",
	"create notFollowedBy pay within 20s",
	"create followedBy pay notFollowedBy within 8s ship within 20s",
	"create notFollowedBy cancel[n > 0] followedBy within 12s pay[n >= create.n] next ship within 20s",
	"create as first notFollowedBy any[n > 1 && type != 'create'] as big followedBy create as second within 20s",
	"create next pay|ship as last within 20s",
}

// peoplePatterns are patterns whose open events are for people.
var peoplePatterns = []string{
	"every create notFollowedBy cancel followedBy pay within 20s",
	"every create followedByAny pay{1,3} greedy followedBy ship within 20s skip past last",
	"create followedBy (pay followedBy ship){2} notFollowedBy cancel within 20s",
	"create notNext cancel followedBy pay within 20s",
	"every create next pay+ consecutive notNext view within 20s skip to next",
	"create followedBy within 5s pay? followedBy ship within 20s",
}

// newPatternLog returns a log of so many orders, each of some events of any type, out of
// order within the default disorder. No event comes twice.
func newPatternLog(rnd *rand.Rand, orders int) []string {
	const noon, disorder = int64(1772366400000), int64(5000)
	type arrival struct {
		at   int64
		line string
	}
	var all []arrival
	for o := range orders {
		begin := noon + int64(o)*100
		for range 1 + rnd.IntN(7) {
			at := begin + rnd.Int64N(60_000)
			typ := []string{"create", "create", "pay", "cancel", "ship", "view"}[rnd.IntN(6)]
			all = append(all, arrival{at + rnd.Int64N(disorder), fmt.Sprintf(
				`{"orderId":"o%d","userId":"u","type":%q,"time":%d,"id":"%d","n":%d}`, o, typ, at, len(all), rnd.IntN(3))})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	lines := make([]string, len(all))
	for i, a := range all {
		lines[i] = a.line
	}
	return lines
}

// outcomesOf runs the command over a log, as a pipe beside what else is given, and returns
// the outcomes.
func outcomesOf(t *testing.T, lines []string, args ...string) []string {
	t.Helper()
	r := run1(t, strings.Join(lines, "\n"), append(args, "-input", "-", "-quiet")...)
	if r.status != 0 || r.stderr != "" {
		t.Fatalf("%q: status %d: %s", args, r.status, r.stderr)
	}
	return slices.Collect(strings.Lines(r.stdout))
}

// checkWhole checks that outcomes are those of a whole log, each once.
func checkWhole(t *testing.T, reason string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 {
		t.Errorf("%s: the log has no outcomes", reason)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: %d outcomes, want %d (-want +got):\n%.3000s", reason, len(got), len(want), diff)
	}
}

// A log of any pattern whose open events go on, cut anywhere and carried by -open, has the
// outcomes of the whole log, each once.
func TestEndsOfALogThatIsCut(t *testing.T) {
	const pieces = 4
	for _, pattern := range goingOn {
		for round := range *rounds {
			rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
			log := newPatternLog(rnd, 400)
			begin := []string{"-input-if-any", t.TempDir() + "/open", "-pattern", pattern}
			var got []string
			rest := log
			for range pieces - 1 {
				n := rnd.IntN(len(rest))
				got = append(got, outcomesOf(t, rest[:n], append(begin, "-open", begin[1])...)...)
				rest = rest[n:]
			}
			got = append(got, outcomesOf(t, rest, begin...)...)
			checkWhole(t, fmt.Sprintf("round %d, %s", round, pattern), got, outcomesOf(t, log, "-pattern", pattern))
		}
	}
}

// So has one whose run is stopped, and goes on with what it left open and the rest of the
// pipe.
func TestEndsOfAPipeOfOtherPatterns(t *testing.T) {
	for _, pattern := range some(goingOn) {
		for round := range *rounds {
			for _, end := range []ending{{name: "SIGTERM", signal: syscall.SIGTERM}, {name: "SIGINT", signal: syscall.SIGINT}} {
				rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
				log := newPatternLog(rnd, 2000)
				e := &ended{T: t, dir: t.TempDir(), end: end}
				begin := []string{"-pattern", pattern, "-input", "-", "-input-if-any", e.dir + "/open"}
				rest := []byte(strings.Join(log, "\n") + "\n")
				for range 2 {
					_, rest = e.piece(rnd, rest, e.args(false, append(begin, "-open", e.dir+"/open")...))
				}
				read := len(log) - bytes.Count(rest, []byte("\n"))
				e.end = ending{name: "well"}
				last, err := os.Open(write(t, e.dir, "rest", string(rest)))
				if err != nil {
					t.Fatal(err)
				}
				e.run(last, time.Hour, e.args(true, begin...))
				last.Close()
				var got []string
				for _, line := range e.told() {
					got = append(got, line+"\n")
				}
				checkWhole(t, fmt.Sprintf("round %d, %s after %d of %d lines, %s", round, end.name, read, len(log), pattern), got, outcomesOf(t, log, "-pattern", pattern))
			}
		}
	}
}

// The end of time is what would be with an event of another order long after all others.
func TestEndsOfTime(t *testing.T) {
	for _, pattern := range slices.Concat(goingOn, peoplePatterns) {
		for round := range *rounds {
			log := newPatternLog(rand.New(rand.NewPCG(uint64(round), rand.Uint64())), 100)
			last := log[len(log)-1]
			got := outcomesOf(t, log, "-at-end", "timeout", "-pattern", pattern)
			log = append(log, strings.NewReplacer(`"userId":"u"`, `"userId":"other"`, `"time":17723664`, `"time":17723665`).Replace(last))
			checkWhole(t, fmt.Sprintf("round %d, %s", round, pattern), got, outcomesOf(t, log, "-pattern", pattern))
		}
	}
}
