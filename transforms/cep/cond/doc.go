// Package cond has the conditions of patterns, such as
//
//	total > 100 && currency == "EUR"
//	time - create.time < duration("5m") && sum(fails, .amount) > create.total
//
// They are expressions of github.com/expr-lang/expr. [Compile] makes a [Cond] of text, and
// an [Evaluator] evaluates it on events. The package knows no format of events: who does
// gives it [Fields].
//
// # Names
//
//   - total: a member of the current event, nil where it is absent or null
//   - event: the whole of it, for members with other names: event["x-y"]
//   - type, time, id, userId, orderId: what the pipeline has decoded, in event, too. time
//     is a time in UTC; an absent id is ""
//   - the name of a step: the event that the branch has taken for it, or nil; where the
//     step can take several the list of them. It hides a member of that name, which is
//     event.NAME. Earlier events have all that the current one has: create.time
//
// # Failing
//
// A condition that cannot be evaluated on an event is an error, and false: one that
// compares what is absent, or has a value of a wrong type or a result that is not true or
// false. A slip in a name is so told and not silently false. All operators fail that are
// given what is absent, but for these, by which a condition says that it may be:
//
//	coupon == nil               whether it is absent
//	(coupon ?? "") == "x"       another value in its place
//	event?.coupon != "x"        behind ?. what is absent equals nothing, is in no list,
//	                            and contains nothing
//
// # A function of the events alone
//
// A condition gives the same on every machine, at any time, as often as it is evaluated.
// now and timezone are refused, and so are the methods Local and In of a time. A date that
// names no offset is one in UTC. Objects have their members in the order of the names
// where a function makes a list of them.
//
// # Durations
//
// [CompileDuration] makes an expression that gives a duration instead, in the same language:
//
//	channel == "b2b" ? "48h" : "10m"
//
// # Bounds
//
// No event can stall who evaluates. Text that nests deeply, has more than [MaxNodes] nodes, a
// range, repeat, a regular expression that is not written down, or a function over a list
// inside another's predicate is refused. The lists of steps that a condition names are
// charged to the current event before it is evaluated, those of members where a function
// goes through them: [MaxElements] in all. What else can take long or much memory (going
// through long texts and lists, making them, predicates) is charged before it is done, to
// a bound that is worth about a second. Beyond a bound a condition fails. What is charged
// depends on the condition and the events alone.
package cond
