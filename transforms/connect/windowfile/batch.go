package windowfile

import (
	"cmp"
	"maps"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn3x0[beam.EventTime, order.Message, func(beam.EventTime, int64, []byte)](&batchFn{})
	register.Emitter3[beam.EventTime, int64, []byte]()
}

// A part is emitted before its bundle ends when it has partSize bytes, or when all
// parts of the bundle have heldSize.
const (
	partSize = 1 << 20
	heldSize = 16 << 20
)

// batchFn gathers the lines of a bundle by file:
//
//	order.Message -> KV<shard, part>
//
// A part has the timestamp of its earliest line, which is in the same window as the
// others, and not behind the watermark as none of them is.
type batchFn struct {
	Window int64 // in milliseconds
	Shards int64

	files  map[file]*builder
	free   []*builder
	held   int    // bytes in all files
	number uint32 // of the bundle's next part
}

// file is the file that a line belongs to.
type file struct {
	window int64 // its start in milliseconds
	shard  int64
}

// StartBundle drops what a failed bundle may have left.
func (fn *batchFn) StartBundle(_ func(beam.EventTime, int64, []byte)) {
	fn.files, fn.held, fn.number = map[file]*builder{}, 0, 0
}

func (fn *batchFn) ProcessElement(at beam.EventTime, m order.Message, emit func(beam.EventTime, int64, []byte)) {
	// By its id a repeated line comes into the same file, and a file has the same
	// lines however they were bundled.
	shard := int64(xxhash.Sum64String(m.ID) % uint64(fn.Shards))
	ms := at.Milliseconds()
	f := file{window: ms - ms%fn.Window, shard: shard}
	b := fn.files[f]
	if b == nil {
		b = fn.builder()
		fn.files[f] = b
	}
	before := len(b.body)
	b.add(ms, m.Body, m.Refs)
	fn.held += len(b.body) - before
	switch {
	case len(b.body) >= partSize:
		fn.emit(f, emit)
	case fn.held >= heldSize:
		fn.FinishBundle(emit)
	}
}

// FinishBundle emits what is held, by window and shard.
func (fn *batchFn) FinishBundle(emit func(beam.EventTime, int64, []byte)) {
	for _, f := range slices.SortedFunc(maps.Keys(fn.files), func(a, b file) int {
		return cmp.Or(cmp.Compare(a.window, b.window), cmp.Compare(a.shard, b.shard))
	}) {
		fn.emit(f, emit)
	}
}

func (fn *batchFn) emit(f file, emit func(beam.EventTime, int64, []byte)) {
	b := fn.files[f]
	delete(fn.files, f)
	fn.held -= len(b.body)
	at := beam.EventTime(b.at)
	emit(at, f.shard, b.part(fn.number))
	fn.number++
	fn.free = append(fn.free, b)
}

// builder returns an empty builder, if possible one that has memory.
func (fn *batchFn) builder() *builder {
	if n := len(fn.free); n > 0 {
		b := fn.free[n-1]
		fn.free = fn.free[:n-1]
		return b
	}
	return new(builder)
}
