package replica

import (
	"math/rand/v2"

	"ordertimeout/transforms/shard"
)

// logSlack is how many bytes a log may have before a snapshot is worth its writing. The
// runner keeps so much more of each shard.
const logSlack = 4 << 20

// maxVersions is how many versions there may be before one replaces them.
const maxVersions = 32

// maxLog returns the size at which the log of shard n becomes a snapshot. It differs from
// shard to shard. Otherwise all would have their largest logs, and write their snapshots,
// at the same time.
func maxLog(snapshotSize int, n int64) int {
	return 2*snapshotSize + logSlack - logSlack/2*int(n%8)/8
}

// writeBatch appends a batch to the log. The replica has it already, or is about to.
func (r *replica) writeBatch(store Store, bundle int64, batch []byte) error {
	if err := store.AddLog(batch); err != nil {
		return err
	}
	r.logSize += len(batch)
	return r.addVersion(store, bundle)
}

// writeTick appends a tick to the log of shard n once the replica has finished it. A log
// that has grown to twice its snapshot is replaced by a new snapshot, as is one that does not
// begin with one of the rules that are run, and one that leads to nothing any more is cleared.
func (r *replica) writeTick(store Store, n, bundle, tick int64) error {
	if r.shard.Finished() {
		return clearAll(store)
	}
	record := shard.TickRecord(tick)
	if r.rewrite || r.logSize+len(record) > maxLog(r.snapshotSize, n) {
		if record = r.snapshot; record == nil {
			record = r.shard.Snapshot()
		}
		if err := store.ClearLog(); err != nil {
			return err
		}
		r.logSize, r.snapshotSize, r.snapshot, r.rewrite = 0, len(record), nil, false
	}
	if err := store.AddLog(record); err != nil {
		return err
	}
	r.logSize += len(record)
	return r.addVersion(store, bundle)
}

// addVersion adds the version of a bundle, unless the bundle has added one. Where there
// are many, it replaces them. Only a bundle that has read the versions may replace them:
// another one could remove a version that another worker has added.
func (r *replica) addVersion(store Store, bundle int64) error {
	if r.versioned == bundle {
		return nil
	}
	if len(r.versions) >= maxVersions && r.verified == bundle {
		if err := store.ClearVersions(); err != nil {
			return err
		}
		r.versions = r.versions[:0]
	}
	version := rand.Int64()
	if err := store.AddVersion(version); err != nil {
		return err
	}
	r.versions, r.versioned = append(r.versions, version), bundle
	return nil
}
