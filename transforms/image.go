package transforms

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// image is a shard in memory and the marks of the log that it is the image of.
// The log is the truth. Whatever changes the log adds a random mark, so an image
// whose marks are not the stored ones (the bundle failed, another worker went on, the
// process restarted) is not the log's. It is thrown away before anything comes out of
// it, so it can be absent but never wrong.
type image struct {
	shard *shard.Shard
	// working gives the error of what is done to the shard in the background; nil
	// while nothing is. See add.
	working chan error
	// ahead is the tick that was begun ahead of its timer, noTick without one, and part
	// the first part of what comes of it. The log does not have it yet.
	ahead       int64
	part, spare *part
	maker       maker // of the outcomes

	// snapshot is a snapshot of the shard, as it is after the tick worked ahead; nil
	// where none is due.
	snapshot []byte

	// marks are the marks of the log that this is the image of.
	marks []int64
	// read and marked are the bundles that last read the marks and added one. A
	// bundle is committed or fails as a whole, so once each is enough.
	read, marked int64
	// next is the timer of the next tick, where the image knows of one that is
	// set. That of a new image may be set without its knowing: it fires in vain.
	next appointment
	// promised is the largest watermark that a batch has promised. The next tick need not
	// be before it: what is due until then is worked in one.
	promised int64
	// logSize is the size of the log in bytes, snapshotSize of the snapshot that
	// it begins with.
	logSize, snapshotSize int
}

const noTick int64 = math.MinInt64

// add adds a batch to the shard and begins the tick that is due after it, unless
// that is noTick. It does so in the background, while the bundle writes the batch
// to the log, the runner passes from the batches to their timers, and other shards
// send what came of theirs: Prism works a bundle of a stage at a time, and without
// it half of two cores were idle. The shard must not be used before wait.
//
// It makes the snapshot, too, if the log gets larger than maxLog with that tick: that
// takes 10 ms where the shard has 8,000 open orders.
func (im *image) add(batch []byte, tick int64, maxLog int) {
	im.working, im.snapshot = make(chan error, 1), nil
	snapshot := im.logSize+len(batch) > maxLog
	if im.ahead == noTick { // else part is taken
		im.ahead = tick
	} else {
		tick = noTick
	}
	go func(done chan<- error) {
		err := im.shard.Add(batch)
		if err == nil && tick != noTick {
			err = im.work(tick, im.part)
			if snapshot && !im.part.more {
				im.snapshot = im.shard.Snapshot()
			}
		}
		done <- err
	}(im.working)
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

// cached takes the image of a shard from memory, or returns nil if there is none. It
// may not be good any more: see verify.
func (f *matchFn) cached(n int64) (*image, error) {
	k := imageKey{f.ID, n}
	images.Lock()
	im := images.m[k]
	delete(images.m, k)
	images.Unlock()
	if im == nil {
		return nil, nil
	}
	return im, im.wait()
}

// verify returns the image if it is that of the log, else nil, and the log's marks.
func (f *matchFn) verify(sp state.Provider, n int64, im *image) (*image, []int64, error) {
	if im != nil && im.read == f.bundle {
		return im, im.marks, nil
	}
	marks, err := f.readMarks(sp, n)
	if err != nil || im == nil || len(marks) == 0 || !slices.Equal(marks, im.marks) {
		return nil, marks, err
	}
	im.read = f.bundle
	return im, marks, nil
}

// image returns the image of a shard, from memory or from its log.
func (f *matchFn) image(sp state.Provider, n int64) (*image, error) {
	im, err := f.cached(n)
	if err != nil {
		return nil, err
	}
	im, marks, err := f.verify(sp, n, im)
	if im != nil || err != nil {
		return im, err
	}
	log, err := f.readLog(sp, n)
	if err != nil {
		return nil, err
	}
	im = &image{
		marks: marks, read: f.bundle, ahead: noTick, promised: shard.NoWatermark, part: &part{}, spare: &part{},
		maker: maker{prog: f.prog, byOrder: f.Config.ByOrder, unread: f.Config.Unread, rejectsUnread: f.Config.RejectsUnread},
	}
	for _, p := range []*part{im.part, im.spare} {
		p.out.OpenUnread = slices.Contains(f.Config.Unread, order.Open)
	}
	im.shard, err = shard.Restore(f.prog, f.Config.Tick.Milliseconds(), log)
	if err != nil {
		return nil, err
	}
	for i, record := range log {
		im.logSize += len(record)
		if i == 0 && shard.IsSnapshot(record) {
			im.snapshotSize = len(record)
		} else if h, err := shard.DecodeHeader(record); err == nil { // it is a batch
			im.promised = max(im.promised, h.Watermark)
		}
	}
	return im, nil
}

// append adds a record to the log of a shard, whose image has it already (or is
// nil), and a mark. A log that has grown to twice its snapshot becomes a new
// snapshot; one that leads to nothing is cleared.
func (f *matchFn) append(sp state.Provider, n int64, im *image, record []byte) error {
	// A snapshot must not have what was done ahead: its outcomes are not delivered.
	settled := im != nil && im.working == nil && im.ahead == noTick
	if settled && im.shard.Finished() {
		return f.clear(sp, n)
	}
	if settled && im.logSize+len(record) > maxLog(im.snapshotSize, n) {
		if record = im.snapshot; record == nil {
			record = im.shard.Snapshot()
		}
		if err := f.clearLog(sp, n); err != nil {
			return err
		}
		im.logSize, im.snapshotSize, im.snapshot = 0, len(record), nil
	}
	if err := f.addLog(sp, n, record); err != nil {
		return err
	}
	if im == nil {
		return f.addMark(sp, n, rand.Int64())
	}
	im.logSize += len(record)
	if err := f.mark(sp, n, im); err != nil {
		return err
	}
	im.keep(f.ID, n)
	return nil
}

// maxMarks is how many marks there may be before those that are there are replaced.
// What replaces marks must have read them: else it could drop another worker's.
const maxMarks = 32

// mark adds the bundle's mark, if it has none yet.
func (f *matchFn) mark(sp state.Provider, n int64, im *image) error {
	if im.marked == f.bundle {
		return nil
	}
	if len(im.marks) >= maxMarks && im.read == f.bundle {
		if err := f.clearMarks(sp, n); err != nil {
			return err
		}
		im.marks = im.marks[:0]
	}
	mark := rand.Int64()
	if err := f.addMark(sp, n, mark); err != nil {
		return err
	}
	im.marks, im.marked = append(im.marks, mark), f.bundle
	return nil
}
