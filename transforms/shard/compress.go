package shard

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// Batches and snapshots are compressed, as they are copied many times on their way
// through a runner and its state.

// The largest sizes in bytes before compression. A broken size is not to ask for
// more memory than this.
const (
	maxBatch    = 64 << 20
	maxSnapshot = 1 << 30
)

// scratch is memory to compress into before the size of the result is known. All shards
// share it, as it holds nothing between two calls.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// compress returns head and the compressed body.
func compress(head, body []byte) []byte {
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	if n := s2.MaxEncodedLen(len(body)); n > cap(*buf) {
		*buf = make([]byte, n)
	}
	packed := s2.Encode((*buf)[:cap(*buf)], body)
	return append(append(make([]byte, 0, len(head)+len(packed)), head...), packed...)
}

// decompress returns the body that was compressed.
func decompress(packed []byte, most int) ([]byte, error) {
	n, err := s2.DecodedLen(packed)
	if err != nil || n > most {
		return nil, fmt.Errorf("shard: compressed size %d (%v): want at most %d", n, err, most)
	}
	body, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, fmt.Errorf("shard: decompress: %w", err)
	}
	return body, nil
}
