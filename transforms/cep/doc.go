// Package cep finds patterns of events in time: "a create that is followed by a
// pay within ten minutes", for each order by itself. It is the engine below the
// Beam transforms and knows nothing of Beam, orders, files or clocks.
//
// The way of a pattern is text -> [Pattern] -> [Prog]:
//
//	pattern, err := cep.Parse("create followedBy pay within 10m")
//	prog, err := cep.Compile(pattern, 10*time.Minute)
//
// A Prog is immutable and may be shared. What changes is a [State], one for each
// key (such as an order), a plain value that the caller keeps, with a binary
// encoding of its own. Time and events are given to it apart:
//
//	ended, ok := prog.Advance(&state, event.At) // time has come to event.At
//	result := prog.Step(&state, event)          // and there is an event
//
// # The language
//
//	STEP (next|followedBy) STEP ... within DURATION
//
// with two steps or more. A step is an event type, bare (letters, digits and
// _ - . : /) or quoted as a Go string; a type may appear once. A duration is
// written as Go writes it: 90s, 10m, 1h30m; the finest is a millisecond. The
// other words of Flink CEP's language (notNext, times, optional, until, ...) are
// reserved, and refused by name.
//
// # What a match is
//
// The first step opens a run. A key has one open run at most. What an open run
// does with an event is decided by the contiguity before the step that it waits
// for:
//
//   - followedBy (relaxed): it skips what it does not wait for;
//   - next (strict): the very next event must be the step. Anything else breaks
//     the run silently; a first step breaks it and opens the next one.
//
// With the first event at t0 the window is [t0, t0+within): at the deadline
// t0+within it is too late, one millisecond before in time. A run that took its
// last step has ended as a match, one that reached its deadline as a timeout.
// After its end the key may start again.
//
// # Place in time
//
// Every event has an event time (Time) and a place in time (At), which is the
// event time or, for an event that came behind the watermark, the watermark when
// it came. An event with Time < At is late. Events of a key are to be given in
// the order of [Prog.Compare], each after Advance(At); then the result does not
// depend on how they arrived. A late event can still open a run or complete one,
// where that contradicts nothing that was decided (see [Prog.Step]); it never
// breaks one.
//
// # Redelivery
//
// An event equal to one that a run took, or that was a duplicate for it, is a
// redelivery: same type and id, or without ids the same bytes. The pattern never
// sees it. A run's events are remembered while it is open and for a time
// ("remember") after its end. They are remembered by a 64-bit hash and compared
// within one key only, so that a chance collision needs about 10^18 events.
//
// What an event costs does not depend on how many events its key has had: there may
// be one key that all are of.
package cep
