package message

import (
	"math"

	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

// Block is what some messages hold, or a part of a large one.
type Block struct {
	// Inputs are the messages, as the ledger knows them.
	Inputs []*ledger.Message
	// Unfinished is the message of which another part comes in a later block, nil where all
	// are complete.
	Unfinished *ledger.Message
	// Events has room for a mark at the start.
	Events  []order.Event
	Rejects []order.Reject
	// Malformed counts the lines that are no events, also those without a reject of
	// their own.
	Malformed int64
	// Size is that of the messages in bytes.
	Size int
	// Earliest and Latest are the smallest and the largest time of an event in
	// milliseconds, Published is the smallest of a publication.
	Earliest, Latest, Published int64
	// Integers and January count times as order.Decoder does.
	Integers, January int64
}

// The limits of what is in memory. A message may be 10 MB of lines of two bytes, and
// what is made of a line is two hundred.
const (
	// BlockSize is how much data in bytes makes a block, and BlockRecords how many events
	// and rejects do. A block is less than twice that, and a line.
	BlockSize    = 256 << 10
	BlockRecords = 4096
	// RecordSize is what an event or a reject takes beside its data at least, in bytes.
	RecordSize = 160
	// maxRead is how much is read of a pull until it goes to the queue, which may have
	// to wait for room there.
	maxRead = 1 << 20
)

func newBlock() *Block {
	return &Block{Events: make([]order.Event, 1, 64), Earliest: math.MaxInt64, Latest: math.MinInt64, Published: math.MaxInt64}
}

// full reports whether the next record belongs to another block.
func (b *Block) full() bool { return b.Size >= BlockSize || b.Held() >= BlockRecords }

// Held returns how many events and rejects there are.
func (b *Block) Held() int { return len(b.Events) - 1 + len(b.Rejects) }

// Records returns how many lines were read.
func (b *Block) Records() int64 { return int64(len(b.Events)-1) + b.Malformed }

// Cost is about what the block takes in memory, in bytes: its data, or where that is
// more what is made of it.
func (b *Block) Cost() int { return max(b.Size, b.Held()*RecordSize) }
