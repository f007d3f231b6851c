// Package syntax has patterns as plain data and as text: [Pattern] is the data,
// [Parse] reads the text, and Pattern.String gives the canonical text back.
//
// # The language
//
//	pattern    = [ "every" ] sequence [ "within" DURATION ] [ "skip" skip ]
//	sequence   = element { link element | negation }
//	link       = ( "next" | "followedBy" | "followedByAny" ) [ "within" DURATION ]
//	negation   = ( "notNext" | "notFollowedBy" ) [ "within" DURATION ] step
//	element    = step [ quantifier ] | "(" sequence ")" [ quantifier ]
//	step       = ( TYPE { "|" TYPE } | "any" ) [ "[" CONDITION "]" ] [ "as" NAME ]
//	quantifier = ( "?" | "+" | "*" | "{" N "}" | "{" N "," [ M ] "}" ) { modifier }
//	modifier   = "optional" | "greedy" | "consecutive" | "combinations" | "until" "[" CONDITION "]"
//	skip       = "to" "next" | "past" "last" | "to" "first" NAME | "to" "last" NAME
//
// A TYPE is bare (letters, digits and _-.:/) or quoted as a Go string. The words of the
// links, and those of Flink CEP's API, are types in quotes only; so are any, and every
// as the first word. A NAME has letters, digits and _, no digit first, and is none of
// event, type, time, id, userId and orderId. A step without a name is called by its
// types, joined by "|". Conditions and skip can speak of steps that are called by what
// could be a NAME.
//
// A CONDITION is text of package cond. It ends at the "]" that closes it: brackets nest,
// and those in strings do not count. A DURATION is written as Go writes it, or as whole
// days: 90s, 1h30m, 2d.
//
// # The canonical text
//
// Forms that mean the same have one text, and one value:
//
//	{1}            nothing
//	{n,n}          {n}
//	{1,}           +
//	{0,}           *, as + optional
//	{0,1}          ?, as {1} optional
//	{0,m}          {1,m} optional
//	a as a         a
//
// Modifiers are in the order of the grammar, conditions without spaces around them, days
// as hours. A type is quoted where it has other characters, and where it is a word that
// has to be quoted, or had to be once (skip).
package syntax
