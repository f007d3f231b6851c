package syntax

import (
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	const text = "every a[x]+ until[y] next (b next c){2} within 1s skip to last c"
	for _, test := range []struct {
		reason string
		change func(p *Pattern, e []Element)
		want   string // after "cep: "
	}{
		{"unchanged", func(p *Pattern, e []Element) {}, ""},
		{"types that are empty and not nil", func(p *Pattern, e []Element) { e[0].Step.Types, e[0].Step.As = []string{}, "z" }, ""},
		{"a type that wants quotes", func(p *Pattern, e []Element) { e[0].Step.Types = []string{"\xff \n\ufffd"} }, ""},
		{"no elements", func(p *Pattern, e []Element) { p.Sequence = nil }, "pattern without elements: want one or more"},
		{"an empty group", func(p *Pattern, e []Element) { e[1].Group = []Element{} }, "group 2 without elements: want one or more"},
		{"an empty group in a group", func(p *Pattern, e []Element) {
			e[1].Group[0] = Element{Group: []Element{}}
		}, "group 2.1 without elements: want one or more"},
		{"a link at the start", func(p *Pattern, e []Element) { e[0].Link = Next }, "element 1: got link next: want Begin for the first"},
		{"a link at the start of a group", func(p *Pattern, e []Element) { e[1].Group[0].Link = NotNext }, "element 2.1: got link notNext: want Begin for the first"},
		{"no link", func(p *Pattern, e []Element) { e[1].Link = Begin }, "element 2: got link begin: want Next to NotFollowedBy behind the first"},
		{"an unknown link", func(p *Pattern, e []Element) { e[1].Link = 9 }, "element 2: got link Link(9): want Next to NotFollowedBy behind the first"},
		{"a window without a link", func(p *Pattern, e []Element) { e[0].Within = time.Second }, "element 1: within 1s on the first: want none, it has no link"},
		{"a negative window", func(p *Pattern, e []Element) { e[1].Within = -time.Second }, "element 2: within -1s: want whole milliseconds, at least one"},
		{"a window of a microsecond", func(p *Pattern, e []Element) { p.Within = time.Microsecond }, "within 1µs: want whole milliseconds, at least one"},
		{"a negative window of the pattern", func(p *Pattern, e []Element) { p.Within = -1 }, "within -1ns: want whole milliseconds, at least one"},
		{"a step and a group", func(p *Pattern, e []Element) { e[1].Step.As = "x" }, "element 2: a step and a group: want one of the two"},
		{"a negated group", func(p *Pattern, e []Element) { e[1].Link = NotNext }, "element 2: notNext with a group or a quantifier: want one step, once"},
		{"a negated loop", func(p *Pattern, e []Element) { e[1] = step(NotNext, "x").loop(Quantifier{Min: 2, Max: 2}) }, "element 2: notNext with a group or a quantifier: want one step, once"},
		{"an empty type", func(p *Pattern, e []Element) { e[0].Step.Types = []string{"a", ""} }, "element 1: empty event type"},
		{"a name of other characters", func(p *Pattern, e []Element) { e[0].Step.As = "a b" }, `element 1: name "a b": want letters, digits and _, no digit first, and none of the current event's names`},
		{"a name of the current event", func(p *Pattern, e []Element) { e[0].Step.As = "time" }, `element 1: name "time": want letters, digits and _, no digit first, and none of the current event's names`},
		{"the type's own name", func(p *Pattern, e []Element) { e[0].Step.As = "a" }, `element 1: name "a", which the step has without As: want none`},
		{"spaces around a condition", func(p *Pattern, e []Element) { e[0].Step.Where = " x" }, `element 1: condition " x": want no spaces around it`},
		{"a bracket in a condition", func(p *Pattern, e []Element) { e[0].Step.Where = "x] y" }, `element 1: condition "x] y": want its strings to end, and each bracket to have its other`},
		{"an open string in an until", func(p *Pattern, e []Element) { e[0].Loop.Until = "'x" }, `element 1: condition "'x": want its strings to end, and each bracket to have its other`},
		{"once, not canonical", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Min: 1, Max: 1} }, "element 1: loop with Min 1 and Max 1: want 0 and 0 for once"},
		{"a negative minimum", func(p *Pattern, e []Element) { e[0].Loop.Min = -1 }, "element 1: loop with Min -1 and Max -1: want 1 <= Min <= Max <= 1000, or Max Unbounded"},
		{"a maximum alone", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Max: 2} }, "element 1: loop with Min 0 and Max 2: want 1 <= Min <= Max <= 1000, or Max Unbounded"},
		{"a maximum below the minimum", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Min: 3, Max: 2} }, "element 1: loop with Min 3 and Max 2: want 1 <= Min <= Max <= 1000, or Max Unbounded"},
		{"a minimum without a maximum", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Min: 3} }, "element 1: loop with Min 3 and Max 0: want 1 <= Min <= Max <= 1000, or Max Unbounded"},
		{"too many times", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Min: 1001, Max: Unbounded} }, "element 1: loop with Min 1001 and Max -1: want 1 <= Min <= Max <= 1000, or Max Unbounded"},
		{"an unknown contiguity", func(p *Pattern, e []Element) { e[0].Loop.Inner = 3 }, "element 1: loop with Inner 3: want Relaxed, Consecutive or Combinations"},
		{"an unknown skip", func(p *Pattern, e []Element) { p.Skip.To = 9 }, "skip: got SkipTo(9): want NoSkip to SkipToLast"},
		{"a step of skip past last", func(p *Pattern, e []Element) { p.Skip.To = SkipPastLast }, `skip names step "c": want that with SkipToFirst and SkipToLast only`},
		{"skip to no step", func(p *Pattern, e []Element) { p.Skip.Step = "" },
			"column 63: unexpected end of pattern: want the name of a step (in the text every a[x]+ until[y] next (b next c){2} within 1s skip to last)"},
		{"what the text shows, with its column", func(p *Pattern, e []Element) { e[1].Loop.Greedy = true },
			"column 41: greedy on a group: want it on a step's loop (in the text every a[x]+ until[y] next (b next c){2} greedy within 1s skip to last c)"},
		{"greedy once", func(p *Pattern, e []Element) { e[0].Loop = Quantifier{Greedy: true} },
			"column 12: greedy without a quantifier: want ?, +, *, {n}, {n,} or {n,m} before it (in the text every a[x] greedy next (b next c){2} within 1s skip to last c)"},
		{"a condition of several lines", func(p *Pattern, e []Element) { e[0].Step.Where = "x\n@" },
			"column 11: unrecognized character: U+0040 '@' (in the text every a[x @]+ until[y] next (b next c){2} within 1s skip to last c)"},
		{"no window", func(p *Pattern, e []Element) { p.Within = 0 }, "pattern without a window, and its first element can take more than one event: want within and a duration"},
		{"a long text", func(p *Pattern, e []Element) { e[0].Step.Types = []string{strings.Repeat("ä", MaxText/2)} },
			"column 1: text of 65580 bytes: want at most 65536 (in the text every " + strings.Repeat("ä", 194) + "…)"},
		{"a group that has itself in it", func(p *Pattern, e []Element) { e[1].Group = e[:1]; e[0] = e[1]; e[0].Link = Begin }, "groups in each other: want at most 100"},
		{"many steps", func(p *Pattern, e []Element) {
			for range MaxSteps {
				p.Sequence = append(p.Sequence, step(Next, "x"))
			}
		}, "steps in the pattern: want at most 1000"},
	} {
		p := MustParse(text)
		test.change(&p, p.Sequence)
		got := ""
		if err := p.Validate(); err != nil {
			got = strings.TrimPrefix(err.Error(), "cep: ")
		}
		if got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.reason, got, test.want)
		}
	}
}

// TestBounded has patterns without a window.
func TestBounded(t *testing.T) {
	const without, want = "cep: pattern without a window, and ", ": want within and a duration"
	for _, test := range []struct{ text, fault string }{
		{"a", ""},
		{"a followedBy within 5m b", ""},
		{"a next b", `none on next "b"`},
		{"a followedBy within 5m b followedByAny c", `none on followedByAny "c"`},
		{"a followedBy within 5m b+", ""},
		{"a{2} followedBy within 5m b", "its first element can take more than one event"},
		{"a+ consecutive until[x] next within 5m b", "its first element can take more than one event"},
		{"a? followedBy within 5m b", ""},
		{"(a) followedBy within 5m b", ""},
		{"(a followedBy within 5m b) followedBy within 5m c", "its first element can take more than one event"},
		{"a followedBy within 5m (b followedBy within 5m c)+", ""},
		{"a followedBy within 5m (b followedBy c)+", `none on followedBy "c"`},
		{"a followedBy (b followedBy within 5m c)+", `none on followedBy a group`},
		{"a followedBy within 5m (b{2} followedBy within 5m c)", `none between the events of the loop of "b", which begins a group`},
		{"a followedBy within 5m ((b followedBy within 5m c)+ next within 5m d)", `none between the events of the loop of a group, which begins a group`},
		{"a notFollowedBy x notNext y followedBy within 5m b", ""},
		{"a notFollowedBy within 5m b", ""},
		{"a notFollowedBy b", `none on notFollowedBy "b"`},
		{"a followedBy within 5m b notNext c", "notNext at its end"},
	} {
		p, err := Parse(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		wanted := ""
		if test.fault != "" {
			wanted = without + test.fault + want
		}
		for _, err := range []error{p.Bounded(), p.Validate()} {
			if got := errorText(err); got != wanted {
				t.Errorf("%s:\ngot  %s\nwant %s", test.text, got, wanted)
			}
		}
		p.Within = time.Hour
		if err := p.Validate(); err != nil {
			t.Errorf("%s with a window: %v", test.text, err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLinear(t *testing.T) {
	for _, test := range []struct {
		text             string
		linear, straight bool
	}{
		{"create followedBy pay within 10m", true, true},
		{"any[x > 1] as a next within 5m b|c followedBy d within 10m", true, true},
		{"every a next b within 1m", false, false},
		{"a followedByAny b within 1m", false, false},
		{"a notNext x next b within 1m", false, true},
		{"a next b notFollowedBy x within 1m", false, true},
		{"a? next b within 1m", false, false},
		{"a next b{2} within 1m", false, false},
		{"a next (b) within 1m", false, false},
	} {
		p := MustParse(test.text)
		if p.Linear() != test.linear || p.Straight() != test.straight {
			t.Errorf("%s: Linear %v, Straight %v", test.text, p.Linear(), p.Straight())
		}
	}
}
