package transforms

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// reject returns a reject of an event of 1 s that came when the watermark was at.
func reject(class cep.Class, user, typ string, at, line int64) shard.Reject {
	return shard.Reject{Class: class, Event: shard.Event{Key: order.Key(user, "o"), Source: "f", Line: line, Event: cep.Event{Type: typ, Time: 1000, At: at}}}
}

func TestRejectsOfATickAreToldByReason(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	again := reject(cep.Duplicate, "u", "pay", 1000, 7)
	again.Redelivered = true
	known := reject(cep.Orphan, "u", "pay", 1000, 6)
	known.Known = true
	out := &shard.Output{
		Output: cep.Output{
			Overflowed: []cep.Overflow{{Most: 5}, {Bound: cep.Length, Most: 9}, {Most: 5}},
			FirstError: &cep.ConditionError{Err: errors.New("cond: condition x: absent: x")},
		},
		Failed: shard.Event{Source: "f", Line: 2},
		Others: []shard.TypeCount{{Type: "view", Count: 3}},
		Rejects: []shard.Reject{
			reject(cep.Orphan, "", "pay", 1000, 4), known, reject(cep.Orphan, "", "pay", 1000, 3), reject(cep.Orphan, "u", "pay", 1000, 5),
			again, reject(cep.Duplicate, "u", "create", 1000, 8), reject(cep.Late, "u", "pay", 3500, 9),
		},
	}
	tally(nil, out, false)
	tally(run.Tally(), out, false)
	tally(run.Tally(), &shard.Output{}, false)
	want := []process.Reason{
		{Class: order.Orphan, Text: "pay without an open run of its order", Place: "f:3", Count: 4},
		{Class: order.Overflow, Text: "the run was ended, as its order would have had more than 5 branches: want a pattern with fewer, or -max-branches", Count: 2},
		{Class: order.Duplicate, Text: "create while the run of its order is open", Place: "f:8", Count: 1},
		{Class: order.Duplicate, Text: "pay delivered again", Place: "f:7", Count: 1},
		{Class: order.Late, Text: "pay is too late: the watermark had passed it", Place: "f:9", Count: 1},
		{Class: order.Overflow, Text: "the run was ended, as it would have taken more than 9 events: want a pattern that ends sooner", Count: 1},
	}
	if f, ok := run.Tally().FailedCondition(); !ok || f.Text != "cond: condition x: absent: x" || f.Place != "f:2" {
		t.Errorf("failed condition %+v", f)
	}
	if diff := cmp.Diff(want, run.Tally().Reasons()); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if got, want := run.Tally().Orphans(), (process.Orphans{NoUser: 2, Ended: 1, Unknown: 1}); got != want {
		t.Errorf("orphans %+v, want %+v", got, want)
	}
	if _, longest := run.Tally().Behind(); longest != 2500*time.Millisecond {
		t.Errorf("late by %v, want 2.5s", longest)
	}
	if diff := cmp.Diff([]process.TypeCount{{Type: "view", Count: 3}}, run.Tally().Others()); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}

// A log of duplicates costs no text for each of them.
func TestTallyCostsAsMuchForManyAsForOne(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	allocations := func(n int) float64 {
		out := &shard.Output{}
		for i := range n {
			out.Rejects = append(out.Rejects, reject(cep.Duplicate, "u", "pay", 1000, int64(i)))
		}
		return testing.AllocsPerRun(10, func() { tally(run.Tally(), out, false) })
	}
	if one, many := allocations(1), allocations(4096); many > one {
		t.Errorf("%v allocations for one, %v for 4096", one, many)
	}
}
