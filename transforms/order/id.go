package order

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// TakenEvent is what ids know of an event that a run has taken.
type TakenEvent struct {
	// Step is the name of the step that took it. TimeoutID does not look at it.
	Step string
	// Type is the event type.
	Type string
	// Time is the event time in milliseconds.
	Time int64
	// ID is the event's own id. Where it is "", Raw, the event as it came, stands for it.
	ID  string
	Raw []byte
}

// OutcomeID returns the id of the run of a pattern without "every" (its canonical text)
// over an order (its Key) that began with an event of that time and id: 128 bits of a
// SHA-256 over all of them, each with its length.
func OutcomeID(pattern, key string, time int64, id string) string {
	var buf [128]byte
	return hashed(appendRun(buf[:0], pattern, key, time, id))
}

// MatchID returns the id of a match of a pattern with "every" (its canonical text) over
// an order (its Key). As one run can have several matches, the id is of all the events
// that the match took, given in the order in which it took them. It is none that
// OutcomeID or TimeoutID return.
func MatchID(pattern, key string, taken []TakenEvent) string {
	var buf [512]byte
	return hashed(appendMatch(buf[:0], pattern, key, taken))
}

// TimeoutID returns the id of the run of a pattern with "every" (its canonical text) over
// an order (its Key) that began with the event first and timed out. It is none that
// OutcomeID or MatchID return.
func TimeoutID(pattern, key string, first TakenEvent) string {
	var buf [256]byte
	return hashed(appendTimeout(buf[:0], pattern, key, &first))
}

// RunOf is what ids know of a run: by it, those of all its outcomes are made.
type RunOf struct {
	// Rule is the name of the rule, "" without rules, and Pattern the canonical text of the
	// pattern; of a rule without its window, which may change.
	Rule, Pattern string
	// Key is that of the order.
	Key string
	// ByEvent says that the time and id of its first event do not tell the run from others.
	ByEvent bool
	// First is the first event.
	First TakenEvent
}

// ID returns the id of an outcome that a run has one of: of its timeout, and without ByEvent
// of its match; of another kind, for a reminder with the age of the run in milliseconds.
func (r *RunOf) ID(kind Kind, age int64) string {
	var buf [256]byte
	var b []byte
	if r.ByEvent {
		b = appendTimeout(buf[:0], r.text(), r.Key, &r.First)
	} else {
		b = appendRun(buf[:0], r.text(), r.Key, r.First.Time, r.First.ID)
		if r.Rule != "" && r.First.ID == "" {
			b = appendSized(b, r.First.Raw)
		}
	}
	switch kind {
	case Success, Timeout, Open:
		return hashed(b)
	}
	b = appendSized(b, kind)
	if kind == Reminder {
		b = binary.BigEndian.AppendUint64(b, uint64(age))
	}
	return hashed(b)
}

// MatchID returns the id of one of several matches of a run.
func (r *RunOf) MatchID(taken []TakenEvent) string { return MatchID(r.text(), r.Key, taken) }

// text returns what ids have as the pattern.
func (r *RunOf) text() string {
	if r.Rule == "" {
		return r.Pattern
	}
	return string(append(appendSized([]byte(ruleForm), r.Rule), r.Pattern...))
}

// IDSize is the length of an id.
const IDSize = 32

// hashed returns 128 bits of a hash as text.
func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	var text [IDSize]byte
	hex.Encode(text[:], sum[:16])
	return string(text[:])
}

// The functions below append what is hashed. No two ids hash the same bytes, as the parts
// can be read back from them: each has its length, and the two forms of patterns with
// "every" begin as no pattern does.

func appendRun(b []byte, pattern, key string, time int64, id string) []byte {
	b = appendSized(appendSized(b, pattern), key)
	b = binary.BigEndian.AppendUint64(b, uint64(time))
	return appendSized(b, id)
}

// The first bytes of the forms of patterns with "every": a pattern without a text, which
// there is not, and what the id is of. That of rules begins a text as no pattern does.
const (
	matchForm   = "\x00m"
	timeoutForm = "\x00t"
	ruleForm    = "\x00r"
)

func appendMatch(b []byte, pattern, key string, taken []TakenEvent) []byte {
	b = appendSized(appendSized(append(b, matchForm...), pattern), key)
	for i := range taken {
		b = appendEvent(appendSized(b, taken[i].Step), &taken[i])
	}
	return b
}

func appendTimeout(b []byte, pattern, key string, first *TakenEvent) []byte {
	b = appendSized(appendSized(append(b, timeoutForm...), pattern), key)
	return appendEvent(b, first)
}

func appendEvent(b []byte, e *TakenEvent) []byte {
	b = binary.BigEndian.AppendUint64(appendSized(b, e.Type), uint64(e.Time))
	if b = appendSized(b, e.ID); e.ID == "" {
		b = appendSized(b, e.Raw)
	}
	return b
}

func appendSized[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
