package shard_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/shardtest"
)

// Whatever the numbers of shards, what comes out in the end is the same.
func TestReshardedShardsGoOn(t *testing.T) {
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay within 10s"), cep.Config{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(n int) func(string) int {
		return func(key string) int { return int(key[len(key)-1]) % n }
	}
	first := shard.New(shard.Only(prog), 1000)
	if err := first.Add(shardtest.Batch(t, "create@1000 o1", "create@2000 o2", "create@2500 o3", "pay@5500 o2", "create@5600 o4").Bytes()); err != nil {
		t.Fatal(err)
	}
	var before shard.Output
	first.Tick(5000, &before)
	snapshots := [][]byte{first.Snapshot(), nil}
	for _, n := range []int{1, 3, 5, 2} {
		if snapshots, _, err = shard.Reshard(shard.Only(prog), 1000, snapshots, n, of(n)); err != nil {
			t.Fatal(err)
		}
		if len(snapshots) != n {
			t.Fatalf("%d shards, want %d", len(snapshots), n)
		}
		var got []string
		for i, snapshot := range snapshots {
			s, err := shard.Restore(shard.Only(prog), 1000, [][]byte{snapshot})
			if err != nil {
				t.Fatal(err)
			}
			var out shard.Output
			s.Tick(20_000, &out)
			for _, o := range out.Outcomes {
				if of(n)(o.Key) != i {
					t.Errorf("of %d shards: %q is in that of number %d", n, o.Key, i)
				}
				got = append(got, o.How.String()+" "+o.Key[len(o.Key)-2:])
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"matched o2", "timeout o1", "timeout o3", "timeout o4"}, got); diff != "" {
			t.Errorf("of %d shards (-want +got):\n%s", n, diff)
		}
	}
	if _, _, err := shard.Reshard(shard.Only(prog), 1000, [][]byte{{'S', 1, 7}}, 2, of(2)); err == nil {
		t.Error("a broken snapshot is dealt")
	}
}
