package order

import (
	"strconv"
	"strings"
)

// Reason says why an event was put aside.
type Reason string

// The reasons for a reject.
const (
	// Malformed: the input is not an event.
	Malformed Reason = "malformed"
	// Late: the event came behind the watermark and could not be applied.
	Late Reason = "late"
	// Orphan: a later step of the pattern without an open run.
	Orphan Reason = "orphan"
	// Duplicate: a redelivery, or a step that the open run has taken already.
	Duplicate Reason = "duplicate"
	// Overflow: the first event of a run that had more branches or events than are allowed.
	Overflow Reason = "overflow"
	// Undelivered: not an event but an outcome, which its receiver refused or its
	// sink could not write.
	Undelivered Reason = "undelivered"
)

// maxRejectInput is how much of a rejected input is kept, in bytes.
const maxRejectInput = 64 << 10

// Reject is an input that took no part in any outcome, or an outcome that its
// receiver refused, and why.
type Reject struct {
	Reason Reason
	// Rule is the name of the first rule that has put it aside, "" without rules.
	Rule string
	// Error is one line that says what is wrong.
	Error string
	// Source is where the input came from: "orders.jsonl:17".
	Source string
	// Input is the input itself, invalid UTF-8 replaced, cut at 64 KiB; of an
	// outcome that was not delivered the whole line, which is to be sent again.
	Input string
	// Refs are the Refs of the events that are held until the reject is written. A
	// rejected event has one. An outcome that was not delivered has one for each step.
	// Nil where nothing is held.
	Refs []uint64
}

// NewReject returns the reject of an input line.
func NewReject(reason Reason, err, source string, line int64, input []byte) Reject {
	if len(input) > maxRejectInput {
		input = input[:maxRejectInput]
	}
	return Reject{Reason: reason, Error: err, Source: Place(source, line), Input: strings.ToValidUTF8(string(input), "\uFFFD")}
}

// NewUndelivered returns the reject of a message that was not delivered, with all of
// its body and the Refs of what it is made of.
func NewUndelivered(m *Message, why string) Reject {
	return Reject{
		Reason: Undelivered, Error: why, Source: m.Outcome + " " + m.ID,
		Input: strings.ToValidUTF8(string(m.Body), "\uFFFD"), Refs: m.Refs,
	}
}

// Place is how an input's position is written: "orders.jsonl:17".
func Place(source string, line int64) string {
	if source == "" {
		return ""
	}
	return source + ":" + strconv.FormatInt(line, 10)
}
