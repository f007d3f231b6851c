package shard

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// A shard's log is a sequence of records; the first byte tells which.
const (
	snapshotRecord = 'S'
	batchRecord    = 'B'
	tickRecord     = 'T'
)

// snapshotVersion is the second byte of a snapshot. Increase it when the layout
// changes, and keep decoding the older ones: logs outlive builds. Version 1 had one rule and
// did not say which.
const snapshotVersion = 2

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

// AppendState appends what a snapshot holds, before it is compressed: a head, the keys of
// each rule, and the events that wait, which the rules have in common.
func (s *Shard) AppendState(b []byte) []byte {
	s.noteVerdicts()
	b = s.appendHead(b, s.clock(), s.lanes[0].ending)
	for _, l := range s.lanes {
		b = l.appendKeys(b)
	}
	return s.lanes[0].appendWaiting(b)
}

func (s *Shard) appendHead(b []byte, clock int64, e ending) []byte {
	b = binary.AppendVarint(b, clock)
	h := Header{End: e.end, Cut: e.end && e.undecided == e.limit}
	flags := h.flags()
	if e.point != 0 {
		flags |= pointFlag
	}
	b = append(b, flags)
	b = binary.AppendVarint(b, e.newest)
	b = binary.AppendVarint(b, e.limit)
	if e.point != 0 {
		b = binary.AppendVarint(b, e.point)
	}
	b = binary.AppendUvarint(b, uint64(len(s.rules.Each)))
	for i := range s.rules.Each {
		b = appendString(appendString(b, s.rules.Each[i].Name), s.rules.Each[i].Settings)
	}
	return b
}

func (l *lane) appendKeys(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(l.keys.size))
	for k := range l.keys.all {
		b = appendString(b, k.key)
		b, _ = k.state.AppendBinary(b)
	}
	return b
}

func (l *lane) appendWaiting(b []byte) []byte {
	var waiting Batch
	for part := range l.waiting {
		for i := range part {
			waiting.Add(&part[i])
		}
	}
	b = binary.AppendUvarint(b, uint64(waiting.header.Events))
	return append(b, waiting.body...)
}

// Restore returns the shard that a log leads to. The outcomes of its ticks were
// delivered when the log was written and do not come again. A log that other rules have
// written is worked by those, and what it leads to goes on with the new ones.
func Restore(rules Rules, tick int64, log [][]byte) (*Shard, error) {
	s := New(rules, tick)
	for i, record := range log {
		if err := s.replay(record); err != nil {
			return nil, fmt.Errorf("shard: record %d of %d: %w", i+1, len(log), err)
		}
	}
	if s.same(rules.Each) {
		return s, nil
	}
	return s, s.change(rules)
}

// same reports whether rules are those of the shard.
func (s *Shard) same(rules []Rule) bool {
	return slices.EqualFunc(s.rules.Each, rules, func(a, b Rule) bool { return a.Name == b.Name && a.Settings == b.Settings })
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
		s.Tick(int64(binary.LittleEndian.Uint64(record[1:])), &Output{OpenUnread: true})
		return nil
	}
	return fmt.Errorf("unknown record %q", record[0])
}

func (s *Shard) restoreSnapshot(record []byte) error {
	if len(record) < 2 {
		return errTruncated
	}
	if record[1] == 0 || record[1] > snapshotVersion {
		return fmt.Errorf("snapshot has version %d: want 1 to %d", record[1], snapshotVersion)
	}
	b, err := decompress(record[2:], maxSnapshot)
	if err != nil {
		return err
	}
	r := reader{b: b, s: unsafe.String(unsafe.SliceData(b), len(b))}
	clock, end := r.head()
	if record[1] > 1 {
		err = s.readRules(&r)
	} else {
		err = s.reset(s.rules.before())
	}
	if err := cmp.Or(err, r.err); err != nil {
		return err
	}
	s.ends(end)
	for i, l := range s.lanes {
		l.clock = clock
		if err := l.readKeys(&r, s.lanes[:i]); err != nil {
			return err
		}
	}
	s.linkHeld()
	waiting := r.uvarint()
	if r.err != nil {
		return r.err
	}
	// The events share memory with what they are decoded from, and that is not to be all of b.
	events, err := decodeEvents(bytes.Clone(b[r.pos:]), int(min(waiting, maxSnapshot)))
	if err != nil {
		return err
	}
	s.queue(events)
	return nil
}

// head reads the clock of a snapshot, and what it says of the end of the input.
func (r *reader) head() (clock int64, e ending) {
	clock = r.varint()
	flags := r.byte()
	h := Header{End: flags&endFlag != 0, Cut: flags&cutFlag != 0}
	h.Last, h.Limit = r.varint(), r.varint()
	if flags&pointFlag != 0 {
		h.Point = r.varint()
	}
	if !h.End {
		return clock, endless
	}
	return clock, endingOf(h)
}

// RulesOf returns the names and settings of the rules that a snapshot is of, without their
// programs; none where it does not say.
func RulesOf(record []byte) ([]Rule, error) {
	if !IsSnapshot(record) || len(record) < 2 || record[1] < 2 {
		return nil, nil
	}
	b, err := decompress(record[2:], maxSnapshot)
	if err != nil {
		return nil, err
	}
	r := reader{b: b, s: unsafe.String(unsafe.SliceData(b), len(b))}
	r.head()
	return r.rules(), r.err
}

// rules reads the names and settings of rules.
func (r *reader) rules() (rules []Rule) {
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		rules = append(rules, Rule{Name: strings.Clone(r.string()), Settings: strings.Clone(r.string())})
	}
	return rules
}

// readRules reads the rules of a snapshot, and empties the shard for their states.
func (s *Shard) readRules(r *reader) error {
	rules := s.rules
	if rules.Each = r.rules(); r.err != nil {
		return r.err
	}
	if s.same(rules.Each) {
		return s.reset(s.rules)
	}
	for i, rule := range rules.Each {
		if rules.Compile == nil {
			return fmt.Errorf("snapshot of other rules, the first one is %q with settings %q", rule.Name, rule.Settings)
		}
		compiled, err := rules.Compile(rule.Name, rule.Settings)
		if err != nil {
			return err
		}
		rules.Each[i].Prog = compiled.Prog
	}
	return s.reset(rules)
}

// before returns the rules of states that do not say which they are of.
func (r Rules) before() Rules {
	if len(r.Before) > 0 {
		r.Each = r.Before
	}
	return r
}

// reset empties the shard, for other rules.
func (s *Shard) reset(rules Rules) error {
	if len(rules.Each) == 0 {
		return errors.New("snapshot of no rule")
	}
	*s = *New(rules, s.tick)
	return nil
}

// readKeys reads the keys of a rule. What it keeps of the same events as rules before it is
// kept once.
func (l *lane) readKeys(r *reader, before []*lane) error {
	n := r.uvarint()
	if r.err != nil {
		return r.err
	}
	for range n {
		key := r.string()
		if r.err != nil {
			return r.err
		}
		state, rest, err := l.prog.DecodeState(r.b[r.pos:])
		if err != nil {
			return err
		}
		r.pos = len(r.b) - len(rest)
		tag := tagOf(key)
		if known := find(before, tag, key); known != nil {
			state.ShareTexts(&known.state)
			key = known.key
		} else {
			key = strings.Clone(key)
		}
		l.schedule(l.keys.add(tag, key, state))
	}
	return nil
}

// find returns what the first of some rules knows of a key; nil where none knows it.
func find(lanes []*lane, tag uint32, key string) *entry {
	for _, l := range lanes {
		if k := l.keys.get(tag, key); k != nil {
			return k
		}
	}
	return nil
}
