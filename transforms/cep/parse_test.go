package cep

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		reason, text string
		want         Pattern
		canonical    string // "": the text itself
	}{
		{"the default", "create followedBy pay within 10m",
			Pattern{[]Step{{Begin, "create"}, {FollowedBy, "pay"}}, 10 * time.Minute}, ""},
		{"both contiguities, three steps", "a next b followedBy c within 1h30m",
			Pattern{[]Step{{Begin, "a"}, {Next, "b"}, {FollowedBy, "c"}}, 90 * time.Minute}, ""},
		{"white space of any kind", "\ta\n next  b within\u00a010s ",
			Pattern{[]Step{{Begin, "a"}, {Next, "b"}}, 10 * time.Second}, "a next b within 10s"},
		{"quotes for spaces and keywords", `"order created" followedBy "next" within 1ms`,
			Pattern{[]Step{{Begin, "order created"}, {FollowedBy, "next"}}, time.Millisecond}, ""},
		{"raw quotes", "`a\"b` next \"\\t\" within 1ms",
			Pattern{[]Step{{Begin, `a"b`}, {Next, "\t"}}, time.Millisecond}, `"a\"b" next "\t" within 1ms`},
		{"letters of all scripts, digits and _-.:/", "заказ-1 next v1.order:paid/x_y within 1ms",
			Pattern{[]Step{{Begin, "заказ-1"}, {Next, "v1.order:paid/x_y"}}, time.Millisecond}, ""},
		{"needless quotes", `"a" next "b" within 60s`,
			Pattern{[]Step{{Begin, "a"}, {Next, "b"}}, time.Minute}, "a next b within 1m"},
	} {
		got, err := Parse(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if want := cmpOr(test.canonical, test.text); got.String() != want {
			t.Errorf("%s: String() = %q, want %q", test.reason, got.String(), want)
		}
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ reason, text, want string }{
		{"unknown word", "create then pay within 10m", `cep: column 8: unknown contiguity "then": want next or followedBy`},
		{"later in the text", "a next b then c within 1s", `cep: column 10: unknown contiguity "then": want next, followedBy or within`},
		{"columns count characters", "äöü then b within 1s", `cep: column 5: unknown contiguity "then": want next or followedBy`},
		{"the language to come", "create notNext pay within 10m", `cep: column 8: "notNext" is not supported: want next or followedBy`},
		{"the language to come, as a step", "create followedBy times within 10m", `cep: column 19: "times" is not supported: want an event type (in quotes if it is one)`},
		{"the language to come, behind a step", "a next b times(3) within 1s", `cep: column 10: "times" is not supported: want next, followedBy or within`},
		{"operators", "a next b+ within 1s", `cep: column 9: "+" is not supported: want next, followedBy or within`},
		{"groups", "(a next b) within 1s", `cep: column 1: unexpected "(": want an event type, quoted where it has other characters than letters, digits and _-.:/`},
		{"nothing", "", "cep: column 1: unexpected end of pattern: want an event type"},
		{"one step", "create", "cep: column 7: unexpected end of pattern: want next or followedBy"},
		{"one step and a window", "create within 10m", `cep: column 8: got "within" after one step: want next or followedBy and a second step`},
		{"no window", "a next b", "cep: column 9: unexpected end of pattern: want next, followedBy or within"},
		{"no duration", "a next b within", "cep: column 16: got end of pattern: want a duration such as 10m or 1h30m"},
		{"duration without a unit", "a next b within 10", `cep: column 17: got "10": want a duration such as 10m or 1h30m`},
		{"no time at all", "a next b within 0s", "cep: column 17: within 0s: want whole milliseconds, at least one"},
		{"negative", "a next b within -5m", "cep: column 17: within -5m: want whole milliseconds, at least one"},
		{"finer than a millisecond", "a next b within 1500us", "cep: column 17: within 1500us: want whole milliseconds, at least one"},
		{"something behind", "a next b within 1s c", `cep: column 20: unexpected "c" after the duration: want the end of the pattern`},
		{"a keyword as a step", "a next within within 1s", `cep: column 8: unexpected keyword "within": want an event type (in quotes if it is one)`},
		{"a type twice", "a next b next a within 1s", `cep: column 15: event type "a" appears twice: want each type once`},
		{"an empty type", `"" next b within 1s`, "cep: column 1: empty event type"},
		{"an open quote", `a next "b within 1s`, "cep: column 8: quoted event type does not end or has a wrong escape: want a Go string"},
	} {
		_, err := Parse(test.text)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: Parse(%q):\ngot:  %v\nwant: %s", test.reason, test.text, err, test.want)
		}
	}
}

func TestValidate(t *testing.T) {
	ok := MustParse("a next b within 1s")
	for _, test := range []struct {
		reason string
		change func(*Pattern)
		want   string
	}{
		{"unchanged", func(*Pattern) {}, ""},
		{"one step", func(p *Pattern) { p.Steps = p.Steps[:1] }, "cep: pattern with 1 steps: want two or more"},
		{"no type", func(p *Pattern) { p.Steps[1].Type = "" }, "cep: step 2 has no event type"},
		{"type twice", func(p *Pattern) { p.Steps[1].Type = "a" }, `cep: step 2: event type "a" appears twice: want each type once`},
		{"begin inside", func(p *Pattern) { p.Steps[1].Contiguity = Begin }, `cep: step "b": contiguity begin: want begin for the first step, next or followedBy for the others`},
		{"next at the start", func(p *Pattern) { p.Steps[0].Contiguity = Next }, `cep: step "a": contiguity next: want begin for the first step, next or followedBy for the others`},
		{"no window", func(p *Pattern) { p.Within = 0 }, "cep: within 0s: want whole milliseconds, at least one"},
	} {
		p := Pattern{append([]Step(nil), ok.Steps...), ok.Within}
		test.change(&p)
		got := ""
		if err := p.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
		if _, err := Compile(p, 0); (err != nil) != (test.want != "") {
			t.Errorf("%s: Compile: %v", test.reason, err)
		}
	}
	if _, err := Compile(ok, -time.Second); err == nil {
		t.Error("Compile with a negative remember: no error")
	}
}

// FuzzParse checks that what parses prints to text that parses to the same.
func FuzzParse(f *testing.F) {
	f.Add("create followedBy pay within 10m")
	f.Add(`"a b" next c followedBy "\xff" within 1h0m1s`)
	f.Add("`x` next y.z within 1500us")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		if err != nil {
			t.Fatalf("Parse(%q) = %v: does not parse again: %v", text, p, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Errorf("Parse(%q) and again (-first +again):\n%s", text, diff)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("Parse(%q) is not valid: %v", text, err)
		}
	})
}
