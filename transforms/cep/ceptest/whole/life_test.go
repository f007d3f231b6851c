package whole

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"ordertimeout/transforms/cep/ceptest"
)

// runLives is runRandom for patterns with all settings, where they may have them.
func runLives(t *testing.T, n int, f func(t *testing.T, rnd *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End)) {
	runRandom(t, Shape{}, n, func(t *testing.T, rnd *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End) {
		p.Life = Life{Started: true, Cancelled: true}
		for age := int64(1); age < 40 && (p.Within == 0 || age < p.Within); age += int64(1 + rnd.IntN(9)) {
			p.Remind = append(p.Remind, age)
		}
		if last := p.Sequence[len(p.Sequence)-1]; !p.Every && !last.Link.Negated() {
			p.Resolve, p.Early = []int64{0, 50, 50}[rnd.IntN(3)], []int64{0, 3, 15}[rnd.IntN(3)]
		}
		f(t, rnd, p, log, end)
	})
}

// Whatever is set: events and runs add up, and what is told of a run does not contradict
// itself.
func TestLivesAddUp(t *testing.T) {
	total := map[string]int{}
	runLives(t, 4000, func(t *testing.T, _ *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End) {
		r := p.Run(log, end)
		kinds := map[string]int{}
		for _, o := range r.Outcomes {
			kinds[o.Kind]++
			total[o.Kind+" told"]++
		}
		classes, ends := 0, 0
		for _, class := range []string{Started, Advanced, Duplicate, Orphan, Other, Late, Resolved, Returned} {
			classes += r.Counts[class]
		}
		for _, how := range []string{Matched, TimedOut, Broken, Cancelled, Skipped, Overflow, Open} {
			ends += r.Counts[how]
		}
		if classes != len(log) || ends != r.Counts[Started] || kinds[StartedRun] != r.Counts[Started] || kinds[CancelledRun] != r.Counts[Cancelled] || kinds[ResolvedRun] > kinds[Timeout] {
			t.Errorf("%s %+v\n%v\n%d events, classes and ends %v, told %v", p, p.Life, log, len(log), r.Counts, kinds)
		}
		if fault := contradiction(r.Outcomes); fault != "" {
			t.Errorf("%s %+v\n%v\n%s: %v", p, p.Life, log, fault, r.Outcomes)
		}
		for what, n := range r.Counts {
			total[what] += n
		}
	})
	for _, what := range []string{StartedRun + " told", Reminder + " told", CancelledRun + " told", ResolvedRun + " told", Resolved, Returned} {
		if total[what] < 50 {
			t.Errorf("the test proves little: %s %d times", what, total[what])
		}
	}
}

// contradiction returns what is wrong with the outcomes of a log, or "".
func contradiction(outcomes []Outcome) string {
	type run struct {
		key   string
		first StepEvent
	}
	over, resolved, reminded := map[run]string{}, map[[2]any]bool{}, map[run]int64{}
	for _, o := range outcomes {
		r := run{o.Key, StepEvent{"", o.Taken[0].Event}}
		if o.Kind == ResolvedRun {
			timeout := [2]any{o.Key, o.StartedAt}
			if resolved[timeout] {
				return "a timeout is resolved twice"
			}
			resolved[timeout] = true
			continue
		}
		switch {
		case o.Kind == StartedRun && over[r] == "":
		case over[r] == "matched" && o.Kind == Success:
		case over[r] != "open":
			return "a " + o.Kind + " of a run that is not open: " + over[r]
		}
		switch o.Kind {
		case StartedRun:
			over[r] = "open"
		case Reminder:
			if o.Age <= reminded[r] || o.At != o.StartedAt+o.Age || o.At >= o.Deadline && len(o.WaitingFor) > 0 {
				return "a reminder at a wrong age"
			}
			reminded[r] = o.Age
		case Success:
			over[r] = "matched"
		default:
			over[r] = "ended"
		}
	}
	return ""
}

// Within the disorder no order of arrival changes what is told.
func TestOrderOfArrivalDoesNotMatterToLives(t *testing.T) {
	runLives(t, 1000, func(t *testing.T, rnd *rand.Rand, p Pattern, log []ceptest.Event, end ceptest.End) {
		const disorder = 30
		shuffled, _ := ceptest.Stamp(ceptest.Shuffle(rnd, log, disorder), disorder, 0)
		stamped, _ := ceptest.Stamp(log, disorder, 0)
		want, got := p.Run(stamped, end), p.Run(shuffled, end)
		for _, r := range []*Result{&want, &got} {
			slices.SortStableFunc(r.Classes, func(a, b Classed) int { return p.Compare(a.Event, b.Event) })
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s %+v\n%v\ngot:  %v\nwant: %v", p, p.Life, shuffled, got, want)
		}
	})
}
