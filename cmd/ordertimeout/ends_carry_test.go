package main

import (
	"maps"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// carriedPatterns are those of negatedPatterns, and some whose messages nobody may hold by
// outcome: with a carry file every pattern is exact.
var carriedPatterns = append([]negated{
	{"paid", "create followedBy pay within 10m", paidOrNot},
	{"every", "every create followedByAny pay within 10m", []fate{
		{"", "timeout"}, {"pay", "success"}, {"view pay", "success"}, {"view", "timeout"},
	}},
	{"loop", "create followedBy note+ greedy followedBy pay within 10m", []fate{
		{"", "timeout"}, {"note pay", "success"}, {"note note note pay", "success"}, {"note", "timeout"}, {"pay", "timeout"}, {"view note view pay", "success"},
	}},
	{"condition", `create followedBy note{2} followedBy pay[len(note) == 2] within 10m`, []fate{
		{"note note pay", "success"}, {"note", "timeout"}, {"pay note note", "timeout"},
	}},
}, negatedPatterns...)

// However often a run with a carry file is killed or stopped, nothing of a subscription is
// lost, and nothing comes again without what changed it: whatever the pattern.
func TestEndsOfACarriedSubscription(t *testing.T) {
	const within = 4 * time.Second
	patterns := carriedPatterns
	if testing.Short() {
		patterns = patterns[1:2]
	} else if *rounds <= 2 { // the others take minutes
		patterns = []negated{patterns[0], patterns[1], patterns[4]}
	}
	for _, n := range patterns {
		t.Run(n.name, func(t *testing.T) {
			f := newFake(t)
			single := f.startFatefulTrade("single", 30*time.Millisecond, within, 0, n.fates)
			packed := f.startFatefulTrade("packed", 30*time.Millisecond, within, 1, n.fates)
			stop := sync.OnceFunc(func() {
				single.stop()
				packed.stop()
			})
			t.Cleanup(stop)
			args := append(n.flags(within), "-carry", filepath.Join(t.TempDir(), "orders.carry"), "-carry-every", "200ms")
			for round := range *rounds {
				f.endOf(args, round, syscall.SIGKILL)
				f.endOf(args, round, syscall.SIGTERM)
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
			f.setTrap(nil)
			stop()
			want := single.want
			maps.Copy(want, packed.want)
			last := start(t, nil, args...)
			last.await("the outcomes of all orders", 60*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
			last.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
			last.stopWell(false)
			f.checkOutcomes(want)
			f.checkAlertTimes()
			t.Logf("%d orders with an outcome, %d successes and %d timeouts told", len(want), len(f.notices("success")), len(f.notices("timeouts")))
		})
	}
}
