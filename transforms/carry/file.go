package carry

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
)

// File is what a carry file holds.
type File struct {
	// Pattern is the canonical text of the pattern, "" of rules, and Key is that of
	// pipeline.Config: what the runs in the shards are runs of. See Keys.
	Pattern string `json:"pattern"`
	Key     string `json:"key"`
	// Written is when the point was, by the clock of the machine.
	Written time.Time `json:"written"`
	// Watermark is that of the source, in milliseconds. A source that goes on starts
	// with it: no event has a place before it.
	Watermark int64 `json:"watermark"`
	// Source is the name of the connector that has read the input, and Position where it
	// was, in its own words.
	Source   string          `json:"source"`
	Position json.RawMessage `json:"position"`
	// Outputs are the files that were written to.
	Outputs []localfile.Length `json:"outputs"`
	// Undelivered are messages that neither their sinks nor the rejects have taken.
	Undelivered []order.Message `json:"undelivered,omitempty"`
	// Shards are the states of the shards by number, records of package shard.
	Shards [][]byte `json:"-"`
}

// Steps returns the states of the shards by key. Those of several keys stand one after the
// other, the same number of each.
func (f *File) Steps() map[string][][]byte {
	steps := map[string][][]byte{}
	keys := strings.Split(f.Key, keySeparator)
	n := len(f.Shards) / len(keys)
	for i, key := range keys {
		steps[key] = f.Shards[i*n : (i+1)*n]
	}
	return steps
}

// Keys returns the Key of a run with several keys.
func Keys(keys []string) string { return strings.Join(keys, keySeparator) }

const keySeparator = "+"

// The layout of a file: the magic line, the sizes of the head and of each shard, the head
// as JSON, the shards, and a checksum of all before it.
const (
	magic = "ordertimeout carry "
	// version follows the magic. Increase it when the layout changes, and keep decoding
	// the older ones.
	version = "1\n"

	maxShards = 1 << 20
)

// Encode returns the file.
func (f *File) Encode() ([]byte, error) {
	head, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("carry: %w", err)
	}
	size := len(head)
	for _, s := range f.Shards {
		size += len(s) + binary.MaxVarintLen64
	}
	b := make([]byte, 0, size+128)
	b = append(b, magic+version...)
	b = binary.AppendUvarint(b, uint64(len(f.Shards)))
	b = binary.AppendUvarint(b, uint64(len(head)))
	for _, s := range f.Shards {
		b = binary.AppendUvarint(b, uint64(len(s)))
	}
	b = append(b, head...)
	for _, s := range f.Shards {
		b = append(b, s...)
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b)), nil
}

// Decode reads a file. The error is a line that says what is wrong with it. The shards
// are parts of b.
func Decode(b []byte) (*File, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	switch {
	case !ok:
		return nil, errors.New("carry: not a carry file")
	case !bytes.HasPrefix(rest, []byte(version)):
		found, _, _ := bytes.Cut(rest[:min(len(rest), 16)], []byte("\n"))
		return nil, fmt.Errorf("carry: the file has version %q: want %q: it was written by a newer build, or is broken", found, version[:len(version)-1])
	case len(rest) < len(version)+8:
		return nil, errBroken
	}
	body, sum := b[:len(b)-8], b[len(b)-8:]
	if binary.LittleEndian.Uint64(sum) != xxhash.Sum64(body) {
		return nil, errBroken
	}
	return decodeBody(body[len(magic)+len(version):])
}

// errBroken is of a file that was cut or changed.
var errBroken = errors.New("carry: the file is broken: its checksum is not that of what it holds")

// decodeBody reads what is between the version and the checksum.
func decodeBody(b []byte) (*File, error) {
	var sizes [2]uint64 // the number of shards, and the size of the head
	for i := range sizes {
		n, used := binary.Uvarint(b)
		if used <= 0 {
			return nil, errBroken
		}
		sizes[i], b = n, b[used:]
	}
	if sizes[0] > min(maxShards, uint64(len(b))) {
		return nil, errBroken
	}
	shards := make([]uint64, sizes[0])
	for i := range shards {
		n, used := binary.Uvarint(b)
		if used <= 0 {
			return nil, errBroken
		}
		shards[i], b = n, b[used:]
	}
	take := func(n uint64) (part []byte, ok bool) {
		if n > uint64(len(b)) {
			return nil, false
		}
		part, b = b[:n:n], b[n:]
		return part, true
	}
	head, ok := take(sizes[1])
	f := &File{}
	if !ok || json.Unmarshal(head, f) != nil {
		return nil, errBroken
	}
	for _, n := range shards {
		s, ok := take(n)
		if !ok {
			return nil, errBroken
		}
		f.Shards = append(f.Shards, s)
	}
	if len(b) > 0 {
		return nil, errBroken
	}
	return f, nil
}
