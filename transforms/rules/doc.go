// Package rules reads files of rules: several patterns over one stream of events, each with
// what it tells.
//
//	input:
//	  types: {order.created: create}   # the types of the events as the patterns name them
//	  fields: {orderId: order.id}      # where they have their members; format: the format
//	rules:
//	  - name: unpaid                   # in outcomes, counters and metrics
//	    pattern: create notFollowedBy cancel followedBy pay within 10m
//	    key: order                     # user (default), or order: its id alone
//	    within: 48h                    # in place of the pattern's window, or an expression: below
//	    remind: [5m, 8m]               # ages of an open order at which there is a reminder
//	    resolve: 24h                   # for how long after a timeout it may still be resolved
//	    early: 5s                      # how much before the first event a later one may come
//	    outcomes: [timeout, resolved]  # the kinds that are given; default all but started
//	    labels: {team: customer-care}  # texts that each outcome has
//	  - name: unshipped
//	    pattern: pay followedBy ship within 2d
//
// The file is YAML of the plain kind, and so may be JSON: one document; names that are not
// known or stand twice, anchors, aliases, merge keys and tags are faults. [Parse] tells of all
// faults at once, each with its place.
//
// within may be an expression of package cond over the first event of a run, which gives that
// run its window:
//
//	within: 'channel == "b2b" ? "48h" : "10m"'
//
// Where it fails on an event the pattern's own window holds, which there has to be.
//
// [Rule.Explain] says what a rule means, and [Change] what becomes of open orders when the
// rules of a run change.
package rules
