// Package transforms are the steps between a source of order events and the
// sinks of their outcomes, as Beam composites that any pipeline can use:
//
//	Decode      PCollection<string> -> (PCollection<[]order.Event>, PCollection<order.Reject>)
//	KeyByUser   PCollection<[]order.Event> -> PCollection<KV<int64, []byte>>
//	Match       PCollection<KV<int64, []byte>> -> (successes, timeouts, rejects, open)
//	Format...   PCollection<*order.Outcome>, ... -> PCollection<order.Message>
//
// What a match is stands in package cep. KeyByUser gathers the events of a bundle
// by shard of users (key.go), and Match is the stateful step over a shard
// (match.go).
//
// Package count has the names of all counters.
package transforms
