// Package shard runs rules, each a pattern, over the keys of one shard: it puts events that
// come in any order into their places in time, gives each to the states of its
// key, and lets deadlines expire. Each rule has a lane of its own, with the states of its
// keys; the events are those of all. It is all of the stateful step that does not
// need Beam, so that it can be tested without it.
//
// A shard works in ticks. Events come in batches ([Batch], [Shard.Add]) and wait.
// At tick P, which is due once the watermark has reached P, [Shard.Tick] applies
// the events with a place before P, in their order, and expires the deadlines up
// to P. What comes out does not depend on the ticks or on the batches, only on
// the events: a tick that is left out is made up for by the next one.
//
// A shard is a pure function of its log: the batches that it was given and the
// ticks that it went through ([TickRecord]), or a snapshot and what came after it
// ([Restore]). So the one in memory can be thrown away at
// any moment. Package replica does so.
package shard
