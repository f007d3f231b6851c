package shard

import "ordertimeout/transforms/cep"

// Output is what came out of a tick. It shares memory with the batches.
type Output struct {
	// Rule is the number of the rule that all of it is of, but for Rejects: those are of all
	// rules, and come with the last one.
	Rule int
	// Output has the outcomes, and how runs have ended.
	cep.Output
	// Failed is the event of FirstError, with where it came from.
	Failed Event
	// Classes counts the applied events by what became of them.
	Classes [cep.Classes]int64
	// Rejects are the duplicate, orphan and late events.
	Rejects []Reject
	// StillOpen counts the runs still open at the end of the input, and Open are the events
	// of those runs; or none of them, if OpenUnread is set.
	StillOpen  int64
	Open       []OpenKey
	OpenUnread bool
	// Undecided are the events that the end of the input leaves undecided: see
	// Header.Undecided. Where the end is a carry point OpenUnread leaves them out, too.
	Undecided []Event
	// Returned counts those that nobody keeps, and CarriedOut those that are in the state
	// of a carry point.
	Returned, CarriedOut int64
	// Others counts the events of class other by type; see other.
	Others []TypeCount
}

// Reset empties o and keeps its memory for the next tick.
func (o *Output) Reset() {
	o.Output.Reset()
	clear(o.Rejects)
	clear(o.Open)
	clear(o.Undecided)
	clear(o.Others)
	*o = Output{
		Output: o.Output, Rejects: o.Rejects[:0], Open: o.Open[:0], OpenUnread: o.OpenUnread,
		Undecided: o.Undecided[:0], Others: o.Others[:0],
	}
}

// OpenKey is a key with open runs, and their events in the order in which they were taken.
type OpenKey struct {
	Key string
	Run cep.Run
}

// Reject is an event that was put aside.
type Reject struct {
	Event
	// Rule is the number of the rule that has put it aside.
	Rule        int
	Class       cep.Class
	Redelivered bool
	// Known says that something is known of its key: a run that is open, or one that has
	// ended and is remembered.
	Known bool
}
