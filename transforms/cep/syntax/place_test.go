package syntax

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ordertimeout/transforms/cep/cond"
)

func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // lines of a place each, then of an until each
	}{
		{"create[n > 1] followedBy within 5m pay|cod[n > 2] as paid within 10m", `
create begin: names ; not create: itself, paid: later
paid followedBy 5m0s: names create; not paid: itself`},
		{"a next b", `
a begin
b next`},
		{"a[x] notFollowedBy n[x] next b-c[x] followedByAny type[x] next d[x]{2} within 1m", `
a begin: names ; not a: itself, d: later, n: negated
n notFollowedBy negated: names a; not d: later, n: negated
b-c next: names a; not d: later, n: negated
type followedByAny: names a; not d: later, n: negated
d next list: names a d...; not n: negated`},
		{"every z next within 1m ((a[x] next b)+ until[u1] next within 2s c[x] notNext n next d){2,} until[u2] next e+ until[u3] next f[x]? within 1h", `
z begin
a next 1m0s list: names z a...; not b: later, c: later, d: later, e: later, f: later, n: negated
b next list
c next 2s list: names z a... b... c...; not d: later, e: later, f: later, n: negated
n notNext negated list
d next list
e next list
f next: names z a... b... c... d... e...; not f: itself, n: negated
until u1 of 1 to 2: names z a... b...; not c: later, d: later, e: later, f: later, n: negated
until u2 of 1 to 5: names z a... b... c... d...; not e: later, f: later, n: negated
until u3 of 6 to 6: names z a... b... c... d... e...; not f: later, n: negated`},
	} {
		p := MustParse(test.text)
		var b strings.Builder
		for _, place := range p.Places() {
			fmt.Fprintf(&b, "\n%s %s", place.Name, place.Link)
			for _, word := range []struct {
				has  bool
				text string
			}{{place.Within > 0, place.Within.String()}, {place.Negated, "negated"}, {place.List, "list"}} {
				if word.has {
					b.WriteString(" " + word.text)
				}
			}
			if place.Step.Where != "" {
				b.WriteString(namesText(place.Names))
			} else if len(place.Names.Steps)+len(place.Names.Refused) > 0 {
				t.Errorf("%s: %s has names without a condition", test.text, place.Name)
			}
		}
		for _, u := range p.Untils() {
			fmt.Fprintf(&b, "\nuntil %s of %d to %d%s", u.Where, u.First, u.Last, namesText(u.Names))
		}
		if got := b.String(); got != test.want {
			t.Errorf("%s:\ngot %s\nwant %s", test.text, got, test.want)
		}
	}
}

func namesText(n cond.Names) string {
	var steps, refused []string
	for _, s := range n.Steps {
		if s.List {
			s.Name += "..."
		}
		steps = append(steps, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Refused)) {
		for _, why := range []string{"negated", "later", "itself"} {
			if strings.Contains(n.Refused[name], why) {
				refused = append(refused, name+": "+why)
			}
		}
	}
	text := ": names " + strings.Join(steps, " ")
	if len(refused) > 0 {
		text += "; not " + strings.Join(refused, ", ")
	}
	return text
}
