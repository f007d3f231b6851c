// Package transforms finds patterns of events in time, as Beam composites that any
// pipeline can use. For events of any kind there is
//
//	FindPattern PCollection<KV<string, cep.Event>> -> (matches, timeouts, rejects)
//
// and for orders, which have a format of their own, the steps between a source of events
// and the sinks of their outcomes:
//
//	Decode      PCollection<string> -> (PCollection<[]order.Event>, PCollection<order.Reject>)
//	Match       PCollection<[]order.Event> -> Matched: the kinds of outcome, rejects, open
//	Format...   PCollection<*order.Outcome>, ... -> PCollection<order.Message>
//
// # As a library
//
// Three failed logins of an account and then a success take a function that makes events
// of what the pipeline has, and a pattern in the language of package cep:
//
//	func eventOf(l Login) (string, cep.Event) {
//		return l.Account, cep.Event{Type: l.Result, Time: l.At.UnixMilli(), Data: l.JSON}
//	}
//
//	c := transforms.PatternConfig{Pattern: `fail[method == "password"]{3} consecutive followedBy login within 5m`}
//	matches, timeouts, rejects := transforms.FindPattern(s, beam.ParDo(s, eventOf, logins), c)
//
// The example of FindPattern is a whole program. Each key is matched by itself, so the key
// decides what a pattern is about: an account, a device, a session. What FindPattern gives are
// values of PatternOutcome and PatternReject. It works on bounded and unbounded input, in
// event time: see there for late events and the end of the input. It needs a runner with
// state and event-time timers, such as Prism or Flink; the direct runner of Go has none.
//
// # How they work
//
// What a match is stands in package cep. Match keys the events by shard of users and
// gathers them in batches (key.go). The stateful step then works a shard at a time
// (match.go), with its state in memory and in the log of package shard/replica. FindPattern
// does so, too (pattern.go): it differs in what goes in and what comes out.
//
// Package count has the names of all counters.
package transforms
