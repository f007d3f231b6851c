package shard

import "fmt"

// Reshard returns the snapshots of n shards that together have what the snapshots of other
// shards have, which other rules may have written; and the rules that are no more, and had
// something. of is the number of the shard that a key belongs to. An empty snapshot is that of an
// empty shard. No input of theirs may have ended.
func Reshard(rules Rules, tick int64, snapshots [][]byte, n int, of func(key string) int) (dealt [][]byte, removed []Removed, err error) {
	shards := make([]*Shard, n)
	for i := range shards {
		shards[i] = New(rules, tick)
	}
	for i, snapshot := range snapshots {
		if len(snapshot) == 0 {
			continue
		}
		s, err := Restore(rules, tick, [][]byte{snapshot})
		if err != nil {
			return nil, nil, fmt.Errorf("shard: %d of %d: %w", i+1, len(snapshots), err)
		}
		removed = AddRemoved(removed, s.removed)
		for _, to := range shards {
			for _, l := range to.lanes {
				l.clock = max(l.clock, s.clock())
			}
		}
		s.deal(shards, of)
	}
	for _, s := range shards {
		s.linkHeld()
		dealt = append(dealt, s.Snapshot())
	}
	return dealt, removed, nil
}

// deal adds the keys and the waiting events of s to other shards. s is not to be used any
// more.
func (s *Shard) deal(to []*Shard, of func(key string) int) {
	s.noteVerdicts()
	for i, l := range s.lanes {
		for k := range l.keys.all {
			t := to[of(k.key)].lanes[i]
			t.schedule(t.keys.add(tagOf(k.key), k.key, k.state))
		}
	}
	for part := range s.lanes[0].waiting {
		for i := range part {
			to[of(part[i].Key)].queue(part[i : i+1 : i+1])
		}
	}
}
