package compare

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"sync"

	"ordertimeout/transforms/order"
)

// parts is how many files the orders are dealt to, all of which are open.
const parts = 64

// Store has the outcomes of two runs over rules. Add may be called from any goroutine; Find
// once all have been added.
type Store struct {
	rules []Rule
	index map[string]int
	seed  maphash.Seed

	mu    sync.Mutex
	files [parts]*os.File // without a name
	out   [parts]*bufio.Writer
	buf   []byte
}

// NewStore makes the files of a store in the directory of temporary files. Orders are found
// in the order of the rules. Close it.
func NewStore(rules []Rule) (*Store, error) {
	s := &Store{rules: rules, index: map[string]int{}, seed: maphash.MakeSeed()}
	for i, r := range rules {
		s.index[r.Name] = i
	}
	for i := range s.files {
		f, err := os.CreateTemp("", "outcomes-")
		if err == nil {
			s.files[i], s.out[i] = f, bufio.NewWriterSize(f, 32<<10)
			err = os.Remove(f.Name()) // so that none is left, however the process ends
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("compare: a temporary file: %w", err), s.Close())
		}
	}
	return s, nil
}

// Close gives back the disk that the store takes.
func (s *Store) Close() error {
	var errs []error
	for _, f := range s.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Add adds an outcome of a run.
func (s *Store) Add(side Side, o *order.Outcome) error {
	k, err := s.keyOf(o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := record{k, Outcome{o.Kind, o.StartedAt, o.At}}
	s.buf = r.appendBinary(s.buf[:0], side)
	if _, err := s.out[maphash.Comparable(s.seed, k)%parts].Write(s.buf); err != nil {
		return fmt.Errorf("compare: a temporary file: %w", err)
	}
	return nil
}

// key is the order of an outcome.
type key struct {
	rule       int
	userID, id string
}

func (s *Store) keyOf(o *order.Outcome) (key, error) {
	rule, ok := s.index[o.Rule]
	if !ok || !slices.Contains(kinds, o.Kind) {
		return key{}, fmt.Errorf("compare: outcome %q of rule %q: want one of a rule of the runs", o.Kind, o.Rule)
	}
	k := key{rule, o.UserID, o.OrderID}
	if s.rules[rule].ByOrder {
		k.userID = ""
	}
	return k, nil
}

// record is an outcome of an order.
type record struct {
	key
	Outcome
}

// appendBinary appends a record of a run to b.
func (r *record) appendBinary(b []byte, side Side) []byte {
	b = append(b, byte(side), byte(slices.Index(kinds, r.Kind)))
	b = binary.AppendUvarint(b, uint64(r.rule))
	b = binary.AppendVarint(b, r.StartedAt)
	b = binary.AppendVarint(b, r.At-r.StartedAt)
	for _, text := range []string{r.userID, r.id} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

// readRecord reads what appendBinary has written. At the end of the file the error is io.EOF.
func readRecord(in *bufio.Reader) (r record, side Side, err error) {
	first, err := in.ReadByte()
	if err != nil {
		return r, 0, err
	}
	f := fields{in: in}
	kind, rule := f.uvarint(), f.uvarint()
	r.StartedAt = f.varint()
	r.At = r.StartedAt + f.varint()
	r.userID, r.id = f.text(), f.text()
	if f.err == nil && kind < uint64(len(kinds)) {
		r.rule, r.Kind = int(rule), kinds[kind]
		return r, Side(first), nil
	}
	return r, 0, errors.Join(errors.New("compare: a temporary file is cut"), f.err)
}

// fields reads fields of records, up to the first error.
type fields struct {
	in  *bufio.Reader
	err error
}

func (f *fields) uvarint() (v uint64) {
	if f.err == nil {
		v, f.err = binary.ReadUvarint(f.in)
	}
	return v
}

func (f *fields) varint() (v int64) {
	if f.err == nil {
		v, f.err = binary.ReadVarint(f.in)
	}
	return v
}

func (f *fields) text() string {
	n := f.uvarint()
	if f.err != nil {
		return ""
	}
	b := make([]byte, n)
	_, f.err = io.ReadFull(f.in, b)
	return string(b)
}
