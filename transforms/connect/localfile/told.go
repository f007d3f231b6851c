package localfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"ordertimeout/transforms/order"
)

// told are the outcomes that stand in a file already: after a week without a carry file
// there may be many.
type told struct {
	written int64 // when the file was written last, in milliseconds

	mu       sync.Mutex
	outcomes map[[16]byte]bool // by a hash each: whether it has come again
	left     int               // that have not
}

// maxTold is how long a line is looked at, in bytes. An outcome holds an event of up to
// order.MaxLine a step.
const maxTold = 128 << 20

// readTold reads which outcomes stand in a file. It skips the lines that are none, among
// them one that a crash has torn.
func readTold(r io.Reader) (*told, error) {
	t := &told{outcomes: map[[16]byte]bool{}}
	in := bufio.NewReaderSize(r, 256<<10)
	var long []byte // the beginning of a line, where it is longer than the buffer
	for {
		part, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(long) <= maxTold {
				long = append(long, part...)
			}
			continue
		case err != nil && err != io.EOF:
			return nil, err
		case len(long) == 0:
			t.add(part)
		case len(long) <= maxTold:
			t.add(append(long, part...))
		}
		if err == io.EOF {
			return t, nil
		}
		long = long[:0]
	}
}

// add adds the outcome that a line is, if it is one.
func (t *told) add(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	var o struct{ Outcome, ID string }
	if json.Unmarshal(line, &o) == nil && o.Outcome != "" && o.ID != "" {
		t.outcomes[toldKey(o.Outcome, o.ID)] = false
		t.left = len(t.outcomes)
	}
}

// has reports whether a message is an outcome that stands in the file, and takes note that it
// has come again. The id of a
// reminder is that of its age, too, so kind and id are all that there is to compare.
func (t *told) has(m *order.Message) bool {
	if t == nil || len(t.outcomes) == 0 {
		return false
	}
	key := toldKey(m.Outcome, m.ID)
	t.mu.Lock()
	defer t.mu.Unlock()
	again, has := t.outcomes[key]
	if has && !again {
		t.outcomes[key] = true
		t.left--
	}
	return has
}

// mayCome reports whether one of the outcomes may still come again, where the watermark has
// reached a time in milliseconds: that of a live input follows the clock, by which the last
// of them were written.
func (t *told) mayCome(watermark int64) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left > 0 && watermark <= t.written
}

func toldKey(outcome, id string) (key [16]byte) {
	sum := sha256.Sum256([]byte(outcome + "\x00" + id))
	copy(key[:], sum[:])
	return key
}
