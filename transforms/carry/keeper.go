package carry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// LockSuffix is what the name of the lock of a carry file ends in. Two runs with one file
// would each write its own state.
const LockSuffix = ".lock"

// Config are the settings of a Keeper.
type Config struct {
	// Path is the carry file.
	Path string
	// Every is how often a point is made while the input is read.
	Every time.Duration
	// Pattern and Key are those of the run: see File.
	Pattern, Key string
	// Source is the name of the connector that reads the input.
	Source string
	// Shards is the number of shards of the run.
	Shards int
}

// Keeper makes the carry points of a run. The methods may be called from any goroutine.
type Keeper struct {
	config Config
	run    *process.Run
	lock   *localfile.Lock
	start  *File
	// removed are rules that had something in start, and are no more.
	removed []shard.Removed

	mu          sync.Mutex
	outputs     *localfile.Set
	number      int64 // of the last point
	begun       time.Time
	point       *point   // until it is written
	packed      [][]byte // the last state of each shard, as a record
	undelivered []order.Message
	again       map[messageKey]bool // of those of the start, the ones that are on their way
	written     time.Time           // when a file was last in its place; zero before
}

// Open locks a carry file for a run, which owns the keeper, and reads it if it is there.
// The error is a line: another process has the file, or it is broken, or of a newer build.
func Open(run *process.Run, c Config) (*Keeper, error) {
	lock, err := localfile.LockFile(c.Path + LockSuffix)
	if err != nil {
		return nil, fmt.Errorf("-carry %s: %w", c.Path, err)
	}
	k := &Keeper{config: c, run: run, lock: lock, begun: time.Now(), packed: make([][]byte, c.Shards)}
	k.start, err = Read(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		if k.start != nil {
			copy(k.packed, k.start.Shards)
			k.again = keysOf(k.start.Undelivered)
		}
		err = process.Add(run, k)
	}
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("-carry %s: %w", c.Path, err)
	}
	return k, nil
}

// Read reads a carry file.
func Read(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, reason(err)
	}
	return Decode(b)
}

// reason returns the error of an operation on a file without the path and the operation.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Of returns the keeper of a run, nil where the run carries nothing.
func Of(run *process.Run) *Keeper {
	k, _ := process.Find[*Keeper](run)
	return k
}

// Start returns what the run goes on from, nil where there was no file.
func (k *Keeper) Start() *File { return k.start }

// GoOn replaces the states of shards that the run goes on from, as of another number of
// shards, or of other rules: removed are those that had something, and are no more. Call it
// before the pipeline starts.
func (k *Keeper) GoOn(shards [][]byte, removed []shard.Removed) {
	k.start.Shards, k.removed = shards, removed
	copy(k.packed, shards)
}

// Removed returns the rules that had something in what the run goes on from, and are no more.
func (k *Keeper) Removed() []shard.Removed { return k.removed }

// Outputs gives the keeper the outputs whose lengths it notes. Call it before the
// pipeline starts.
func (k *Keeper) Outputs(set *localfile.Set) { k.outputs = set }

// Shard returns the state that shard n begins with, a record of package shard; nil: an
// empty one.
func (k *Keeper) Shard(n int64) []byte {
	if k.start == nil || n >= int64(len(k.start.Shards)) || len(k.start.Shards[n]) == 0 {
		return nil
	}
	return k.start.Shards[n]
}

// Close lets go of the file, once what is being written is written.
func (k *Keeper) Close() error {
	k.await()
	return k.lock.Close()
}

// Written returns when the last file was put in its place, zero before the first.
func (k *Keeper) Written() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.written
}

// Writing reports whether the file is being written.
func (k *Keeper) Writing() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.point != nil && k.point.isSettled()
}

// await waits until nothing is being written.
func (k *Keeper) await() {
	k.mu.Lock()
	p := k.point
	k.mu.Unlock()
	if p != nil && p.isSettled() {
		<-p.done
	}
}

// write writes the file of a settled point.
func (k *Keeper) write(p *point) error {
	file := File{
		Pattern: k.config.Pattern, Key: k.config.Key, Written: p.at, Watermark: p.Watermark,
		Source: k.config.Source, Position: p.Position, Outputs: p.lengths, Undelivered: p.undelivered,
	}
	for n, s := range p.states {
		if s.Body != nil {
			k.packed[n] = shard.Pack(s.Body)
		}
	}
	file.Shards = k.packed
	b, err := file.Encode()
	if err == nil {
		err = k.outputs.Sync(p.lengths)
	}
	if err == nil {
		err = localfile.WriteWhole(k.config.Path, b)
	}
	if err != nil {
		return fmt.Errorf("-carry: %w", err)
	}
	k.run.Set(count.CarryBytes, int64(len(b)))
	return nil
}
