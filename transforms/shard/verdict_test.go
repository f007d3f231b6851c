package shard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/shardtest"
)

// patience are rules, those with a "!" behind them without early, that hold a pay for no, for 5 and for 20 seconds, and one that takes it.
var patience = map[string]struct {
	pattern string
	early   time.Duration
}{
	"none":  {"create followedBy pay within 60s", 0},
	"short": {"create followedBy pay within 60s", 5 * time.Second},
	"long":  {"open followedBy pay within 60s", 20 * time.Second},
	"takes": {"pay followedBy ship within 60s", 0},
	"other": {"ship followedBy back within 60s", 0},
}

func patient(t *testing.T, names ...string) (rules shard.Rules) {
	t.Helper()
	for _, name := range names {
		rule, hasty := strings.CutSuffix(name, "!")
		c := cep.Config{Remember: time.Minute, Early: patience[rule].early}
		if hasty {
			c.Early = 0
		}
		prog, err := cep.Compile(syntax.MustParse(patience[rule].pattern), c)
		if err != nil {
			t.Fatal(err)
		}
		rules.Each = append(rules.Each, shard.Rule{Name: rule, Prog: prog, Settings: name})
	}
	return rules
}

// An event that a rule holds is a reject once all that hold it have decided, and none has
// taken it: of the first rule in the file. So it is where the shard goes on elsewhere between.
func TestAnEventThatIsHeldIsDecidedOnce(t *testing.T) {
	for _, c := range []struct {
		rules []string
		pause int64
		later string // an event behind the pause
		then  []string
		want  []string
	}{
		{[]string{"none", "long"}, 12_000, "open@20000 o1", nil, nil},
		{[]string{"none", "long"}, 12_000, "other@20000 o1", nil, []string{"30000 0 orphan pay log:7 known false"}},
		{[]string{"long", "none"}, 12_000, "other@20000 o1", nil, []string{"30000 0 orphan pay log:7 known false"}},
		{[]string{"short", "long"}, 12_000, "open@20000 o1", nil, nil},
		{[]string{"long", "short"}, 12_000, "open@20000 o1", nil, nil},
		{[]string{"short", "long"}, 17_000, "other@20000 o1", nil, []string{"30000 0 orphan pay log:7 known false"}},
		{[]string{"long", "short"}, 12_000, "create@14000 o1", nil, nil},
		{[]string{"takes", "long"}, 12_000, "other@20000 o1", nil, nil},
		{[]string{"none", "long"}, 12_000, "other@20000 o1", []string{"other", "none", "long"}, []string{"30000 1 orphan pay log:7 known false"}},
		{[]string{"none", "long"}, 12_000, "other@20000 o1", []string{"other", "long"}, []string{"30000 1 orphan pay log:7 known false"}},
		{[]string{"takes", "long"}, 12_000, "other@20000 o1", []string{"long", "takes"}, nil},
		{[]string{"none", "long"}, 12_000, "other@20000 o1", []string{"long"}, []string{"30000 0 orphan pay log:7 known false"}},
		{[]string{"short", "none"}, 12_000, "other@20000 o1", []string{"short!", "none"}, []string{"15000 0 orphan pay log:7 known false"}},
		{[]string{"short"}, 12_000, "other@20000 o1", []string{"short!", "none"}, []string{"15000 0 orphan pay log:7 known false"}},
		{[]string{"short!", "long"}, 12_000, "other@20000 o1", []string{"short", "long!"}, []string{"30000 0 orphan pay log:7 known false"}},
		{[]string{"short", "none"}, 12_000, "create@13000 o1", []string{"short!", "none"}, nil},
	} {
		for _, way := range []string{"memory", "snapshot", "shards", "carry"} {
			if way == "memory" && c.then != nil {
				continue
			}
			rules := patient(t, c.rules...)
			s := shard.New(rules, 1000)
			var first shard.Batch
			first.Add(&shard.Event{Key: order.Key("u", "o1"), Source: "log", Line: 7, Event: cep.Event{Type: "pay", Time: 10_000, At: 10_000}})
			if way == "carry" {
				first.Cut(c.pause, c.pause, c.pause, 7)
			}
			if err := s.Add(first.Bytes()); err != nil {
				t.Fatal(err)
			}
			rejects := rejectsUpTo(s, c.pause)
			if c.then != nil {
				rules = patient(t, c.then...)
				rules.Compile = func(_, name string) (shard.Rule, error) { return patient(t, name).Each[0], nil }
			}
			var record []byte
			var err error
			if way == "carry" {
				var out shard.Output
				s.Tick(c.pause+1000, &out)
				_, state := s.Carried()
				record = shard.Pack(state)
			} else {
				record = s.Snapshot()
			}
			if way == "shards" {
				var dealt [][]byte
				dealt, _, err = shard.Reshard(rules, 1000, [][]byte{record}, 3, func(string) int { return 1 })
				record = dealt[1]
			}
			if err == nil && way != "memory" {
				s, err = shard.Restore(rules, 1000, [][]byte{record})
			}
			if err == nil {
				err = s.Add(shardtest.Batch(t, c.later).Bytes())
			}
			if err != nil {
				t.Fatal(err)
			}
			rejects = append(rejects, rejectsUpTo(s, 200_000)...)
			rejects = slices.DeleteFunc(rejects, func(r string) bool { return !slices.Contains(c.want, r) && r[:5] == "20000" })
			if diff := cmp.Diff(c.want, rejects); diff != "" {
				t.Errorf("%v, then %v, by %s (-want +got):\n%s", c.rules, c.then, way, diff)
			}
		}
	}
}

// rejectsUpTo works a shard tick by tick, and returns the rejects with their ticks.
func rejectsUpTo(s *shard.Shard, at int64) (rejects []string) {
	for {
		tick, _, ok := s.Next()
		if !ok || tick > at {
			return rejects
		}
		var out shard.Output
		s.Tick(tick, &out)
		for _, r := range out.Rejects {
			rejects = append(rejects, fmt.Sprintf("%d %d %v %s %s:%d known %v", tick, r.Rule, r.Class, r.Type, r.Source, r.Line, r.Known))
		}
	}
}
