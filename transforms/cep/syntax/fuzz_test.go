package syntax

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParse checks that what parses prints to text that parses to the same, and is
// valid data.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"create followedBy pay within 10m",
		`"a b" next c followedBy "\xff" within 1h0m1s`,
		"`x` next y.z within 1500us",
		`every any[x["]"] > '\'']|a{2,} until[x] greedy optional as b skip to last b`,
		"(a|b as c{0,3} notFollowedBy d next (e)?)* combinations followedByAny within 2d f within 3d",
		"every every* next \"every\" as skip",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("Parse(%q): error of several lines: %v", text, err)
			}
			return
		}
		again, err := Parse(p.String())
		if err != nil {
			t.Fatalf("Parse(%q) = %v: does not parse again: %v", text, p, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Errorf("Parse(%q) and again (-first +again):\n%s", text, diff)
		}
		if err := p.Validate(); err != nil && p.Bounded() == nil {
			t.Errorf("Parse(%q) is not valid: %v", text, err)
		}
		if said := p.Explain("a key"); len(said) == 0 {
			t.Errorf("Parse(%q) is not explained", text)
		}
	})
}

// TestRandomPatterns checks that data which is valid prints to text that parses to the
// same, and that enough of it is.
func TestRandomPatterns(t *testing.T) {
	const rounds = 20_000
	valid := 0
	for seed := range uint64(rounds) {
		p := randomPattern(rand.New(rand.NewPCG(seed, 1)))
		if p.Validate() != nil {
			continue
		}
		valid++
		got, err := Parse(p.String())
		if err != nil {
			t.Fatalf("seed %d: %v is valid and does not parse: %v", seed, p, err)
		}
		if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d: %v (-data +parsed):\n%s", seed, p, diff)
		}
	}
	if valid < rounds/20 {
		t.Errorf("%d of %d patterns are valid: want more", valid, rounds)
	}
}

// randomPattern makes data that is often valid.
func randomPattern(r *rand.Rand) Pattern {
	names := strings.Fields("a b c d e f every skip any as create-1 time not.a/word")
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	p := Pattern{Every: r.IntN(3) > 0, Sequence: randomSequence(r, &names, 0)}
	if r.IntN(4) > 0 {
		p.Within = time.Duration(1+r.IntN(100_000_000)) * time.Millisecond
	}
	if r.IntN(3) == 0 {
		p.Skip.To = SkipTo(r.IntN(5))
		if p.Skip.To >= SkipToFirst {
			p.Skip.Step = []string{"a", "b", "x1"}[r.IntN(3)]
		}
	}
	return p
}

func randomSequence(r *rand.Rand, names *[]string, depth int) []Element {
	var elements []Element
	for i := range 1 + r.IntN(3) {
		var e Element
		if i > 0 {
			e.Link = Link(1 + r.IntN(5))
			if r.IntN(6) == 0 {
				e.Within = time.Duration(1+r.IntN(100)) * time.Second
			}
		}
		if depth < 3 && !e.Link.Negated() && r.IntN(4) == 0 {
			e.Group = randomSequence(r, names, depth+1)
		} else {
			e.Step = randomStep(r, names)
		}
		if !e.Link.Negated() && r.IntN(3) == 0 {
			e.Loop = randomLoop(r)
		}
		elements = append(elements, e)
	}
	return elements
}

func randomStep(r *rand.Rand, names *[]string) Step {
	var s Step
	for range r.IntN(3) {
		if len(*names) > 0 {
			s.Types = append(s.Types, (*names)[0])
			*names = (*names)[1:]
		}
	}
	if r.IntN(4) == 0 {
		s.Where = []string{`x > 1`, `x["]"][0] == '['`, "event[`[`] != 2"}[r.IntN(3)]
	}
	if len(s.Types) != 1 && r.IntN(5) > 0 || r.IntN(5) == 0 {
		s.As = "x" + string(rune('0'+r.IntN(10)))
	}
	return s
}

func randomLoop(r *rand.Rand) Quantifier {
	q := Quantifier{Min: r.IntN(3), Max: r.IntN(5) - 1, Optional: r.IntN(4) == 0, Greedy: r.IntN(4) == 0, Inner: Inner(r.IntN(3))}
	if r.IntN(3) == 0 {
		q.Until = "x == 2"
	}
	return q
}
