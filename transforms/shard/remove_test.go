package shard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/shardtest"
)

// ruleOf returns a rule whose settings are its pattern.
func ruleOf(name, pattern string) (shard.Rule, error) {
	c := cep.Config{}
	if name == "early" {
		c.Early = 5 * time.Second
	}
	prog, err := cep.Compile(syntax.MustParse(pattern), c)
	return shard.Rule{Name: name, Prog: prog, Settings: pattern}, err
}

func rulesOf(t *testing.T, patterns ...string) shard.Rules {
	t.Helper()
	rules := shard.Rules{Compile: ruleOf}
	for i := 0; i < len(patterns); i += 2 {
		r, err := ruleOf(patterns[i], patterns[i+1])
		if err != nil {
			t.Fatal(err)
		}
		rules.Each = append(rules.Each, r)
	}
	return rules
}

// What rules had that are no more is told once, by name, and what goes on has nothing of it.
// Runs are open or have matched, and events are held; what waits for its tick is of all rules.
func TestARemovedRuleTellsWhatItHad(t *testing.T) {
	const stays = "create followedBy pay within 10s"
	before := rulesOf(t, "paid", stays, "every", "every create followedByAny note within 1h", "early", "pay followedBy ship within 1h", "done", "pay followedBy receipt within 1s")
	snapshots := [][]byte{nil}
	for i := range 2 { // shards, with an order each of the same kind
		s := shard.New(before, 1000)
		order := fmt.Sprint("o", i)
		batch := shardtest.Batch(t, "create@1000 "+order, "create@1100 "+order, "note@1200 "+order, "create@1300 "+order, "pay@1400 "+order, "ship@2500 "+order+"b", "create@3500 "+order+"c")
		if err := s.Add(batch.Bytes()); err != nil {
			t.Fatal(err)
		}
		for tick := int64(2000); tick <= 3000; tick += 1000 {
			s.Tick(tick, &shard.Output{})
		}
		snapshots = append(snapshots, s.Snapshot())
	}
	had := []shard.Removed{{Rule: "every", Runs: 6, Matched: 4}, {Rule: "early", Runs: 2, Undecided: 2}}
	after := rulesOf(t, "new", "every create followedByAny note within 1h", "paid", stays)
	dealt, removed, err := shard.Reshard(after, 1000, snapshots, 3, func(key string) int { return int(key[len(key)-1]) % 3 })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(had, removed); diff != "" {
		t.Errorf("what they had (-want +got):\n%s", diff)
	}
	var standing [2]shard.Standing
	for _, record := range dealt {
		s, err := shard.Restore(after, 1000, [][]byte{record})
		if err != nil {
			t.Fatal(err)
		}
		if s.Changed() || len(s.Removed()) > 0 {
			t.Errorf("a shard that goes on was written by other rules, and had %v", s.Removed())
		}
		for i, of := range s.Standing() {
			standing[i] = shard.Standing{Rule: of.Rule, Open: standing[i].Open + of.Open, Waiting: standing[i].Waiting + of.Waiting}
		}
	}
	if want := [2]shard.Standing{{Rule: "new", Waiting: 2}, {Rule: "paid", Waiting: 2}}; standing != want {
		t.Errorf("what goes on is %v, want %v", standing, want)
	}
}

// Where no rule of a step is there any more all is told, and what waits for its tick.
func TestALeftShardTellsWhatItHad(t *testing.T) {
	s := shard.New(rulesOf(t, "paid", "create followedBy pay within 10s", "shipped", "pay followedBy ship within 10s"), 1000)
	if err := s.Add(shardtest.Batch(t, "create@1000 o1", "create@1100 o2", "create@3500 o3").Bytes()); err != nil {
		t.Fatal(err)
	}
	for s.TickUpTo(2000, 100, &shard.Output{}) {
	}
	removed, waiting := s.Leave()
	if diff := cmp.Diff([]shard.Removed{{Rule: "paid", Runs: 2}}, removed); diff != "" || waiting != 1 {
		t.Errorf("%d events wait, want 1, what they had (-want +got):\n%s", waiting, diff)
	}
}
