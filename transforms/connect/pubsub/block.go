package pubsub

import (
	"math"

	"ordertimeout/transforms/connect/livemark"
	"ordertimeout/transforms/order"
)

// block is what some messages hold, or a part of a large one.
type block struct {
	inputs []*input
	// events has room for a mark at the start.
	events    []order.Event
	rejects   []order.Reject
	malformed int64 // the lines that are no events, also those without a reject of their own
	size      int   // of the messages in bytes
	// earliest and latest are the smallest and the largest time of an event, published
	// is the smallest of a publication.
	earliest, latest, published int64

	integers, january int64 // see order.Decoder

	hold *livemark.Hold // of the watermark
}

// The limits of what is in memory. A message may be 10 MB of lines of two bytes, and
// what is made of a line is two hundred.
const (
	// blockSize is how much data makes a block, and blockRecords how many events and
	// rejects do. It is of less than twice that, and a line.
	blockSize    = 256 << 10
	blockRecords = 4096
	// recordSize is what an event or a reject takes beside its data at least, in bytes.
	recordSize = 160
	// maxRead is how much is read of a pull until it goes to the queue, which may have
	// to wait for room there.
	maxRead = 1 << 20
)

func newBlock() *block {
	return &block{events: make([]order.Event, 1, 64), earliest: math.MaxInt64, latest: math.MinInt64, published: math.MaxInt64}
}

// full reports whether the next record belongs to another block.
func (b *block) full() bool { return b.size >= blockSize || b.held() >= blockRecords }

// held returns how many events and rejects there are.
func (b *block) held() int { return len(b.events) - 1 + len(b.rejects) }

// records returns how many lines were read.
func (b *block) records() int64 { return int64(len(b.events)-1) + b.malformed }

// cost is about what the block takes in memory, in bytes: its data, or where that is
// more what is made of it.
func (b *block) cost() int { return max(b.size, b.held()*recordSize) }
