package transforms

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// image is a shard in memory and the version of the log that it is the image of.
// The log is the truth. An image whose version is not the stored one (the bundle
// failed, another worker went on, the process restarted) is thrown away, so it
// can be absent but never wrong.
type image struct {
	shard *shard.Shard
	// working gives the error of what is done to the shard in the background; nil
	// while nothing is. See add.
	working chan error
	// ahead is the tick that was worked ahead of its timer, noTick without one, out
	// what came of it, and made the outcomes of that, which maker has made. The log
	// does not have it yet.
	ahead int64
	out   shard.Output
	made  []order.Outcome
	maker maker

	version int64
	// read and written are the bundles that last read the version and wrote it. A
	// bundle is committed or fails as a whole, so it reads once and writes once: a
	// quarter of the state calls of a replay, whose bundles have several ticks.
	read, written int64
	// next is the timer of the next tick, where the image knows of one that is
	// set. That of a new image may be set without its knowing: it fires in vain.
	next appointment
	// logSize is the size of the log in bytes, snapshotSize of the snapshot that
	// it begins with.
	logSize, snapshotSize int
}

const noTick int64 = math.MinInt64

// add adds a batch to the shard and works the tick that is due after it, unless
// that is noTick. It does so in the background, while the bundle writes the batch
// to the log, the runner passes from the batches to their timers, and other shards
// send what came of theirs: Prism works a bundle of a stage at a time, and without
// it half of two cores were idle. The shard must not be used before wait.
func (im *image) add(batch []byte, tick int64) {
	im.working = make(chan error, 1)
	if im.ahead == noTick { // else out is taken
		im.ahead = tick
	} else {
		tick = noTick
	}
	go func(done chan<- error) {
		err := im.shard.Add(batch)
		if err == nil && tick != noTick {
			err = im.work(tick)
		}
		done <- err
	}(im.working)
}

// work works a tick, and makes its outcomes.
func (im *image) work(tick int64) (err error) {
	im.shard.Tick(tick, &im.out)
	im.made, err = im.maker.outcomes(im.out.Ended)
	return err
}

// done forgets what came of a tick.
func (im *image) done() {
	im.out.Reset()
	im.made = nil // whoever was given it may still have it
}

// wait waits for the background.
func (im *image) wait() error {
	if im.working == nil {
		return nil
	}
	err := <-im.working
	im.working = nil
	return err
}

// bundles numbers the bundles of this process.
var bundles atomic.Int64

// logSlack is how many bytes a log may have before a snapshot is worth it. Each
// shard may have so much more in its runner's state; with a fourth of it a replay
// of 2 M events wrote 30 % more state and took 4 % more time.
const logSlack = 4 << 20

// maxLog returns the size at which the log of a shard becomes a new snapshot. It
// differs from shard to shard, or all would have their largest logs, and write
// their snapshots, at the same time.
func maxLog(snapshotSize int, n int64) int {
	return 2*snapshotSize + logSlack - logSlack/2*int(n%8)/8
}

// images are the images of this process. A bundle takes its image out and puts
// it back when it is done with it, so no two bundles have the same one.
var images = struct {
	sync.Mutex
	m map[imageKey]*image
}{m: map[imageKey]*image{}}

type imageKey struct {
	match string // matchFn.ID
	shard int64
}

// maxImages bounds the images of a process that runs many pipelines, as tests
// do. A dropped image is built again when it is needed.
const maxImages = 1 << 10

func (im *image) keep(match string, n int64) {
	images.Lock()
	defer images.Unlock()
	if len(images.m) >= maxImages {
		for k := range images.m {
			delete(images.m, k)
			break
		}
	}
	images.m[imageKey{match, n}] = im
}

// cached takes the image of a shard from memory, or returns nil if there is none
// or it is not good any more.
func (f *matchFn) cached(sp state.Provider, n int64) (*image, error) {
	k := imageKey{f.ID, n}
	images.Lock()
	im := images.m[k]
	delete(images.m, k)
	images.Unlock()
	if im == nil {
		return nil, nil
	}
	if err := im.wait(); err != nil {
		return nil, err
	}
	if im.read == f.bundle {
		return im, nil
	}
	version, ok, err := f.readVersion(sp, n)
	if err != nil || !ok || version != im.version {
		return nil, err
	}
	im.read = f.bundle
	return im, nil
}

// image returns the image of a shard, from memory or from its log.
func (f *matchFn) image(sp state.Provider, n int64) (*image, error) {
	im, err := f.cached(sp, n)
	if im != nil || err != nil {
		return im, err
	}
	version, _, err := f.readVersion(sp, n)
	if err != nil {
		return nil, err
	}
	log, err := f.readLog(sp, n)
	if err != nil {
		return nil, err
	}
	im = &image{version: version, read: f.bundle, ahead: noTick, maker: maker{prog: f.prog, byOrder: f.Config.ByOrder, unread: f.Config.Unread}}
	im.shard, err = shard.Restore(f.prog, f.Config.Tick.Milliseconds(), log)
	if err != nil {
		return nil, err
	}
	for i, record := range log {
		im.logSize += len(record)
		if i == 0 && shard.IsSnapshot(record) {
			im.snapshotSize = len(record)
		}
	}
	return im, nil
}

// append adds a record to the log of a shard, whose image has it already (or is
// nil). A log that has grown to twice its snapshot becomes a new snapshot; one
// that leads to nothing is cleared.
func (f *matchFn) append(sp state.Provider, n int64, im *image, record []byte) error {
	// A snapshot must not have what was done ahead: its outcomes are not delivered.
	settled := im != nil && im.working == nil && im.ahead == noTick
	if settled && im.shard.Finished() {
		return f.clear(sp, n)
	}
	if settled && im.logSize+len(record) > maxLog(im.snapshotSize, n) {
		record = im.shard.Snapshot()
		if err := f.clearLog(sp, n); err != nil {
			return err
		}
		im.logSize, im.snapshotSize = 0, len(record)
	}
	if err := f.addLog(sp, n, record); err != nil {
		return err
	}
	if im != nil && im.written == f.bundle {
		im.logSize += len(record)
		im.keep(f.ID, n)
		return nil
	}
	version := rand.Int64()
	if err := f.writeVersion(sp, n, version); err != nil {
		return err
	}
	if im != nil {
		im.logSize += len(record)
		im.version, im.written = version, f.bundle
		im.keep(f.ID, n)
	}
	return nil
}
