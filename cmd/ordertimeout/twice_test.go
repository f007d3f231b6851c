package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// twiceRules are rules of both keys with all that a run may tell.
const twiceRules = `{"rules": [{"name": "life", "pattern": "create notFollowedBy cancel followedBy pay within 20s", "remind": ["5s"], "resolve": "30s", "early": "2s"},
	{"name": "every", "pattern": "every create followedByAny pay{1,3} greedy followedBy ship within 20s skip past last", "key": "order", "outcomes": ["started", "success"]}]}`

// The same log in two files at once, or with each line twice, has the outcomes that it
// has once: the second copy of an event is a redelivery, with an id and without.
func TestTheSameLogTwice(t *testing.T) {
	id := regexp.MustCompile(`,"id":"\d+"`)
	patterns := [][]string{{"-rules", write(t, t.TempDir(), "rules.yaml", twiceRules)}}
	for _, pattern := range slices.Concat(goingOn, peoplePatterns) {
		patterns = append(patterns, []string{"-pattern", pattern})
	}
	for _, pattern := range some(patterns) {
		for round := range *rounds {
			log := newPatternLog(rand.New(rand.NewPCG(uint64(round), rand.Uint64())), 60)
			if round%2 == 1 {
				for i, line := range log {
					log[i] = strings.Replace(id.ReplaceAllString(line, ""), `"n":`, fmt.Sprintf(`"m":%d,"n":`, i), 1)
				}
			}
			want := outcomesOf(t, log, pattern...)
			dir := t.TempDir()
			a := write(t, dir, "a", strings.Join(log, "\n"))
			b := write(t, dir, "b", strings.Join(log, "\n"))
			if err := os.Symlink("a", dir+"/c"); err != nil {
				t.Fatal(err)
			}
			for _, inputs := range [][]string{{"-input", a, "-input", dir + "/./a", "-input", dir + "/c"}, {"-input", a, "-input", b}} {
				r := run1(t, "", slices.Concat(inputs, pattern, []string{"-quiet"})...)
				checkWhole(t, fmt.Sprintf("%q, %s", inputs, pattern), slices.Collect(strings.Lines(r.stdout)), want)
			}
			double := slices.Repeat(log, 1)
			for i := range log {
				double = slices.Insert(double, min(2*i+1+rand.IntN(3), len(double)), log[i])
			}
			disorderly := append([]string{"-disorder", "10s"}, pattern...)
			checkWhole(t, fmt.Sprintf("each line twice, %s", pattern), outcomesOf(t, double, disorderly...), outcomesOf(t, log, disorderly...))
		}
	}
}

// So have the same events in two messages of a subscription, which are pulled in any order.
func TestTheSameEventsInTwoMessages(t *testing.T) {
	for _, pattern := range some([]string{peoplePatterns[0], peoplePatterns[4], goingOn[0]}) {
		f := newFake(t)
		p := start(t, nil, liveFlags(3*time.Second, "-disorder", "2s", "-pattern", pattern, "-input", ordersURI+"&ack=bundle")[2:]...)
		begin := time.Now()
		var log []string
		for o := range 40 {
			for range 1 + rand.IntN(6) {
				typ := []string{"create", "pay", "cancel", "ship", "view"}[rand.IntN(5)]
				at := begin.Add(-rand.N(time.Second)).UnixMilli()
				log = append(log, fmt.Sprintf(`{"orderId":"o%d","type":%q,"time":%d,"id":"%d"}`, o, typ, at, len(log)))
			}
		}
		f.publish(log...)
		f.publish(strings.Join(log, "\n"))
		slices.SortStableFunc(log, func(a, b string) int {
			return strings.Compare(a[strings.Index(a, `"time"`):], b[strings.Index(b, `"time"`):])
		})
		want := outcomesOf(t, log, "-at-end", "timeout", "-within", "3s", "-pattern", pattern)
		told := func() (all []string) {
			for _, n := range slices.Concat(f.notices("success"), f.notices("timeouts")) {
				all = append(all, string(n.body)+"\n")
			}
			return all
		}
		p.await("all outcomes", 30*time.Second, func() bool { return len(told()) >= len(want) })
		if r := p.stop(); r.status != exitOK || !strings.Contains(r.stderr, " 0 late ") || !strings.Contains(r.stderr, " 0 open (adds up)") {
			t.Errorf("%s: status %d, want nothing that is open: %s", pattern, r.status, r.stderr)
		}
		checkWhole(t, pattern, told(), want)
	}
}
