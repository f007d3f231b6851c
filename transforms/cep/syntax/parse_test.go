package syntax

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// step is an element that is one step of that type.
func step(link Link, eventType string) Element {
	return Element{Link: link, Step: Step{Types: []string{eventType}}}
}

// loop returns e with a quantifier.
func (e Element) loop(q Quantifier) Element {
	e.Loop = q
	return e
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		reason, text string
		want         Pattern
		canonical    string // "": the text itself
	}{
		{"the default", "create followedBy pay within 10m",
			Pattern{Sequence: []Element{step(Begin, "create"), step(FollowedBy, "pay")}, Within: 10 * time.Minute}, ""},
		{"two links, three steps", "a next b followedBy c within 1h30m",
			Pattern{Sequence: []Element{step(Begin, "a"), step(Next, "b"), step(FollowedBy, "c")}, Within: 90 * time.Minute}, ""},
		{"white space of any kind", "\ta\n next  b within\u00a010s ",
			Pattern{Sequence: []Element{step(Begin, "a"), step(Next, "b")}, Within: 10 * time.Second}, "a next b within 10s"},
		{"quotes for spaces and keywords", `"order created" followedBy "next" within 1ms`,
			Pattern{Sequence: []Element{step(Begin, "order created"), step(FollowedBy, "next")}, Within: time.Millisecond}, ""},
		{"raw quotes", "`a\"b` next \"\\t\" within 1ms",
			Pattern{Sequence: []Element{step(Begin, `a"b`), step(Next, "\t")}, Within: time.Millisecond}, `"a\"b" next "\t" within 1ms`},
		{"letters of all scripts, digits and _-.:/", "заказ-1 next v1.order:paid/x_y within 1ms",
			Pattern{Sequence: []Element{step(Begin, "заказ-1"), step(Next, "v1.order:paid/x_y")}, Within: time.Millisecond}, ""},
		{"needless quotes", `"a" next "b" within 60s`,
			Pattern{Sequence: []Element{step(Begin, "a"), step(Next, "b")}, Within: time.Minute}, "a next b within 1m"},
		{"whole days", "pay followedBy ship within 2d",
			Pattern{Sequence: []Element{step(Begin, "pay"), step(FollowedBy, "ship")}, Within: 48 * time.Hour}, "pay followedBy ship within 48h"},

		{"every, one step, any, a condition, a name", `every any[ price > 5 && x["]"][0] != ']' ] as peak within 1s`,
			Pattern{Every: true, Within: time.Second,
				Sequence: []Element{{Step: Step{Where: `price > 5 && x["]"][0] != ']'`, As: "peak"}}}},
			`every any[price > 5 && x["]"][0] != ']'] as peak within 1s`},
		{"types", `pay | "cash on delivery"|cod next x`,
			Pattern{Sequence: []Element{{Step: Step{Types: []string{"pay", "cash on delivery", "cod"}}}, step(Next, "x")}},
			`pay|"cash on delivery"|cod next x`},
		{"a link's window, a negation's", "a followedByAny within 60s b notNext c notFollowedBy within 2m d within 1h",
			Pattern{Within: time.Hour, Sequence: []Element{step(Begin, "a"),
				{Link: FollowedByAny, Within: time.Minute, Step: Step{Types: []string{"b"}}}, step(NotNext, "c"),
				{Link: NotFollowedBy, Within: 2 * time.Minute, Step: Step{Types: []string{"d"}}}}},
			"a followedByAny within 1m b notNext c notFollowedBy within 2m d within 1h"},
		{"a group in a group", "every (a followedBy (b next c){2})+ within 1m skip past last",
			Pattern{Every: true, Within: time.Minute, Skip: Skip{To: SkipPastLast}, Sequence: []Element{{
				Group: []Element{step(Begin, "a"), {Link: FollowedBy,
					Group: []Element{step(Begin, "b"), step(Next, "c")}, Loop: Quantifier{Min: 2, Max: 2}}},
				Loop: Quantifier{Min: 1, Max: Unbounded}}}}, ""},
		{"all modifiers", "every a{ 2, } until [x>1] consecutive greedy optional within 1m",
			Pattern{Every: true, Within: time.Minute, Sequence: []Element{
				step(Begin, "a").loop(Quantifier{2, Unbounded, true, true, Consecutive, "x>1"})}},
			"every a{2,} optional greedy consecutive until[x>1] within 1m"},
		{"the words of the grammar as types", "as next to next past next first next last next combinations next skip as s next any as any2",
			Pattern{Sequence: []Element{step(Begin, "as"), step(Next, "to"), step(Next, "past"), step(Next, "first"), step(Next, "last"),
				step(Next, "combinations"), {Link: Next, Step: Step{Types: []string{"skip"}, As: "s"}}, {Link: Next, Step: Step{As: "any2"}}}},
			`as next to next past next first next last next combinations next "skip" as s next any as any2`},
		{"every as a type", `"every" next a`, Pattern{Sequence: []Element{step(Begin, "every"), step(Next, "a")}}, ""},
		{"every as a type behind every", "every every next a",
			Pattern{Every: true, Sequence: []Element{step(Begin, "every"), step(Next, "a")}}, ""},
		{"every as a type later", "a next every", Pattern{Sequence: []Element{step(Begin, "a"), step(Next, "every")}}, ""},
		{"any as a type", `"any" next any as x`,
			Pattern{Sequence: []Element{step(Begin, "any"), {Link: Next, Step: Step{As: "x"}}}}, ""},
	} {
		got, err := Parse(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		want := test.canonical
		if want == "" {
			want = test.text
		}
		if got.String() != want {
			t.Errorf("%s: String() = %q, want %q", test.reason, got.String(), want)
		}
	}
}

// TestCanonical has forms that are equal.
func TestCanonical(t *testing.T) {
	for _, test := range []struct{ canonical, others string }{
		{"every a within 1s", "every a{1} within 1s; every a{1,1} within 1000ms; every a as a{01} within 1s"},
		{"every a{2} within 1s", "every a{2,2} within 1s; every a { 2 , 2 } within 1s"},
		{"every a+ within 1s", "every a{1,} within 1s"},
		{"every a* within 1s", "every a{0,} within 1s; every a+ optional within 1s; every a{1,} optional within 1s"},
		{"every a? within 1s", "every a{0,1} within 1s; every a{1} optional within 1s; every a{1,1} optional within 1s"},
		{"every a{1,4} optional within 1s", "every a{0,4} within 1s"},
		{"every a{2,} optional within 1s", "every a{2,} optional within 1s"},
		{"every a* greedy within 1s", "every a+ greedy optional within 1s; every a{0,} greedy within 1s"},
		{"every a+ combinations until[x] within 1s", "every a+ until[ x\t] combinations within 1s"},
		{"every (a next b)? within 1s", "every ( a next b ){0,1} within 1s"},
		{"a as b next c within 1s", "a as\nb next c within 1s"},
		{"a[x] as b{3} next c within 24h", "a [x] as b {3} next c within 1d"},
	} {
		for other := range strings.SplitSeq(test.canonical+";"+test.others, ";") {
			p, err := Parse(other)
			if err != nil || p.String() != test.canonical {
				t.Errorf("Parse(%q) = %v, %v, want %s", other, p, err, test.canonical)
			}
		}
	}
}

// TestAccepted has what is just not refused.
func TestAccepted(t *testing.T) {
	steps := "s0"
	for i := range MaxSteps - 1 {
		steps += fmt.Sprintf(" next s%d", i+1)
	}
	for _, text := range []string{
		"a{1000} next b{1,1000} next c{1000,} next d{0,1000} next e",
		"a next b+ within 1m",
		"a next b{2,} greedy within 1m",
		"a next b{2,2} within 1m",
		"a+ until[x] next b within 1m",
		"a next b{1,2} notFollowedBy c within 1m",
		"every a? next b{0,2} within 1m",
		"every (a? next b?) within 1m",
		"a next (b next c?){2} within 1m",
		"a next (b next c+ until[x]){2,} within 1m",
		"a+ greedy notNext x next b? next c within 1m",
		"a+ greedy next (b? next c) within 1m",
		"(a next b?) notNext c next d within 1m",
		"(a notNext x next b) next c within 1m",
		"a notFollowedBy x notNext y next b within 1m",
		"a followedBy within 1m b notFollowedBy within 60s c within 1m",
		"every a next b-c as b_c1 next \u00e4 within 1m skip to first b_c1",
		"every a next \u00e4 within 1m skip to last \u00e4",
		"a next type next event",
		strings.Repeat("(", MaxDepth) + "a" + strings.Repeat(")", MaxDepth),
		"a" + strings.Repeat("b", MaxText-1),
		steps,
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%.80s: %v", text, err)
		}
	}
}
