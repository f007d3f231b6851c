package whole

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ordertimeout/transforms/cep/ceptest"
)

// runRandom calls f with random patterns, and what they make of random logs.
func runRandom(t *testing.T, s Shape, n int, f func(t *testing.T, rnd *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End)) {
	for seed := range uint64(n) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		p := RandomPattern(rnd, s)
		log, last := ceptest.Stamp(p.RandomLog(rnd, 4+rnd.IntN(16)), int64(rnd.IntN(30)), 0)
		end := ceptest.AtEnd(last)
		switch rnd.IntN(3) {
		case 0:
			end.Limit = Never - 1
		case 1:
			end = ceptest.Cut(last - 10)
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { f(t, rnd, p, log, end) })
	}
}

func TestSumsAddUp(t *testing.T) {
	total := map[string]int{}
	runRandom(t, Shape{EmptyRounds: true}, 4000, func(t *testing.T, _ *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End) {
		r := p.Run(log, end)
		classes := 0
		for _, class := range []string{Started, Advanced, Duplicate, Orphan, Other, Late, Returned} {
			classes += r.Counts[class]
		}
		if classes != len(log) || len(r.Classes) != len(log) {
			t.Errorf("%s\n%v\n%d events, classes %v", p, log, len(log), r.Counts)
		}
		ends, timeouts := 0, 0
		for _, how := range []string{Matched, TimedOut, Broken, Cancelled, Skipped, Overflow, Open} {
			ends += r.Counts[how]
		}
		for _, o := range r.Outcomes {
			if o.Kind == Timeout {
				timeouts++
			}
		}
		if ends != r.Counts[Started] || timeouts != r.Counts[TimedOut] || len(r.Overflowed) != r.Counts[Overflow] || (len(r.Open) == 0) != (r.Counts[Open] == 0) {
			t.Errorf("%s\n%v\nruns %v, timeouts %d", p, log, r.Counts, timeouts)
		}
		if !p.Every && r.Counts[Success] != r.Counts[Matched] {
			t.Errorf("%s\n%v\nmatches and runs that matched differ: %v", p, log, r.Counts)
		}
		if end.Limit == Never-1 && r.Counts[Open] != 0 {
			t.Errorf("%s\n%v\nopen at the end of time: %v", p, log, r.Open)
		}
		for what, n := range r.Counts {
			total[what] += n
		}
	})
	for _, what := range []string{Started, Advanced, Duplicate, Orphan, Other, Late, Returned, Success, Matched, TimedOut, Broken, Cancelled, Skipped, Overflow, Open} {
		if total[what] < 50 {
			t.Errorf("the test proves little: %s %d times", what, total[what])
		}
	}
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	runRandom(t, Shape{}, 500, func(t *testing.T, rnd *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End) {
		const disorder = 30
		shuffled, _ := ceptest.Stamp(ceptest.Shuffle(rnd, log, disorder), disorder, 0)
		stamped, _ := ceptest.Stamp(log, disorder, 0)
		want, got := p.Run(stamped, end), p.Run(shuffled, end)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n%v\ngot:  %v\nwant: %v", p, shuffled, got, want)
		}
	})
}

func TestTextOfRandomPatterns(t *testing.T) {
	features := map[string]int{}
	words := []string{"every", "next", "followedBy ", "followedByAny", "notNext", "notFollowedBy", "any", "|", " as ", "[",
		"?", "+", "*", "{2}", "{1,2}", "{2,3}", "{2,}", "{1,2} optional", "optional", "greedy", "consecutive", "combinations", "until[",
		"(", "((", ")?", ")+", "){2}", "skip to next", "skip past last", "skip to first", "skip to last", "within", "followedBy within", "sum(", "last(", "nil"}
	for seed := range uint64(5000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		p := RandomPattern(rnd, Shape{})
		text := p.String()
		back, err := Parse(text)
		back.Remember, back.MaxBranches = p.Remember, p.MaxBranches
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%s\ngot:  %+v, %v\nwant: %+v", text, back, err, p)
		}
		for _, word := range words {
			if strings.Contains(text, word) {
				features[word]++
			}
		}
		if len(p.Sequence) == 1 {
			features["one element"]++
		}
		if p.Linear() {
			features["linear"]++
		}
		if p.Within == 0 {
			features["no window"]++
		}
		if last := p.Sequence[len(p.Sequence)-1]; last.Link.Negated() {
			features["trailing "+string(last.Link)]++
		}
	}
	for _, word := range append(words, "one element", "linear", "no window", "trailing notNext", "trailing notFollowedBy") {
		if features[word] < 10 {
			t.Errorf("%q in %d of 5,000 patterns: want 10 or more", word, features[word])
		}
	}
}

// TestLinear compares with the model of linear patterns, which is another one.
func TestLinear(t *testing.T) {
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		old := ceptest.RandomPattern(rnd)
		log, last := ceptest.Stamp(old.RandomLog(rnd), int64(rnd.IntN(200)), 0)
		p, err := Parse(old.String())
		if err != nil {
			t.Fatal(err)
		}
		p.Remember = old.Remember
		want, got := old.Run(log, ceptest.AtEnd(last)), p.Run(log, ceptest.AtEnd(last))
		for _, of := range [][2]string{{Started, Started}, {Advanced, Advanced}, {Duplicate, Duplicate}, {Orphan, Orphan}, {Other, Other}, {Late, Late},
			{ceptest.Success, Matched}, {ceptest.Timeout, TimedOut}, {ceptest.Broken, Broken}, {ceptest.Open, Open}} {
			if want.Counts[of[0]] != got.Counts[of[1]] {
				t.Errorf("seed %d: %s: %s: got %d: want %d", seed, p, of[1], got.Counts[of[1]], want.Counts[of[0]])
			}
		}
		var wantRuns, gotRuns []string
		for _, r := range want.Outcomes {
			wantRuns = append(wantRuns, fmt.Sprint(r.Key, r.How, r.Deadline, r.Taken))
		}
		for _, o := range got.Outcomes {
			var events []ceptest.Event
			for _, s := range o.Taken {
				events = append(events, s.Event)
			}
			gotRuns = append(gotRuns, fmt.Sprint(o.Key, o.Kind, o.Deadline, events))
		}
		slices.Sort(wantRuns)
		slices.Sort(gotRuns)
		if !slices.Equal(gotRuns, wantRuns) {
			t.Fatalf("seed %d: %s\ngot:  %v\nwant: %v", seed, p, gotRuns, wantRuns)
		}
	}
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(RandomPattern(rand.New(rand.NewPCG(seed, 4)), Shape{}).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		back, err := Parse(p.String())
		if err != nil || back.String() != p.String() {
			t.Errorf("%q reads as %q, and that as %q, %v", text, p, back, err)
		}
	})
}
