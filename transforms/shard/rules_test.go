package shard_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// Rules that a shard runs together give what each gives alone, whatever the batches, ticks,
// snapshots and steps; but an event is a reject once, and only where none has taken it.
func TestRulesTogetherGiveWhatEachGivesAlone(t *testing.T) {
	seeds := uint64(1500)
	if testing.Short() {
		seeds = 200
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 23))
		var rules shard.Rules
		var log []ceptest.Event
		for i := range 2 + rnd.IntN(3) {
			p := whole.RandomPattern(rnd, whole.Shape{Linear: rnd.IntN(2) == 0, Negations: true})
			c := randomSettings(rnd, p)
			prog, err := cep.Compile(syntax.MustParse(p.String()), c)
			if err != nil {
				t.Fatal(err)
			}
			rules.Each = append(rules.Each, shard.Rule{Name: fmt.Sprint("r", i), Prog: prog})
			log = append(log, p.RandomLog(rnd, 5+rnd.IntN(20))...)
		}
		slices.SortStableFunc(log, func(a, b ceptest.Event) int { return cmp.Compare(a.Time, b.Time) })
		log = ceptest.Shuffle(rnd, log, 30)
		w := newRulesWorld(rnd, log)
		together := w.run(t, rules, rnd)
		var alone []told
		for i, rule := range rules.Each {
			of := w.run(t, shard.Rules{Each: []shard.Rule{rule}}, rnd)
			if diff := gocmp.Diff(of.lines[0], together.lines[i]); diff != "" {
				t.Fatalf("seed %d: rule %v (-alone +together):\n%s", seed, rule.Prog.Text(), diff)
			}
			alone = append(alone, w.oneByOne(rule.Prog))
		}
		if diff := gocmp.Diff(joined(alone), together.rejects); diff != "" {
			t.Fatalf("seed %d: rejects (-want +got):\n%s", seed, diff)
		}
	}
}

// randomSettings returns settings of a rule.
func randomSettings(rnd *rand.Rand, p whole.Pattern) cep.Config {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	c := cep.Config{
		Remember: ms([]int{0, 1, 40, 100}[rnd.IntN(4)]), Fields: replica.Fields(order.Reader{}), Started: rnd.IntN(4) == 0, Cancelled: rnd.IntN(4) == 0,
		Name: func(timeout *cep.Outcome) string { return fmt.Sprint(timeout.Run[0].Time, timeout.Deadline) },
	}
	for _, change := range []func(*cep.Config){
		func(c *cep.Config) { c.Resolve = ms(50) },
		func(c *cep.Config) { c.Early = ms(1 + rnd.IntN(20)) },
		func(c *cep.Config) { c.Window, c.RememberOwn = `n > 1 ? "12ms" : "70ms"`, rnd.IntN(2) == 0 },
		func(c *cep.Config) { c.Remind = []time.Duration{ms(2), ms(9)} },
	} {
		with := c
		change(&with)
		if _, err := cep.Compile(syntax.MustParse(p.String()), with); err == nil && rnd.IntN(3) == 0 {
			c = with
		}
	}
	return c
}

// rulesWorld is a log, as a source stamps it.
type rulesWorld struct {
	log  []ceptest.Event
	last int64
	end  ceptest.End
	tick int64
}

func newRulesWorld(rnd *rand.Rand, log []ceptest.Event) rulesWorld {
	w := rulesWorld{tick: []int64{1, 7, 50, 1000}[rnd.IntN(4)]}
	w.log, w.last = ceptest.Stamp(log, 10, 0)
	w.end = []ceptest.End{ceptest.AtEnd(w.last), ceptest.Cut(w.last - 10), ceptest.AtEnd(1 << 50)}[rnd.IntN(3)]
	return w
}

// told is what came of a log: the lines of each rule, and by event what it was put aside as.
type told struct {
	lines   [][]string
	rejects []string
	taken   map[string]bool
}

// run gives the log to a shard in random batches.
func (w rulesWorld) run(t *testing.T, rules shard.Rules, rnd *rand.Rand) told {
	t.Helper()
	s, out := shard.New(rules, w.tick), told{lines: make([][]string, len(rules.Each)), taken: map[string]bool{}}
	work := func(tick int64) {
		for more := true; more; {
			var o shard.Output
			more = s.TickUpTo(tick, 1+rnd.IntN(6), &o)
			out.add(rules.Each[o.Rule], &o)
		}
		if rnd.IntN(6) == 0 && !s.Finished() {
			again, err := shard.Restore(rules, w.tick, [][]byte{s.Snapshot()})
			if err != nil {
				t.Fatal(err)
			}
			s = again
		}
	}
	var b shard.Batch
	watermark := int64(-1 << 40)
	for i, e := range w.log {
		b.Add(&shard.Event{Key: e.Key, Line: int64(i + 1), Event: cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: []byte(e.Data)}})
		if watermark = max(watermark, e.Time-10); rnd.IntN(5) == 0 {
			if err := s.Add(b.Bytes()); err != nil {
				t.Fatal(err)
			}
			b.Reset()
			work(shard.FloorTick(watermark, w.tick))
		}
	}
	b.End(w.last, w.last, w.end.Limit)
	if err := s.Add(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	work(1 << 52)
	if !s.Finished() {
		t.Error("the shard has not ended")
	}
	for _, lines := range out.lines {
		slices.Sort(lines)
	}
	slices.Sort(out.rejects)
	return out
}

// add adds what came out of a step.
func (o *told) add(rule shard.Rule, out *shard.Output) {
	lines := &o.lines[out.Rule]
	for i := range out.Outcomes {
		e := out.Outcomes[i]
		*lines = append(*lines, fmt.Sprintf("%v %s at %d, %d, deadline %d, age %d of %s: %v waits %v", e.How, e.Key, e.At, e.EndedAt, e.Deadline, e.Age, e.Of, textOf(e.Run), e.Waiting))
	}
	for c, n := range out.Classes {
		for range n {
			*lines = append(*lines, "class "+cep.Class(c).String())
		}
	}
	for how, n := range out.Ends {
		for range n {
			*lines = append(*lines, "end "+cep.How(how).String())
		}
	}
	for range out.StillOpen + out.Returned {
		*lines = append(*lines, "left")
	}
	for _, r := range out.Rejects {
		o.rejects = append(o.rejects, fmt.Sprintf("%06d %v", r.Line, r.Class))
	}
}

func textOf(run cep.Run) (text string) {
	for i := range run {
		text += fmt.Sprintf(" %d=%s@%d", run[i].Step, run[i].Data, run[i].Time)
	}
	return text
}

// oneByOne returns the events, by their lines, that a rule takes or puts aside: what it does
// with each key, one event after the other.
func (w rulesWorld) oneByOne(prog *cep.Prog) told {
	of, byKey := told{taken: map[string]bool{}}, map[string][]shard.Event{}
	undecided := shard.Header{Last: w.last, Limit: w.end.Limit}.Undecided()
	for i, e := range w.log {
		if e.At < undecided {
			byKey[e.Key] = append(byKey[e.Key], shard.Event{Line: int64(i + 1), Event: cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: []byte(e.Data)}})
		}
	}
	for key, events := range byKey {
		slices.SortStableFunc(events, func(a, b shard.Event) int { return prog.Compare(&a.Event, &b.Event) })
		m, s := prog.Matcher(), cep.State{}
		for i := range events {
			var out cep.Output
			m.Advance(key, &s, events[i].At, w.end.Limit, &out)
			line := fmt.Sprintf("%06d", events[i].Line)
			if r := m.Step(key, &s, &events[i].Event, &out); r.Held {
				m.Note(&s, line)
			} else {
				of.classed(line, r.Class)
			}
			of.decided(out.Decided)
		}
		var out cep.Output
		m.Advance(key, &s, w.end.Limit, w.end.Limit, &out)
		of.decided(out.Decided)
		for _, h := range m.AppendHeld(&s, nil) {
			of.taken[h.Note] = true // it may be, and is no reject
		}
	}
	return of
}

// decided notes what has become of the events that were held.
func (o *told) decided(all []cep.Decided) {
	for _, d := range all {
		o.classed(d.Note, d.Class)
	}
}

func (o *told) classed(line string, class cep.Class) {
	switch class {
	case cep.Started, cep.Advanced, cep.Resolved:
		o.taken[line] = true
	case cep.Duplicate, cep.Orphan, cep.Late:
		o.rejects = append(o.rejects, fmt.Sprintf("%s %v", line, class))
	}
}

// joined returns what rules together put aside: what some rule puts aside, by the first that
// does, and none takes.
func joined(alone []told) (rejects []string) {
	seen := map[string]bool{}
	for _, of := range alone {
		for _, r := range of.rejects {
			if line := r[:6]; !seen[line] && !slices.ContainsFunc(alone, func(other told) bool { return other.taken[line] }) {
				seen[line] = true
				rejects = append(rejects, r)
			}
		}
	}
	slices.Sort(rejects)
	return rejects
}
