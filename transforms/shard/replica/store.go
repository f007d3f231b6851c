package replica

import "math/rand/v2"

// Store is what a runner keeps of one shard: a log and its versions. What a bundle
// writes is committed with the bundle or not at all.
type Store interface {
	// ReadVersions returns the versions in the order in which they were added. The
	// caller may keep and change them.
	ReadVersions() ([]int64, error)
	// AddVersion adds a version, whatever there is.
	AddVersion(version int64) error
	// ClearVersions removes all versions.
	ClearVersions() error

	// ReadLog returns the records in the order in which they were added. Nobody
	// changes them.
	ReadLog() ([][]byte, error)
	// AddLog appends a record, which the caller does not change any more.
	AddLog(record []byte) error
	// ClearLog removes all records.
	ClearLog() error
}

// addBlindly appends a batch to a log that has no replica here.
func addBlindly(store Store, batch []byte) error {
	if err := store.AddLog(batch); err != nil {
		return err
	}
	return store.AddVersion(rand.Int64())
}

// clearAll removes a shard whose input has ended.
func clearAll(store Store) error {
	if err := store.ClearLog(); err != nil {
		return err
	}
	return store.ClearVersions()
}
