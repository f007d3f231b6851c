package story

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard/replica"
)

// figures count what stories tell, and list the outcomes.
type figures struct {
	Counts   map[string]int
	Outcomes []string
}

// modelOf is what the model says of a log.
func modelOf(p whole.Pattern, log []ceptest.Event, end ceptest.End) figures {
	m := p.Run(log, end)
	f := figures{Counts: m.Counts}
	delete(f.Counts, whole.Matched) // of which a story tells the matches
	for _, o := range m.Outcomes {
		at := o.At
		if o.Kind == whole.Success {
			at = o.EndedAt
		}
		f.Outcomes = append(f.Outcomes, fmt.Sprint(o.Kind, " ", o.Key, " ", at))
	}
	return f
}

// The classes and the ends that are told are those of the model, whatever the pattern.
func TestRandomStoriesAgreeWithTheModel(t *testing.T) {
	seeds := uint64(4000)
	if testing.Short() {
		seeds = 400
	}
	seen := map[string]int{}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 17))
		p := whole.RandomPattern(rnd, whole.Shape{Linear: rnd.IntN(3) == 0, Negations: true})
		disorder := []int64{0, 5, 30}[rnd.IntN(3)]
		log, last := ceptest.Stamp(p.RandomLog(rnd, 5+rnd.IntN(40)), disorder, 0)
		end, want := End{Last: last, Limit: last}, ceptest.AtEnd(last)
		switch rnd.IntN(3) {
		case 0:
			end, want = End{Last: last, Limit: last - disorder, Cut: true}, ceptest.Cut(last-disorder)
		case 1:
			end, want = End{Last: last, Limit: order.EndOfTime}, ceptest.AtEnd(order.EndOfTime)
		}
		prog, err := cep.Compile(syntax.MustParse(p.String()), cep.Config{
			Remember: time.Duration(p.Remember) * time.Millisecond, MaxBranches: p.MaxBranches, Fields: replica.Fields(order.Reader{}),
		})
		if err != nil {
			t.Fatal(err)
		}
		got := storiesOf(Config{Prog: prog, End: end}, log)
		for what, n := range got.Counts {
			seen[what] += n
		}
		if diff := cmp.Diff(sorted(modelOf(p, log, want)), sorted(got)); diff != "" {
			t.Fatalf("seed %d, %s (-want +got):\n%s", seed, p, diff)
		}
	}
	for _, what := range []string{"started", "advanced", "duplicate", "orphan", "other", "late", whole.Returned, Success, Timeout, Broken, Cancelled, Skipped, Overflow, Open} {
		if seen[what] < int(seeds/100) {
			t.Errorf("only %d cases of %q in all stories: the test proves little", seen[what], what)
		}
	}
}

// sorted returns figures in an order, without those that are zero.
func sorted(f figures) figures {
	slices.Sort(f.Outcomes)
	maps.DeleteFunc(f.Counts, func(_ string, n int) bool { return n == 0 })
	return f
}

// storiesOf counts what is told of all keys of a log.
func storiesOf(c Config, log []ceptest.Event) figures {
	byKey := map[string][]Event{}
	for _, e := range log {
		byKey[e.Key] = append(byKey[e.Key], Event{Event: cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: []byte(e.Data)}})
	}
	f := figures{Counts: map[string]int{}}
	for key, events := range byKey {
		Tell(c, key, events, func(l Line) {
			what := l.What
			if what == Undecided {
				what = whole.Returned
			}
			f.Counts[what]++
			if what == Success || what == Timeout {
				f.Outcomes = append(f.Outcomes, fmt.Sprint(what, " ", key, " ", l.Time))
			}
		})
	}
	return f
}
