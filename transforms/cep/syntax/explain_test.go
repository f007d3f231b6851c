package syntax

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	for _, test := range []struct{ reason, text, noun, want string }{
		{"the default", `create followedBy pay within 10m`, "an order", `
An order is opened by create.
It succeeds when pay comes less than 10m later.
If it is still open 10m after its first event and has not succeeded, it times out.`},
		{"a negation", `create notFollowedBy cancel followedBy pay within 10m`, "an order", `
An order is opened by create.
It succeeds when pay comes less than 10m later, unless cancel comes first; then it is cancelled.
If it is still open 10m after its first event and has not succeeded, it times out.`},
		{"a condition, types, a name, strict", `create[total > 100] next pay|"cash on delivery" as paid within 10m`, "a user", `
A user is opened by create (where total > 100).
It succeeds when the very next event is pay or "cash on delivery" (called paid) less than 10m later; any other event breaks it off.
If it is still open 10m after its first event and has not succeeded, it times out.`},
		{"every, any, skip past last", `every create followedByAny pay within 10m skip past last`, "an order", `
Each create opens a run of an order, beside those that are open.
It succeeds when pay comes less than 10m later, and again with each further one in that time.
A success is given once no run is open that began before it, and removes the other runs and successes that began with its last event or before.
If it is still open 10m after its first event and has not succeeded, it times out.`},
		{"what does not come", `create notFollowedBy pay within 10m`, "an order", `
An order is opened by create.
It succeeds 10m after its first event, unless pay comes first; then it is cancelled.`},
		{"what does not come, by a window of its own", `pay followedBy ship notFollowedBy within 2d back`, "an order", `
An order is opened by pay.
Then comes ship.
It succeeds 48h after that, unless back comes first; then it is cancelled.`},
		{"both windows", `pay followedBy ship notFollowedBy within 2d back within 5d`, "an order", `
An order is opened by pay.
Then comes ship.
It succeeds 48h after that or 120h after its first event, whichever is earlier, unless back comes first; then it is cancelled.
If it is still open 120h after its first event and not all of that has come, it times out.`},
		{"what does not come next", `a notNext b within 5m`, "a key", `
A key is opened by a.
It succeeds with the next event, unless the very next event is b; then it is cancelled.
If it is still open 5m after its first event and has not succeeded, it times out.`},
		{"several negations", `a notNext b notFollowedBy any[x > 1] as c next d notNext e notFollowedBy f within 5m`, "a key", `
A key is opened by a.
Then comes, as the very next event, d, unless the very next event is b or any event (called c, where x > 1) comes first; then it is cancelled; any other event breaks it off.
It succeeds 5m after its first event, unless the very next event is e or f comes first; then it is cancelled.
If it is still open 5m after its first event and not all of that has come, it times out.`},
		{"one event", "every any[price >\n5] as peak", "a key", `
Each event (called peak, where price > 5) opens a run of a key, beside those that are open.
It succeeds at once.`},
		{"one event and a window", `a|b within 1m`, "a key", `
A key is opened by a or b.
It succeeds at once, so that the window of 1m does not matter.`},
		{"a loop", `fail{3,} consecutive followedBy login within 5m`, "a user", `
A user is opened by fail.
First comes fail 3 times or more, with no other event in between.
It succeeds when login comes.
If it is still open 5m after its first event and has not succeeded, it times out.`},
		{"windows of links", `create followedBy within 10m pay next within 48h ship`, "an order", `
An order is opened by create.
Then comes pay less than 10m later.
It succeeds when the very next event is ship less than 48h later; any other event breaks it off.
It times out when pay or ship has not come in its own time and it cannot go on without.`},
		{"a loop at the end", `a followedBy b{2,} within 5m`, "a key", `
A key is opened by a.
Then comes b 2 times or more.
It succeeds as soon as all of that has come as often as it has to.
If it is still open 5m after its first event and has not succeeded, it times out.`},
		{"any loop", `every a? followedBy b+ combinations within 1m skip to first b`, "a key", `
Each a or b opens a run of a key, beside those that are open.
First comes a once or not at all.
Then comes b once or more, in all combinations.
It succeeds whenever all of that has come, once for each way to take the events.
A success is given once no run is open that began before it, and removes the other runs and successes that began before its first b.
If it is still open 1m after its first event and has not succeeded, it times out.`},
		{"a group", `every (a notFollowedBy x followedBy within 5s b? next c){2,4} optional followedByAny within 1m d* greedy until[n > 5] within 1h skip to last d`, "a key", `
Each a or d opens a run of a key, beside those that are open.
First comes (a, then b once or not at all, less than 5s later, unless x comes first, then, as the very next event, c) 2 to 4 times or not at all.
Then comes, though others that fit may be passed over, d once or more or not at all, and an event that fits is not left to what follows, until an event where n > 5, each less than 1m after the event before.
It succeeds whenever all of that has come, once for each way to take the events.
A success is given once no run is open that began before it, and removes the other runs and successes that began before its last d.
If it is still open 1h after its first event and has not succeeded, it times out.
It also times out when b or d has not come in its own time and it cannot go on without.`},
		{"groups", `(a{2} next (b followedByAny c)) followedBy within 1m (d)+ until[e] followedBy f within 1h`, "a key", `
A key is opened by a.
First comes (a 2 times, then, as the very next event, (b, then, though others that fit may be passed over, c)).
Then comes (d) once or more, until an event where e, each round begun less than 1m after the event before.
It succeeds when f comes.
If it is still open 1h after its first event and has not succeeded, it times out.
It also times out when d has not come in its own time and it cannot go on without.`},
		{"skip to next", `every a followedBy b within 1m skip to next`, "a key", `
Each a opens a run of a key, beside those that are open.
It succeeds when b comes less than 1m later.
A success is given once no run is open that began before it, and removes the other runs and successes that began with its first event or before.
If it is still open 1m after its first event and has not succeeded, it times out.`},
	} {
		if got := strings.Join(MustParse(test.text).Explain(test.noun), "\n"); "\n"+got != test.want {
			t.Errorf("%s:\ngot:  %s\nwant: %s", test.reason, got, test.want)
		}
	}
}

// TestExplainSaysAll checks that each part of random patterns is in some sentence, on one
// line.
func TestExplainSaysAll(t *testing.T) {
	for seed := range uint64(5000) {
		p := randomPattern(rand.New(rand.NewPCG(seed, 2)))
		if p.Validate() != nil {
			continue
		}
		said := p.Explain("a key")
		text := strings.Join(said, " ")
		for _, part := range parts(p) {
			if !strings.Contains(text, part) {
				t.Errorf("seed %d: %v: nothing about %s:\n%s", seed, p, part, strings.Join(said, "\n"))
			}
		}
		if slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "\n") || !strings.HasSuffix(s, ".") }) {
			t.Errorf("seed %d: %v: want sentences of a line:\n%s", seed, p, strings.Join(said, "\n"))
		}
	}
}

// parts returns what of a pattern stands in its explanation as it is.
func parts(p Pattern) []string {
	all := []string{p.Skip.Step}
	for _, d := range p.windows() {
		all = append(all, FormatDuration(d))
	}
	for _, place := range p.Places() {
		all = append(all, place.Step.As, place.Step.Where)
		for _, t := range place.Step.Types {
			all = append(all, quoteType(t))
		}
	}
	for _, u := range p.Untils() {
		all = append(all, u.Where)
	}
	return all
}

// windows returns the windows of the pattern and its links.
func (p Pattern) windows() []time.Duration {
	var all []time.Duration
	if p.Within > 0 {
		all = append(all, p.Within)
	}
	for _, place := range p.Places() {
		if place.Within > 0 {
			all = append(all, place.Within)
		}
	}
	return all
}

// A window that differs from run to run is called by its name wherever that of the pattern
// would stand, and those of links are not.
func TestExplainWithin(t *testing.T) {
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"create followedBy pay within 10m", []string{"An order is opened by create.", "It succeeds when pay comes less than W later.",
			"If it is still open W after its first event and has not succeeded, it times out."}},
		{"create followedBy within 10m pay notFollowedBy within 10m ship within 10m", []string{"An order is opened by create.", "Then comes pay less than 10m later.",
			"It succeeds 10m after that or W after its first event, whichever is earlier, unless ship comes first; then it is cancelled.",
			"If it is still open W after its first event and not all of that has come, it times out.", "It also times out when pay has not come in its own time and it cannot go on without."}},
		{"create within 10m", []string{"An order is opened by create.", "It succeeds at once, so that the window of W does not matter."}},
	} {
		if diff := cmp.Diff(test.want, MustParse(test.pattern).ExplainWithin("an order", "W")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.pattern, diff)
		}
	}
}
