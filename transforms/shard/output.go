package shard

import (
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/ledger"
)

// Later, as a bit of a Ref in Output.Settled, says that the event is to be let go of after
// the first one of its list.
const Later = ledger.Later

// Output is what came out of a tick. It shares memory with the batches.
type Output struct {
	// Classes counts the applied events by what became of them.
	Classes [cep.Classes]int64
	// Broken counts the runs that ended without an outcome.
	Broken int64
	// Ended are the runs that ended with one.
	Ended []Ended
	// Rejects are the duplicate, orphan and late events.
	Rejects []Reject
	// StillOpen counts the runs still open at the end of the input, and Open are those
	// runs; or none of them, if OpenUnread is set.
	StillOpen  int64
	Open       []Ended
	OpenUnread bool
	// Undecided are the events that the end of the input leaves undecided: see
	// Header.Undecided.
	Undecided []Event
	// Settled are the Refs of what nothing is made of: of each event of class
	// other, and of the events of each broken run, by step, and last of what broke it,
	// which is marked as Later where it has opened the next run.
	Settled [][]uint64
	// Others counts the events of class other by type; see other.
	Others []TypeCount

	runs cep.Run // memory for the runs of Ended
}

// Reset empties o and keeps its memory for the next tick.
func (o *Output) Reset() {
	clear(o.Ended)
	clear(o.Rejects)
	clear(o.Open)
	clear(o.Undecided)
	clear(o.runs)
	clear(o.Settled)
	clear(o.Others)
	*o = Output{
		Ended: o.Ended[:0], Rejects: o.Rejects[:0], Open: o.Open[:0], OpenUnread: o.OpenUnread,
		Undecided: o.Undecided[:0], Settled: o.Settled[:0], Others: o.Others[:0], runs: o.runs[:0],
	}
}

// room returns an empty run with room for the steps of a program, which is what
// the engine is to append an ended run to.
func (o *Output) room(prog *cep.Prog) cep.Run {
	steps := len(prog.Pattern().Steps)
	if cap(o.runs)-len(o.runs) < steps {
		o.runs = make(cep.Run, 0, max(2*cap(o.runs), 64*steps)) // the old memory stays that of its runs
	}
	return o.runs[len(o.runs):len(o.runs):cap(o.runs)]
}

// Ended is a run of a key and how it ended (NotEnded for an open one).
type Ended struct {
	Key string
	How cep.How
	Run cep.Run
}

// Reject is an event that was put aside.
type Reject struct {
	Event
	Class       cep.Class
	Redelivered bool
	// Known says that something is known of its key: a run that is open, or one that has
	// ended and is remembered.
	Known bool
}

func (o *Output) ended(e Ended) {
	switch e.How {
	case cep.Broken:
		o.Broken++
		if refs := e.Run.Refs(); refs != nil {
			o.Settled = append(o.Settled, refs)
		}
	case cep.Matched, cep.TimedOut:
		o.Ended = append(o.Ended, e)
		o.runs = o.runs[:len(o.runs)+len(e.Run)]
	}
}

// settle lets go of an event of class other. It lets go of an event that broke a run with
// that run, which is the last of Settled then, or after it where the event opened the next
// one: the broken run's first event must not come again without what broke it.
func (o *Output) settle(ref uint64, r *cep.Result) {
	last := len(o.Settled) - 1
	switch broke := r.Ended == cep.Broken && r.Run.Refs() != nil; {
	case broke && r.Class == cep.Other:
		o.Settled[last] = append(o.Settled[last], ref)
	case broke:
		o.Settled[last] = append(o.Settled[last], ref|Later)
	case r.Class == cep.Other:
		o.Settled = append(o.Settled, []uint64{ref})
	}
}
