// Package order holds what the pipeline speaks of: the order event, the
// outcome of an order, and the reject; and how each is read from and written
// to a line of text. It knows neither Beam nor patterns.
//
// All times are milliseconds since the Unix epoch. A finer time is truncated.
package order

// Event is one thing that happened to an order, or (see Mark) one that
// happened to the input. Its zero value is not a valid event.
type Event struct {
	// UserID and OrderID name the order; "" is an absent id. At least one is
	// present.
	UserID  string
	OrderID string
	// Type is what happened, such as "create" or "pay"; never empty.
	Type string
	// ID is the event's own id, "" without one. Two events of an order with
	// the same type and id are the same event, delivered twice.
	ID string
	// Time is the event time in milliseconds.
	Time int64
	// At is the event's place in time in milliseconds, stamped by its source:
	// max(Time, watermark of the source). An event with Time < At is late.
	// Zero: not stamped; the event gets its place from the clock of its shard.
	At int64
	// Raw is the event as it came: a JSON object on one line.
	Raw []byte
	// Source and Line say where it came from, such as "orders.jsonl" and 17.
	Source string
	Line   int64
	// Ref names the message that the event came in, among those that its source
	// holds until what becomes of the event is delivered (see process.Run.Done).
	// Zero: nothing is held for it.
	Ref uint64
	// Mark is not zero for a row, and for a punctuation of the input, which is no event
	// and has no other fields than those that the mark names.
	Mark Mark
}

// Mark is a kind of punctuation, an element by which a source tells every shard
// something about its input; or MarkRow.
type Mark uint8

const (
	// MarkWatermark promises that once the bundle that holds it is committed
	// the source's watermark is at least Event.At. It is a hint: with it a
	// shard goes through a replay in one step a bundle instead of one a tick.
	MarkWatermark Mark = iota + 1
	// MarkEnd is the last element of an input that has come to its end. Event.Time is
	// the largest event time of the input. Deadlines up to Event.At expire; the runs
	// with a later deadline are still open. An event with a place after Event.At is
	// one whose clock was not believed: it stays undecided.
	MarkEnd
	// MarkFirstWatermark is a MarkWatermark for every shard, and not only for those
	// that the bundle has events for: the source's first, where events came before.
	// With it a shard goes through all of those in one step.
	MarkFirstWatermark
	// MarkCut is the last element of an input that goes on elsewhere: it was stopped,
	// it broke off, or the next one begins with what this one leaves open. Event.Time
	// is the largest event time. Deadlines up to Event.At expire, and every event with
	// a place at Event.At or later stays undecided: an earlier event, still to come,
	// may change what becomes of it.
	MarkCut
	// MarkRow is an event, as if it had no mark. Its Raw is the row of a table, whose
	// members are text in place of what they stand for; see Cell.
	MarkRow
	// MarkGoOn is the first element of an input that goes on where another run has ended:
	// each shard takes up the state that it had there (see package carry). Event.At is
	// the watermark that the input begins with.
	MarkGoOn
	// MarkPoint is a carry point, of number Event.Line: see package carry. It is a
	// MarkFirstWatermark besides. A MarkCut with a Line is the last point.
	MarkPoint
)

// EndOfTime is later than every deadline: as MarkEnd's At it lets all open
// runs time out. It is a whole number of milliseconds well inside of what Beam
// can express.
const EndOfTime int64 = 1 << 53

// The limits of an event time in milliseconds: MinTime <= time < MaxTime.
const (
	MinTime int64 = 0               // 1970-01-01T00:00:00Z
	MaxTime int64 = 253402300800000 // 10000-01-01T00:00:00Z
)

// MaxLine is the longest input line in bytes, without its line break; a longer
// one is malformed.
const MaxLine = 1 << 20
