package replica

import (
	"math"
	"slices"

	"ordertimeout/transforms/shard"
)

// noTick is a tick before all others.
const noTick int64 = math.MinInt64

// replica is a shard in memory, and what it knows of the log that leads to it.
type replica struct {
	shard    *shard.Shard
	builders []outcomeBuilder // by rule

	// versions are what the versions of the log were when the replica was last changed.
	versions []int64
	// verified and versioned are the bundles that last compared the versions and added
	// one. A bundle is committed or fails as a whole, so once each is enough.
	verified, versioned int64
	// logSize is the size of the log in bytes. snapshotSize is the size of the snapshot
	// that it begins with, zero without one.
	logSize, snapshotSize int
	// rewrite says that the next tick is to be written as a snapshot: other rules have written
	// the log, or it does not say yet which have.
	rewrite bool
	// removed are the rules that are no more, until the log is written anew without them.
	removed []shard.Removed

	// next is the timer that is set for the next tick, as far as the replica knows. A
	// new replica does not know the timers that were set before; those fire in vain.
	next Timer
	// promised is the largest watermark that a batch has promised. What is due until
	// then is worked in one tick.
	promised int64
	// point is the carry point that the shard is to come to, zero: none. changed says that
	// something has come or was worked since the one before.
	// stateSize is the size of the state at that one.
	point     int64
	changed   bool
	stateSize int

	early
}

// open returns the replica of the shard in a store. That is the cached one, which may be
// nil, if the log has not gone on without it. Otherwise it is made from the log.
func (s *Shards) open(store Store, cached *replica) (*replica, error) {
	current, versions, err := s.verify(store, cached)
	if current != nil || err != nil {
		return current, err
	}
	log, err := store.ReadLog()
	if err != nil {
		return nil, err
	}
	r, err := s.restore(log)
	if err != nil {
		return nil, err
	}
	r.versions, r.verified = versions, s.bundle
	return r, nil
}

// verify returns a replica, which may be nil, if it has the versions of the log. Otherwise
// it returns nil, and the versions of the log.
func (s *Shards) verify(store Store, r *replica) (current *replica, versions []int64, err error) {
	if r != nil && r.verified == s.bundle {
		return r, nil, nil
	}
	versions, err = store.ReadVersions()
	if err != nil || r == nil || len(versions) == 0 || !slices.Equal(versions, r.versions) {
		return nil, versions, err
	}
	r.verified = s.bundle
	return r, nil, nil
}

// restore returns the replica of a log.
func (s *Shards) restore(log [][]byte) (*replica, error) {
	restored, err := s.config.Restore(log)
	if err != nil {
		return nil, err
	}
	if err := s.config.lose(restored.Removed()); err != nil {
		return nil, err
	}
	r := &replica{shard: restored, removed: restored.Removed(), promised: shard.NoWatermark, builders: newOutcomeBuilders(&s.config)}
	r.early = early{tick: noTick, chunk: s.newChunk(), spare: s.newChunk()}
	for i, record := range log {
		r.logSize += len(record)
		if i == 0 && shard.IsSnapshot(record) {
			r.snapshotSize = len(record)
		} else if h, err := shard.DecodeHeader(record); err == nil { // it is a batch
			r.promised = max(r.promised, h.Watermark)
			r.point = max(r.point, h.Point) // one that was reported does not count twice
		}
	}
	r.changed = len(log) > 0
	r.rewrite = restored.Changed() || r.snapshotSize == 0 && s.config.Compile != nil
	return r, nil
}

func (s *Shards) newChunk() *Chunk {
	c := &Chunk{config: &s.config}
	c.Output.OpenUnread = s.config.OpenUnread
	return c
}
