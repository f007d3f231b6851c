// Package transforms are the steps between a source of order events and the
// sinks of their outcomes, as Beam composites that any pipeline can use:
//
//	Decode      PCollection<string> -> (PCollection<[]order.Event>, PCollection<order.Reject>)
//	Match       PCollection<[]order.Event> -> (successes, timeouts, rejects, open)
//	Format...   PCollection<*order.Outcome>, ... -> PCollection<order.Message>
//
// What a match is stands in package cep. Match keys the events by shard of users and
// gathers them in batches (key.go). The stateful step then works a shard at a time
// (match.go), with its state in memory and in the log of package shard/replica.
//
// Package count has the names of all counters.
package transforms
