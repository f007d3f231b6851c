package order

import (
	"fmt"
	"math"
)

// Kind is what an outcome says of an order.
type Kind string

// The kinds of outcome.
const (
	// Success: every step came in time.
	Success Kind = "success"
	// Timeout: the deadline passed before the last step.
	Timeout Kind = "timeout"
	// Started: the first event came.
	Started Kind = "started"
	// Reminder: nothing has ended it for so long.
	Reminder Kind = "reminder"
	// Cancelled: an event came that the pattern rules out.
	Cancelled Kind = "cancelled"
	// Resolved: after a Timeout an event came that it had waited for, or that would have
	// cancelled it.
	Resolved Kind = "resolved"
	// Open: neither, when the input ended. No Outcome of it is delivered, as another input
	// may go on with it; one says what is known of it so far, as if it were to time out.
	Open Kind = "open"
)

// Outcome is what became of one run of the pattern over one order.
type Outcome struct {
	Kind Kind
	// ID is the same after a replay, a restart or on another runner, and no
	// other run has it: a receiver can drop repeats by it. See OutcomeID.
	ID string
	// Rule is the name of the rule that the pattern belongs to, "" without rules.
	Rule string
	// Labels are those of the rule.
	Labels []Label
	// UserID and OrderID are "" where the events have none.
	UserID  string
	OrderID string
	// StartedAt is the event time of the first event, EndedAt of the last one (of a
	// Success, or the one that a Cancelled was ended by), and ResolvedAt that of what a
	// Resolved is by; milliseconds.
	StartedAt  int64
	EndedAt    int64
	ResolvedAt int64
	// Age is, of a Reminder, how long the run had been open, as durations are written.
	Age string
	// Of is, of a Resolved, the ID of the Timeout.
	Of string
	// Deadline is the time at which the run was to time out when its last event came,
	// and of a Timeout the time at which it did; milliseconds. NoDeadline, and not written,
	// where it was not to.
	Deadline int64
	// At is the outcome's own event time in milliseconds: of a Timeout the Deadline, of a
	// Success EndedAt, or later where the match was held back.
	At int64
	// WaitingFor are the steps that a run lacks which has not ended, or timed out: those that
	// could have come next, in the order of the pattern. It may share memory with other
	// outcomes, and is nil for a Success, a Cancelled and a Resolved.
	WaitingFor []string
	// Events are the original events of the steps that took some, in the order of the
	// pattern.
	Events []StepEvents
	// Refs are the Refs of those events, as they were taken; nil where nothing is held.
	Refs []uint64

	// json is what JSON returns, where it was made already. It is not part of the
	// outcome and stays behind when that is sent to another worker.
	json []byte
}

// NoDeadline is the Deadline of a success that waited for nothing.
const NoDeadline int64 = math.MaxInt64

// Label is a name and a text that a rule gives to its outcomes.
type Label struct{ Name, Text string }

// StepEvents are the events that were taken as a step, one or more.
type StepEvents struct {
	Step string
	// List says that the step can take several events. They are written as a list, even
	// where there is one.
	List bool
	// Raws are the events as they came, each a JSON object, in the order in which they
	// were taken; one where List is not set.
	Raws [][]byte
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
