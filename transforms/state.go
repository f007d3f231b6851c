package transforms

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"

	"ordertimeout/transforms/count"
)

// stateStore is the log of a shard in Beam's state: a replica.Store. Each call is a round
// trip to the runner, and a write is two or three: Beam clears first, and sends an append
// for each Write of the encoder (2.77.0, core/runtime/exec/userstate.go:85). So it counts
// the calls and the bytes that they write, which are what Match costs on any runner.
//
// The versions are a bag as one can be added to a bag without reading what is there.
type stateStore struct {
	log      state.Bag[[]byte]
	versions state.Bag[int64]
	state    state.Provider
	shard    int64

	calls, bytes int64
}

// store returns the state of shard n.
func (f *matchFn) store(sp state.Provider, n int64) *stateStore {
	return &stateStore{log: f.Log, versions: f.Versions, state: sp, shard: n}
}

// report adds the calls and bytes to the counters.
func (s *stateStore) report(ctx context.Context) {
	count.Beam(ctx, count.StateCalls, s.calls)
	count.Beam(ctx, count.StateBytes, s.bytes)
}

func (s *stateStore) ReadVersions() ([]int64, error) {
	versions, _, err := s.versions.Read(s.state)
	return versions, s.called("read the versions", 0, err)
}

func (s *stateStore) AddVersion(version int64) error {
	return s.called("add a version", 8, s.versions.Add(s.state, version))
}

func (s *stateStore) ClearVersions() error {
	return s.called("clear the versions", 0, s.versions.Clear(s.state))
}

func (s *stateStore) ReadLog() ([][]byte, error) {
	log, _, err := s.log.Read(s.state)
	return log, s.called("read the log", 0, err)
}

func (s *stateStore) AddLog(record []byte) error {
	return s.called("append to the log", len(record), s.log.Add(s.state, record))
}

func (s *stateStore) ClearLog() error {
	return s.called("clear the log", 0, s.log.Clear(s.state))
}

// called counts a call that wrote so many bytes, and returns its error.
func (s *stateStore) called(what string, bytes int, err error) error {
	s.calls++
	s.bytes += int64(bytes)
	if err == nil {
		return nil
	}
	return fmt.Errorf("transforms: %s of shard %d: %w", what, s.shard, err)
}
