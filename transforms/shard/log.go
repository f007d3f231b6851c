package shard

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"ordertimeout/transforms/cep"
)

// A shard's log is a sequence of records; the first byte tells which.
const (
	snapshotRecord = 'S'
	batchRecord    = 'B'
	tickRecord     = 'T'
)

// snapshotVersion is the second byte of a snapshot. Increase it when the layout
// changes, and keep decoding the older ones: logs outlive builds.
const snapshotVersion = 1

// TickRecord returns the log record of Shard.Tick. That of Shard.Add is the batch
// itself.
func TickRecord(p int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{tickRecord}, uint64(p))
}

// IsSnapshot reports whether a log record is a snapshot.
func IsSnapshot(record []byte) bool { return len(record) > 0 && record[0] == snapshotRecord }

// Snapshot returns a log record that stands for all records before it.
func (s *Shard) Snapshot() []byte {
	buf := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	*buf = s.AppendState((*buf)[:0])
	return Pack(*buf)
}

// Pack returns the snapshot of a state that AppendState has written.
func Pack(state []byte) []byte { return compress([]byte{snapshotRecord, snapshotVersion}, state) }

// AppendState appends what a snapshot holds, before it is compressed.
func (s *Shard) AppendState(b []byte) []byte {
	b = binary.AppendVarint(b, s.clock)
	h := Header{End: s.end, Cut: s.end && s.undecided == s.limit, Last: s.last, Limit: s.limit}
	flags := h.flags()
	if s.carry.point != 0 {
		flags |= pointFlag
	}
	b = append(b, flags)
	b = binary.AppendVarint(b, s.last)
	b = binary.AppendVarint(b, s.limit)
	if s.carry.point != 0 {
		b = binary.AppendVarint(b, s.carry.point)
	}
	b = binary.AppendUvarint(b, uint64(s.keys.size))
	for k := range s.keys.all {
		b = appendString(b, k.key)
		b, _ = k.state.AppendBinary(b)
	}
	var pending Batch
	for _, sl := range s.slots {
		for _, part := range sl.events {
			for i := range part {
				pending.Add(&part[i])
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(pending.header.Events))
	return append(b, pending.body...)
}

// Restore returns the shard that a log leads to. The outcomes of its ticks were
// delivered when the log was written and do not come again.
func Restore(prog *cep.Prog, tick int64, log [][]byte) (*Shard, error) {
	s := New(prog, tick)
	for i, record := range log {
		if err := s.replay(record); err != nil {
			return nil, fmt.Errorf("shard: record %d of %d: %w", i+1, len(log), err)
		}
	}
	return s, nil
}

func (s *Shard) replay(record []byte) error {
	if len(record) == 0 {
		return errTruncated
	}
	switch record[0] {
	case snapshotRecord:
		return s.restoreSnapshot(record)
	case batchRecord:
		return s.Add(record)
	case tickRecord:
		if len(record) != 1+8 {
			return errTruncated
		}
		s.Tick(int64(binary.LittleEndian.Uint64(record[1:])), &Output{})
		return nil
	}
	return fmt.Errorf("unknown record %q", record[0])
}

func (s *Shard) restoreSnapshot(record []byte) error {
	*s = *New(s.prog, s.tick)
	if len(record) < 2 {
		return errTruncated
	}
	if record[1] != snapshotVersion {
		return fmt.Errorf("snapshot has version %d: want %d", record[1], snapshotVersion)
	}
	b, err := decompress(record[2:], maxSnapshot)
	if err != nil {
		return err
	}
	r := reader{b: b, s: unsafe.String(unsafe.SliceData(b), len(b))}
	s.clock = r.varint()
	flags := r.byte()
	h := Header{End: flags&endFlag != 0, Cut: flags&cutFlag != 0}
	h.Last, h.Limit = r.varint(), r.varint()
	if flags&pointFlag != 0 {
		h.Point = r.varint()
	}
	s.ends(h)
	n := r.uvarint()
	if r.err != nil {
		return r.err
	}
	for range n {
		key := r.string()
		if r.err != nil {
			return r.err
		}
		state, rest, err := s.prog.DecodeState(b[r.pos:])
		if err != nil {
			return err
		}
		r.pos = len(b) - len(rest)
		s.schedule(s.keys.add(tagOf(key), key, state))
	}
	pending := r.uvarint()
	if r.err != nil {
		return r.err
	}
	events, err := decodeEvents(b[r.pos:], int(min(pending, maxSnapshot)))
	if err != nil {
		return err
	}
	s.queue(events)
	return nil
}
