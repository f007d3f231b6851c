// Package whole is the contract of the whole pattern language stated a second time, as
// plainly as possible, for tests. [Pattern.Run] says what a log comes to: the matches,
// the timeouts, the class of each event and the end of each run. It shares no code with
// what it checks, and has no encoding, no sharing and no counts: a branch is the list of
// the events that it took and the list of the ways by which it may go on, and all is
// found by walking lists.
//
//	p, err := whole.Parse("every a+ followedBy b within 100ms")
//	stamped, last := ceptest.Stamp(log, 5, 0)
//	want := p.Run(stamped, ceptest.AtEnd(last))
//
// Its files, in the order in which they are best read:
//
//   - pattern.go, parse.go, condition.go: patterns, and their text
//   - way.go: by which ways a branch may go on
//   - branch.go: what an event and a deadline do to a branch
//   - key.go, moment.go, skip.go: what they do to the runs of a key
//   - class.go, late.go: what becomes of the event
//   - life.go, resolve.go, early.go: what is told of runs beside that, by setting
//   - timeline.go, timelinetext.go: scenarios as text, for the model and for what it checks
//   - random.go, randomlog.go: patterns and logs by chance
//
// Times are in milliseconds.
package whole
