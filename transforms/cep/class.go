package cep

// Class is what has become of an event. Every event has one.
type Class uint8

const (
	// Other: none of the others. It is no step of the pattern, or none that an open run can
	// take now.
	Other Class = iota
	// Started: a first step that opened a run.
	Started
	// Advanced: a later step that a run has taken, or a negation that has ended one.
	Advanced
	// Duplicate: a redelivery, or an event that would have opened a run if none had been
	// open; of a linear pattern also a step that the open run has taken already.
	Duplicate
	// Orphan: a later step without an open run.
	Orphan
	// Late: an event that came behind the watermark, of a step, and was not applied.
	Late
	// Resolved: what a run waited for, or would have been ended by, after its timeout.
	Resolved
	// Classes is the number of classes.
	Classes
)

// String returns the class's name in counters and rejects.
func (c Class) String() string {
	return [...]string{"other", "started", "advanced", "duplicate", "orphan", "late", "resolved"}[c]
}

// Result is what became of an event.
type Result struct {
	Class Class
	// Redelivered tells a Duplicate that is the same event again from one that is another
	// event.
	Redelivered bool
	// Held says that the event waits for its run to open (Config.Early). It has no class yet:
	// Output.Decided will say what has become of it.
	Held bool
}
