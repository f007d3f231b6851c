// Package cep finds patterns of events in time, for each key by itself: "a create that is
// followed by a pay within ten minutes", of each order. It is the engine below the Beam
// transforms and knows nothing of Beam, orders, files or clocks.
//
// LANGUAGE.md beside this file tells the language of patterns, each feature with an
// example that the tests run. This page tells how the engine works.
//
// # From text to outcomes
//
//	text ─ syntax.Parse ─> syntax.Pattern ─ Compile ─> Prog ─ Prog.Matcher ─> Matcher
//
//	pattern, err := syntax.Parse("create followedBy pay within 10m")
//	prog, err := cep.Compile(pattern, cep.Config{Remember: 10 * time.Minute})
//	matcher := prog.Matcher()
//
// A [syntax.Pattern] is plain data. A [Prog] is what it is compiled to; it is immutable
// and may be shared. A [Matcher] runs it, with memory to work in; each goroutine has its
// own. What changes is a [State], one for each key, which the caller keeps. Time and
// events are given to it apart, and what comes of them is added to an [Output]:
//
//	matcher.Advance(key, &state, event.At, limit, &out) // time has come to event.At
//	result := matcher.Step(key, &state, &event, &out)   // and there is an event
//
// # Table and machine
//
// Package program compiles a pattern to states, and the ways between them that an event
// may take. The machine follows all ways that hold, so it runs every pattern.
//
// A run of one event, and nothing else, is nearly all that there is of open keys: the machine
// keeps it in a few words, and spreads it out where something happens to it.
//
// Most patterns leave no choice: steps under next and followedBy, each of one type that no
// other step has, with a window, and with conditions on the event alone. Such a pattern is
// run from a table, as package regexp runs some expressions as "onepass" programs beside
// its general machine. The table says for each step that a run waits for, and each kind of
// event, what to do. Its states are smaller. Both ways give the same: the tests run each
// pattern that has a table by the machine, too. Prog.String dumps what is run.
//
// # Runs and branches
//
// An event that the first step takes opens a run: with every each such event, else only
// where no run of the key is open. Where the pattern leaves a choice the run has several
// branches. A branch is a state of the program and the events that it has taken. Branches
// share what they have in common: an event is stored once, and what a branch has taken is
// a list from the last event back, of which others have the older part. So a key takes
// memory for its events and branches, and not for their product.
//
// An event is given to the runs in the order of their first events. A run ends with its
// last branch, or without every by its first match. [How] says how. Where a skip holds a
// match back, its run waits with it.
//
// # Windows
//
// With the first event at t0 the pattern's window is [t0, t0+within): at the deadline
// t0+within it is too late, one millisecond before in time. A link's window runs likewise,
// from the event that the branch took last, whatever way it has come. Deadlines are worked
// each at its own time, the earliest first, and before the events of that time.
// With Config.Window each run has a window of its own, which its first event gives.
//
// # The life of a run
//
// A match and a timeout are told always. Config says what else is, by outcomes of their own:
//
//   - Opened: a run has opened (Config.Started). It has the time of the first event.
//   - Reminded: a run is open at an age (Config.Remind) and has given no match. A deadline
//     of the same moment comes first, and then there is no reminder; events of the moment
//     come after it. It is the place in time that counts: a success whose event came late
//     may follow. Ages that have passed at the place where the run opened, that moment
//     included, are left out.
//   - Cancelled: a negation has ended a run (Config.Cancelled), which has given no match. Of
//     several branches the one is shown that had taken most. An event that a notFollowedBy
//     and a notNext forbid is shown as the latter.
//   - CalledOff: a timeout is resolved (Config.Resolve), for patterns whose runs end once. An
//     event has come that the shown branch waited for, by a step that it had not taken, or
//     that a notFollowedBy forbids which it stood under. It is the place in time that counts:
//     from the deadline to before Resolve after it, so that a payment which was made in time
//     and came late resolves, too. A timeout is resolved once. An event may resolve several,
//     and also open a run or be taken by one; else its class is Resolved. It is remembered
//     with the run that it resolved: Resolve lengthens that not. Of the run's events those
//     are kept that conditions may look at; else what Config.Name calls the timeout.
//
// Clocks differ, so a payment may carry a time before that of its order's create. With
// Config.Early an event of a later step, or of a notFollowedBy, that finds no run and resolves
// nothing is held ([Result].Held): until so long after its own time, and a late one, too,
// while its place in time is before that. A copy of it is a duplicate. Steps that take any
// type, and notNext, hold nothing. When a run opens, what is held is given to it at once, in
// the order of steps, times, ids and bytes, before the run's deadlines. It counts as of the
// first event's time where its own is before that; as what it came it is told of and looked
// at by conditions. It cancels the run as a negated step, and breaks nothing if it does not
// fit. What the run does not take, and what was held for as long as it may, is Late if it was
// late, Orphan, or of a negated step Other: Output.Decided says which, and AppendHeld what is
// held still. While a run has its first event alone, a late event that it would take, or be
// cancelled by, is so, too, if its time is before the first event's by less than Early.
//
// The outcomes of a run come in its order: that it has opened, its reminders, its end, what
// resolves it. Those of one moment come in the order of the first events of their runs.
//
// # Place in time
//
// Every event has an event time (Time) and a place in time (At), which is the event time
// or, for an event that came behind the watermark, the watermark when it came. An event
// with Time < At is late. Events of a key are to be given in the order of [Prog.Compare],
// each after Advance(At); then the result does not depend on how they arrived. A late
// event is applied where a key has one branch at most ([Prog.Straight]) and it contradicts
// nothing that was decided (see [Matcher.Step]). It never breaks a run.
//
// # Redelivery
//
// An event equal to one that a run took, that ended one by a negation, or that was its
// duplicate, is a redelivery: same type and id, or without ids the same bytes. The pattern
// never sees it. A run's events are remembered while it is open and for a time
// (Config.Remember) after its end. They are remembered by a 64-bit hash and compared
// within one key only, so that a chance collision needs about 10^18 events.
//
// # Bounds
//
// A key has at most Config.MaxBranches branches, and a branch at most MaxEvents events;
// MaxKept bounds what all branches of a key have taken, and MaxGiven the matches of one
// event. A run that would exceed a bound ends as Overflowed, without the event that was too
// much. What the branches of a run have in common is there once.
// What one event costs in conditions is bounded in package cond, and the size of a program
// in package program. By the table, the cost of an event does not depend on how many
// events its key has had; by the machine, it depends on the branches that are open.
//
// # Encoding
//
// States outlive processes and builds: State.AppendBinary encodes one, and
// [Prog.DecodeState] reads what this build and older ones have written. A state of the
// machine has a mark of its pattern, and the program of another one refuses it. The
// pattern's window is no part of the mark: with another one the states that there are go
// on. Open runs of the machine keep the deadline they have; the table has none in its
// states, and gives its open runs that of the new window. [Prog.Adopt] keeps it for them, and
// says from which age on there are reminders that were not there before. The machine reads
// what the table has written, but not the other way round: a state stays the machine's.
package cep
