package shard_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/shard"
)

// A run's first event goes before the event that broke it: would it come again without
// that one, it would open the run once more, and time out.
func TestWhatBrokeARunIsLetGoOfWithIt(t *testing.T) {
	for _, test := range []struct {
		reason, pattern string
		events          []string // their types; an event's Ref is its number
		want            [][]uint64
		before          [][]uint64
	}{
		{"another type", "create next pay within 1s", []string{"create", "view"}, [][]uint64{{1, 2}}, nil},
		{"a later step out of turn", "create next pay next ship within 1s", []string{"create", "pay", "create2", "ship"}, [][]uint64{{1, 2, 3}}, nil},
		{"a first step, which opens the next run", "create next pay within 1s", []string{"create", "create"}, [][]uint64{{1, 2 | ledger.Later}}, nil},
		{"no run", "create next pay within 1s", []string{"view", "view"}, [][]uint64{{1}, {2}}, nil},
		{"it breaks nothing", "create followedBy pay within 1s", []string{"create", "view"}, [][]uint64{{2}}, nil},
		{"a cancel, by a negation", "create notFollowedBy cancel followedBy pay within 1s", []string{"create", "cancel"}, [][]uint64{{1, 2}}, nil},
		{"a duplicate goes before its run's first event", "create followedBy pay within 1s", []string{"create", "create", "pay"}, nil, [][]uint64{{2 | ledger.Later, 1 | ledger.Later}}},
		{"so it does by the machine", "create|made as first followedBy pay followedBy ship within 1s", []string{"create", "create", "pay", "pay"}, nil,
			[][]uint64{{2 | ledger.Later, 1 | ledger.Later}, {4 | ledger.Later, 1 | ledger.Later}}},
		{"a branch ended by a negation", "every create notFollowedBy cancel followedBy pay within 1s", []string{"create", "cancel"}, [][]uint64{{1}, {2}}, nil},
		{"it is not held", "create next pay within 1s", []string{"create", ""}, [][]uint64{{1}}, nil},
	} {
		pattern, err := syntax.Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := cep.Compile(pattern, cep.Config{})
		if err != nil {
			t.Fatal(err)
		}
		s := shard.New(shard.Only(prog), 10)
		var b shard.Batch
		b.Reset()
		for i, typ := range test.events {
			e := cep.Event{Type: typ, Time: int64(i + 1), At: int64(i + 1), Data: fmt.Append(nil, i), Ref: uint64(i + 1)}
			if typ == "" {
				e.Type, e.Ref = "view", 0
			}
			b.Add(&shard.Event{Key: "k", Event: e})
		}
		if err := s.Add(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		var out shard.Output
		s.Tick(10, &out)
		if diff := cmp.Diff(test.before, out.Before); diff != "" {
			t.Errorf("%s: what goes before what (-want +got)\n%s", test.reason, diff)
		}
		if diff := cmp.Diff(test.want, out.Settled); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}
