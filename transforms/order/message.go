package order

// Message is what a sink delivers: an outcome, a reject or an open event, as a
// line of JSON and with what a receiver may want to know without reading it.
type Message struct {
	// Body is the line, without a line break. A sink may keep it until the end of
	// the bundle.
	Body []byte
	// Outcome is "success", "timeout", "open", or "reject".
	Outcome string
	// ID is the same for every repeat of the message, and no other message has
	// it: of an outcome its ID, else a hash of the body.
	ID string
	// UserID and OrderID are "" where they are absent or, in a reject, unknown.
	UserID  string
	OrderID string
	// Refs are the Refs of the input messages that need not be held any longer
	// once this message is delivered, in the order of the pattern's steps.
	Refs []uint64
}
