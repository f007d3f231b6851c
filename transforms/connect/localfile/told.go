package localfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"

	"ordertimeout/transforms/order"
)

// told are the outcomes that stand in a file already, by a hash each: after a week without
// a carry file there may be many.
type told map[[16]byte]struct{}

// maxTold is how long a line is looked at, in bytes. An outcome holds an event of up to
// order.MaxLine a step.
const maxTold = 128 << 20

// readTold reads which outcomes stand in a file. It skips the lines that are none, among
// them one that a crash has torn.
func readTold(r io.Reader) (told, error) {
	t := told{}
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
func (t told) add(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	var o struct{ Outcome, ID string }
	if json.Unmarshal(line, &o) == nil && o.Outcome != "" && o.ID != "" {
		t[toldKey(o.Outcome, o.ID)] = struct{}{}
	}
}

// has reports whether a message is an outcome that stands in the file. The id of a
// reminder is that of its age, too, so kind and id are all that there is to compare.
func (t told) has(m *order.Message) bool {
	if len(t) == 0 {
		return false
	}
	_, has := t[toldKey(m.Outcome, m.ID)]
	return has
}

func toldKey(outcome, id string) (key [16]byte) {
	sum := sha256.Sum256([]byte(outcome + "\x00" + id))
	copy(key[:], sum[:])
	return key
}
