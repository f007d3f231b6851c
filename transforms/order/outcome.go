package order

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Kind is how an order ended.
type Kind string

// The kinds of outcome.
const (
	// Success: every step came in time.
	Success Kind = "success"
	// Timeout: the deadline passed before the last step.
	Timeout Kind = "timeout"
	// Open: neither, when the input ended. There is no Outcome of it, as another input
	// may go on with it.
	Open Kind = "open"
)

// Outcome is what became of one run of the pattern over one order.
type Outcome struct {
	Kind Kind
	// ID is the same after a replay, a restart or on another runner, and no
	// other run has it: a receiver can drop repeats by it. See OutcomeID.
	ID string
	// UserID and OrderID are "" where the events have none.
	UserID  string
	OrderID string
	// CreatedAt is the event time of the first step, PaidAt of the last one (of
	// a Success only), Deadline the end of the window; milliseconds.
	CreatedAt int64
	PaidAt    int64
	Deadline  int64
	// Events are the original events, by step.
	Events []StepEvent
	// Refs are the Refs of those events, by step; nil where nothing is held.
	Refs []uint64

	// json is what JSON returns, where it was made already. It is not part of the
	// outcome and stays behind when that is sent to another worker.
	json []byte
}

// StepEvent is the event that was taken as a step.
type StepEvent struct {
	Step string
	// Raw is the event as it came, a JSON object.
	Raw []byte
}

// OutcomeID returns the id of the run of a pattern (its canonical text) over an
// order (its Key) that began with an event of that time and id: 128 bits of a
// SHA-256 over all of them, each with its length.
func OutcomeID(pattern, key string, time int64, id string) string {
	var buf [128]byte
	b := appendSized(buf[:0], pattern)
	b = appendSized(b, key)
	b = binary.BigEndian.AppendUint64(b, uint64(time))
	b = appendSized(b, id)
	sum := sha256.Sum256(b)
	var text [32]byte
	hex.Encode(text[:], sum[:16])
	return string(text[:])
}

func appendSized(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Key returns the name of an order: the user's id and the order's, such that two
// orders never share one.
func Key(userID, orderID string) string {
	return string(AppendKey(nil, userID, orderID))
}

// AppendKey appends the Key of an order to b.
func AppendKey(b []byte, userID, orderID string) []byte {
	return append(appendSized(b, userID), orderID...)
}

// SplitKey returns the ids that Key was made of.
func SplitKey(key string) (userID, orderID string, err error) {
	n, i := uint64(0), 0
	for shift := 0; i < len(key) && shift < 64; shift += 7 {
		n |= uint64(key[i]&0x7f) << shift
		i++
		if key[i-1] < 0x80 {
			if n > uint64(len(key)-i) {
				break
			}
			return key[i : i+int(n)], key[i+int(n):], nil
		}
	}
	return "", "", fmt.Errorf("order: %q is not the key of an order", key)
}
