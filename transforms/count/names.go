// Package count has the names of all figures of a pipeline, and adds to them.
//
// A counter is one of Beam's, in [Namespace], which the runner adds up over all
// workers. Most are kept in the process of the run, too (process.Run.Count), for
// who looks while the pipeline runs. A bundle that is repeated counts twice there. Prism may
// lose a part of what Beam's counters count at first (see package beamfix).
//
// Every event ends in one of started, advanced, duplicate, orphan, other, late,
// malformed and returned; their sum is read. Every run of the pattern ends in one of
// matched, timeout, broken, cancelled, skipped, overflow, removed and open; their sum is
// started. Without every a run gives one match, so that success is matched.
package count

// Namespace is the namespace of Beam's counters.
const Namespace = "ordertimeout"

// Beam's counters, besides those of package cep's classes of events.
const (
	// Read are the records of the input.
	Read = "read"
	// Malformed are the records that are no event.
	Malformed = "malformed"
	// Returned are the events that a stop leaves undecided.
	Returned = "returned"
	// CarriedIn are the events that were undecided in the state that a run has gone on
	// from, CarriedOut those in the state that it has left, and OpenAtStart the pattern's
	// runs that were open in the former: see package carry.
	CarriedIn   = "carriedIn"
	CarriedOut  = "carriedOut"
	OpenAtStart = "openAtStart"
	// Success are the matches that the pattern's runs have given.
	Success = "success"
	// Reminders are the reminders that open runs have given.
	Reminders = "reminders"
	// CalledOff are the timeouts that were resolved: an event may resolve several, and be of
	// another class.
	CalledOff = "calledOff"
	// Matched, Timeout, Broken, Cancelled, Skipped, Overflow and Open are the ends of the
	// pattern's runs: see cep.How.
	Matched   = "matched"
	Timeout   = "timeout"
	Broken    = "broken"
	Cancelled = "cancelled"
	Skipped   = "skipped"
	Overflow  = "overflow"
	Open      = "open"
	// Removed are the runs of a rule that is no more.
	Removed = "removed"
	// ConditionErrors are the conditions that could not be evaluated, and so were false:
	// one for each event and condition.
	ConditionErrors = "conditionErrors"
	// IntegerTimes are the event times that were integers, and January1970 those of
	// them that read as January 1970: if all do, the unit is likely to be wrong.
	IntegerTimes = "integer-times"
	January1970  = "january-1970"
	// StateCalls are the calls of state that read or write, and StateBytes the bytes
	// that they write: what the stateful step costs its runner.
	StateCalls = "state-calls"
	StateBytes = "state-bytes"
	// Undelivered are the outcomes that were not delivered: those that a receiver
	// refused, and those that a sink could not write. They are rejects with the
	// reason order.Undelivered.
	Undelivered = "undelivered"
)

// Counters of the process of the run alone.
const (
	// Left are the messages that were not delivered because the run was stopped, and
	// that the next run makes again (see process.Run.Held).
	Left = "left"
	// Accepted are the outcomes that a webhook accepted.
	Accepted = "accepted"
	// Unwritten are the rejects that could not be written themselves. What they are
	// of is in no output.
	Unwritten = "unwritten"
	// Unopened are the events of open orders that could not be written.
	Unopened = "unopened"
	// Kept are the outcomes and rejects that nothing has taken, and the carry file has.
	Kept = "kept"
	// Redelivered are the deliveries of input messages that the source holds already,
	// or has acknowledged a short while ago. They give no event.
	Redelivered = "redelivered"
)

// Gauges, which go up and down. They are of the process of the run alone.
const (
	// OpenNow is the number of orders that are open right now.
	OpenNow = "open-now"
	// Unacked is the number of input messages that are held and not acknowledged.
	Unacked = "unacked"
	// WatermarkTime is the source's watermark in milliseconds since the Unix
	// epoch. It is not there before the first one.
	WatermarkTime = "watermark"
	// AllRead is 1 once files were read to their ends or, at a stop of a pipe, all
	// that was read is accounted for: then nothing of what the run began with is
	// missing.
	AllRead = "all-read"
	// BeyondEnd is the number of events beyond the end of a log, which are returned as
	// their clocks were not believed. BeyondEndFrom is the time of the first of them
	// in milliseconds since the Unix epoch.
	BeyondEnd     = "beyond-end"
	BeyondEndFrom = "beyond-end-from"
)

// Figures of carry points, of the process of the run alone. Points is a counter, the others
// are gauges.
const (
	// CarryPoints is the number of carry points.
	CarryPoints = "carry-points"
	// CarryPause is how long the source did not read for the last one, in milliseconds,
	// and CarryBytes the size of the file that was written for it.
	CarryPause = "carry-pause"
	CarryBytes = "carry-bytes"
)

// Lost returns the name of the counter of messages of a kind (order.Message.Outcome)
// that were not delivered. Rejects count apart, as one may be that of an outcome
// which is counted already. So do events of open orders.
func Lost(kind string) string {
	switch kind {
	case "reject":
		return Unwritten
	case "open":
		return Unopened
	}
	return Undelivered
}

// Of returns the name of a counter of a rule, which is that of the counter where the rule has
// no name.
func Of(rule, name string) string {
	if rule == "" {
		return name
	}
	return rule + "/" + name
}
