// Package replica works the shards of a stateful step. The log of a shard is in a
// [Store] that the runner keeps; its replica, the shard that the log leads to, is in the
// memory of a worker. It knows neither Beam nor clocks, so that it can be tested
// without a runner.
//
// The log is the truth. Each bundle that adds to a log adds a version, too, which is a
// random number. A replica knows the versions of the log that it was made from. If they
// are not those in the store, the replica is thrown away before anything comes out of it,
// and made anew from the log: a bundle has failed, another worker went on, or the process
// has started again. So a replica can be absent, but never wrong.
//
// A batch of events goes like this:
//
//   - [Shards.Add] appends it to the log and says which [Timer] is to be set. If the
//     source promises that the watermark will reach that tick, the replica begins the
//     tick at once, in the background. That is the early tick.
//   - [Shards.Tick] is called when the timer fires. It finishes the tick, or does all of
//     it, hands on what comes of it in chunks, and appends the tick to the log. Not
//     before this call does the log know of the tick: if the bundle fails, what was done
//     early is lost with the replica, and is done again.
//   - The log grows until it is worth a snapshot, which then replaces it.
package replica
