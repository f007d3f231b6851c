package syntax

import (
	"fmt"
	"strings"
	"testing"
)

const (
	wantInside = "want next, followedBy, followedByAny, notNext, notFollowedBy"
	wantEnd    = wantInside + ", within or the end of the pattern"
)

// TestParseErrors has texts with "^" before the character that the error is about.
func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// What was refused before there were quantifiers.
		{"create ^then pay within 10m", `unexpected "then": ` + wantEnd},
		{"äöü ^then b within 1s", `unexpected "then": ` + wantEnd},
		{"a next b ^then c within 1s", `unexpected "then": ` + wantEnd},
		{"create followedBy ^times within 10m", `unexpected keyword "times": want an event type (in quotes if it is one)`},
		{"a next b ^times(3) within 1s", `unexpected "times": ` + wantEnd + `, or in its place {n} or {n,m} behind the step`},
		{"a ^where x", `unexpected "where": ` + wantEnd + `, or in its place [condition] behind the step`},
		{"^", "unexpected end of pattern: want an event type"},
		{"a next^", "unexpected end of pattern: want an event type"},
		{"a next b within^", "got end of pattern: want a duration such as 10m, 1h30m or 2d"},
		{"a next b within ^10", `got "10": want a duration such as 10m, 1h30m or 2d`},
		{"a next b within ^\"10m\"", `got "10m": want a duration such as 10m, 1h30m or 2d`},
		{"a next b within ^1d2h", `got "1d2h": want a duration such as 10m, 1h30m or 2d`},
		{"a next b within ^106752d", `got "106752d": want a duration such as 10m, 1h30m or 2d`},
		{"a next b within ^-1d", `got "-1d": want a duration such as 10m, 1h30m or 2d`},
		{"a next b within ^0d", "within 0d: want whole milliseconds, at least one"},
		{"a next b within ^0s", "within 0s: want whole milliseconds, at least one"},
		{"a next b within ^-5m", "within -5m: want whole milliseconds, at least one"},
		{"a next b within ^1500us", "within 1500us: want whole milliseconds, at least one"},
		{"a next b within 1s ^c", `unexpected "c": want skip or the end of the pattern`},
		{"a next within ^within 1s", `got "within": want a duration such as 10m, 1h30m or 2d`},
		{`^"" next b within 1s`, "empty event type"},
		{`a next ^"b within 1s`, "quoted event type does not end or has a wrong escape: want a Go string"},
		{"a next ^%b", `unexpected "%": want an event type, quoted where it has other characters than letters, digits and _-.:/`},
		{"a next b ^;", `unexpected ";": ` + wantEnd},

		// Words.
		{"a ^folowedBy b", `unexpected "folowedBy": did you mean followedBy?`},
		{"a ^followedby b", `unexpected "followedby": did you mean followedBy?`},
		{"a next b ^wihtin 5m", `unexpected "wihtin": did you mean within?`},
		{"a+ ^gredy next b", `unexpected "gredy": did you mean greedy?`},
		{"^evry a next b", `unexpected "evry" at the start: did you mean every?`},
		{" ^evrey (a next b)+", `unexpected "evrey" at the start: did you mean every?`},
		{"every ^next a", `unexpected "next" behind every: want an event type or "(", or quotes around "every" if it is an event type`},
		{"every^", `unexpected end of pattern behind every: want an event type or "(", or quotes around "every" if it is an event type`},

		// Steps.
		{"a next b next ^a", `a second step called "a": want another name, by as`},
		{"a next (b next ^a)", `a second step called "a": want another name, by as`},
		{"a notNext ^a", `a second step called "a": want another name, by as`},
		{"a as b next ^b", `a second step called "b": want another name, by as`},
		{"a|b next ^\"a|b\"", `a second step called "a|b": want another name, by as`},
		{"any next ^any", `a second step called "any": want another name, by as`},
		{"a|^a", `event type "a" twice in one step: want each type once`},
		{"a|^any", `unexpected "any": want an event type (in quotes if it is one)`},
		{"any^|a", `"|" behind any: want any alone, or "any" in quotes if it is an event type`},
		{"a|^", "unexpected end of pattern: want an event type"},
		{"a as ^x-y", `step named "x-y": want letters, digits and _, no digit first`},
		{"a as ^1st", `step named "1st": want letters, digits and _, no digit first`},
		{"a as ^time", `step named "time": want another name, in conditions that is the current event's`},
		{"a as ^\"b\"", `unexpected "b" behind as: want a name`},
		{"a as^", `unexpected end of pattern behind as: want a name`},
		{"a as b ^as c", "unexpected as: want a name behind an event type or its condition"},
		{"a+ ^as b", "unexpected as: want a name behind an event type or its condition"},
		{"(a) ^as b", "unexpected as: want a name behind an event type or its condition"},

		// Conditions.
		{"a^[total > 1", `condition without an end: want a "]" outside of its strings, and each "[" in it closed`},
		{"a^[x[1]", `condition without an end: want a "]" outside of its strings, and each "[" in it closed`},
		{`a^[x == "]`, `condition without an end: want a "]" outside of its strings, and each "[" in it closed`},
		{"a^[ ]", "empty condition: want an expression between the brackets"},
		{"a[x > 1]^]", `unexpected "]": ` + wantEnd},
		{"a+^[x]", "unexpected condition: want it right behind an event type"},
		{"(a next b)^[x]", "unexpected condition: want it right behind an event type"},
		{"a as b^[x]", "unexpected condition: want it right behind an event type"},

		{"ä[ x >^]", "got the end: want the rest of the condition"},
		{"every a+ until[ x y] next b^[", `condition without an end: want a "]" outside of its strings, and each "[" in it closed`},
		{"every ä[x]+ until[  y ^z]", `unexpected token Identifier("z")`},
		{"create next pay[ ^pay.n > 3]", "pay is the step itself: want members of the current event bare, such as amount (one called pay: event.pay)"},
		{"create[^pay.n > 3] next pay", "pay comes later in the pattern: want members of the current event bare, such as amount (one called pay: event.pay)"},
		{"create notNext x next pay[1 == ^x.n]", "x is a negated step, which takes no event: want members of the current event bare, such as amount (one called x: event.x)"},
		{"a[x]^\xff", "unexpected \"\\xff\": " + wantEnd},
		{"a[^x\xff]", "condition is no valid UTF-8"},

		// Quantifiers.
		{"a{^0} next b", "0 times: want 1 to 1000"},
		{"a{0,^0} next b", `got "0": want a number from 1 to 1000`},
		{"a{3,^2} next b", `got "2": want a number from 3 to 1000`},
		{"a{1,^1001} next b", `got "1001": want a number from 1 to 1000`},
		{"a{^1001} next b", `got "1001": want a number from 1 to 1000`},
		{"a{^-1} next b", `got "-1": want a number from 1 to 1000`},
		{"a{^x} next b", `got "x": want a number from 1 to 1000`},
		{"a{^,2} next b", `got ",": want a number from 1 to 1000`},
		{"a{2 ^next b", `unexpected "next": want "," or "}"`},
		{"a{2^", `unexpected end of pattern: want "," or "}"`},
		{"a{2,3^;} next b", `unexpected ";": want "}"`},
		{"a+^? next b", `a second quantifier "?": want one`},
		{"a+ greedy^{2} next b", `a second quantifier "{": want one`},
		{"(a next b)+^+ next c", `a second quantifier "+": want one`},
		{"every a? ^optional", "optional behind what may be left out as it is: want one of the two"},
		{"every a* ^optional", "optional behind what may be left out as it is: want one of the two"},
		{"every a{0,2} ^optional", "optional behind what may be left out as it is: want one of the two"},
		{"every a+ optional ^optional", "optional twice: want it once"},
		{"every a+ greedy ^greedy", "greedy twice: want it once"},
		{"every a+ until[x] ^until[y]", "until twice: want it once"},
		{"every a+ consecutive ^combinations", "consecutive and combinations: want one of the two"},
		{"every a+ combinations ^consecutive", "consecutive and combinations: want one of the two"},
		{"every a+ greedy ^combinations", "greedy and combinations: want one of the two"},
		{"every a+ combinations ^greedy", "greedy and combinations: want one of the two"},
		{"a ^greedy next b", "greedy without a quantifier: want ?, +, *, {n}, {n,} or {n,m} before it"},
		{"a ^optional next b", "optional without a quantifier: want ?, +, *, {n}, {n,} or {n,m} before it"},
		{"a? ^greedy next b", "greedy without a loop: want a quantifier that can take more than one event"},
		{"a{1} ^consecutive next b", "consecutive without a loop: want a quantifier that can take more than one event"},
		{"a? ^combinations next b", "combinations without a loop: want a quantifier that can take more than one event"},
		{"a? ^until[x] next b", "until without a loop: want a quantifier that can take more than one event"},
		{"a{2,4} ^until[x] next b", "until on a loop that ends at 4: want a loop without an upper bound"},
		{"a{2} ^until[x] next b", "until on a loop that ends at 2: want a loop without an upper bound"},
		{"a+ until ^x next b", `unexpected "x" behind until: want "[" and a condition`},
		{"(a next b)+ ^greedy next c", "greedy on a group: want it on a step's loop"},
		{"a+ greedy next b^?", "optional element right behind a greedy loop: want a step between them, or one of the two without that"},
		{"every a+ greedy next b^*", "optional element right behind a greedy loop: want a step between them, or one of the two without that"},
		{"every a{2} greedy next (b next c)^{0,3}", "optional element right behind a greedy loop: want a step between them, or one of the two without that"},

		// Negations.
		{"a notFollowedBy b^+ next c", `quantifier "+" on a negation: want notFollowedBy of one step, once`},
		{"a notNext b^? next c", `quantifier "?" on a negation: want notNext of one step, once`},
		{"a notNext b ^optional next c", `quantifier "optional" on a negation: want notNext of one step, once`},
		{"a notNext ^(b next c)", `unexpected "(": want an event type: a negation is of one step`},
		{"^notNext b next c", `unexpected keyword "notNext": want an event type (in quotes if it is one)`},
		{"every a? ^notFollowedBy b next c", "notFollowedBy right behind an optional element: want one between them that is not"},
		{"every a{0,2} ^notNext b next c", "notNext right behind an optional element: want one between them that is not"},
		{"every (a next b)* ^notNext x next c", "notNext right behind an optional element: want one between them that is not"},
		{"(a notFollowedBy b^) next c", "group that ends in notFollowedBy: want a step behind that"},
		{"(a notNext b^) next c", "group that ends in notNext: want a step behind that"},
		{"a notNext ^within 5m b", "window of notNext: want one on a last notFollowedBy only"},
		{"a notFollowedBy within ^5m b next c", "window of a negation with something behind it: want one on a last notFollowedBy only"},
		{"a notFollowedBy within ^5m b notNext c", "window of a negation with something behind it: want one on a last notFollowedBy only"},
		{"(a next b notFollowedBy within 5m x^) next c", "group that ends in notFollowedBy: want a step behind that"},

		// Groups.
		{"(a next b^", `unexpected end of pattern: ` + wantInside + ` or ")"`},
		{"(a next b ^within 5m) next c", `unexpected within: ` + wantInside + ` or ")"`},
		{"(^)", `unexpected ")": want an event type, quoted where it has other characters than letters, digits and _-.:/`},
		{"a next b^)", `unexpected ")": ` + wantEnd},
		{strings.Repeat("(", 100) + "^(a", "groups in each other: want at most 100"},

		{"^a" + strings.Repeat("b", MaxText), "text of 65537 bytes: want at most 65536"},
		{"s next " + strings.Join(numbered(MaxSteps-1), " next ") + " next ^z", "steps in the pattern: want at most 1000"},

		// Windows.
		{"a followedBy within ^2m b within 1m", "window 2m in a pattern within 1m: want at most that"},
		{"a next (b followedBy within ^61s c) within 1m", "window 1m1s in a pattern within 1m: want at most that"},
		{"a notFollowedBy within ^2m b within 1m", "window 2m in a pattern within 1m: want at most that"},
		{"a next within ^0s b within 1m", "within 0s: want whole milliseconds, at least one"},
		{"^within 1m", `unexpected keyword "within": want an event type (in quotes if it is one)`},

		// The end of a pattern without every.
		{"a next b^? within 1m", "last element may be left out, in a pattern without every: want every, or a last element that has to come"},
		{"a next b^{0,5} within 1m", "last element may be left out, in a pattern without every: want every, or a last element that has to come"},
		{"a^* greedy within 1m", "last element may be left out, in a pattern without every: want every, or a last element that has to come"},
		{"a? next (b? next c?)^{2} within 1m", "last element may be left out, in a pattern without every: want every, or a last element that has to come"},
		{"a next b^{2,4} within 1m", "last element from n to m times, in a pattern without every, where the first match ends the run: want every, {n} or {n,}"},
		{"a next b^{1,2} within 1m", "last element from n to m times, in a pattern without every, where the first match ends the run: want every, {n} or {n,}"},
		{"a next (b next c){1} next (d next e^{1,2}){1} within 1m", "last element from n to m times, in a pattern without every, where the first match ends the run: want every, {n} or {n,}"},
		{"a next b^+ until[x] within 1m", "until at the end of a pattern without every, where the first match ends the run: want every, or no until"},
		{"a next (b next c)^{2,} until[x] within 1m", "until at the end of a pattern without every, where the first match ends the run: want every, or no until"},

		// skip.
		{"a next b within 1m ^skip past last", "skip without every: want every before the first step (without it there is one run at a time)"},
		{"a next b ^skip past last", "skip without every: want every before the first step (without it there is one run at a time)"},
		{"every a next b skip past last ^within 1m", "unexpected within: want the end of the pattern"},
		{"every a next b skip past^", "unexpected end of pattern behind skip past: want last"},
		{"every a next b skip^", "unexpected end of pattern behind skip: want to next, past last, to first STEP or to last STEP"},
		{"every a next b skip ^pst last", `unexpected "pst" behind skip: did you mean past?`},
		{"every a next b skip past ^next", `unexpected "next" behind skip past: want last`},
		{"every a next b skip to ^frist b", `unexpected "frist" behind skip to: did you mean first?`},
		{"every a next b skip to ^b", `unexpected "b" behind skip to: want next, first STEP or last STEP`},
		{"every create next b skip to last ^crete", `skip to an unknown step "crete": did you mean create?`},
		{"every a next b skip to last ^xxx", `skip to an unknown step "xxx": want a or b`},
		{"every a notNext x next b skip to last ^x", `skip to step "x", which is negated: want one that takes events`},
		{"every a next b-c skip to last ^b-c", `skip to step "b-c", which is no name of letters, digits and _, or one of the current event's: want a name by as`},
		{"every a next type skip to last ^type", `skip to step "type", which is no name of letters, digits and _, or one of the current event's: want a name by as`},
		{"every a next b skip to first^", "unexpected end of pattern: want the name of a step"},
		{"every a next b skip to next ^b", `unexpected "b": want the end of the pattern`},
	} {
		before, _, ok := strings.Cut(test.text, "^")
		text := strings.Replace(test.text, "^", "", 1)
		want := fmt.Sprintf("cep: column %d: %s", len([]rune(before))+1, test.want)
		if !ok {
			t.Errorf("%q: no mark", test.text)
		}
		_, err := Parse(text)
		if err == nil || err.Error() != want {
			t.Errorf("Parse(%q):\ngot:  %v\nwant: %s", text, err, want)
		}
	}
}

// numbered returns n types that differ.
func numbered(n int) []string {
	types := make([]string, n)
	for i := range types {
		types[i] = fmt.Sprintf("s%d", i)
	}
	return types
}
