package cep

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
)

// A look changes nothing, is the same by the table and by the machine, and tells of the run
// that began last what AppendOpen tells of it.
func TestLook(t *testing.T) {
	seeds := uint64(600)
	if testing.Short() {
		seeds = 100
	}
	compared := 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 23))
		p := whole.RandomPattern(rnd, whole.Shape{Linear: rnd.IntN(2) == 0})
		log, _ := ceptest.Stamp(p.RandomLog(rnd, 30), 5, 0)
		slices.SortStableFunc(log, p.Compare)
		table, machine := newEngine(t, "k0", p.String(), p, true), newEngine(t, "k0", p.String(), p, false)
		for _, e := range log {
			if e.Key != "k0" {
				continue
			}
			for _, n := range []*engine{table, machine} {
				n.Advance(e.At)
				n.look(e)
			}
			table.Step(e)
			machine.Step(e)
			look := machine.look(e)
			if diff := cmp.Diff(table.look(e), look); diff != "" {
				t.Fatalf("seed %d, %s (-table +machine):\n%s", seed, p, diff)
			}
			open := machine.m.AppendOpen("k0", &machine.state, e.At, nil)
			if len(open) == 0 || len(open) != look.Runs {
				continue
			}
			compared++
			last := open[len(open)-1]
			if last.Deadline != look.Deadline || last.Run[0].Time != look.StartedAt || !slices.Equal(look.Waiting, last.Waiting) {
				t.Fatalf("seed %d, %s: look %+v, open %+v", seed, p, look, last)
			}
		}
	}
	if compared < int(seeds) {
		t.Errorf("only %d looks were compared: the test proves little", compared)
	}
}

// look looks at all that there is to see, which must change nothing.
func (e *engine) look(event ceptest.Event) Look {
	e.t.Helper()
	before, _ := e.state.AppendBinary(nil)
	e.m.Conditions(e.key, &e.state, &Event{Type: event.Type, ID: event.ID, Time: event.Time, At: event.At, Data: []byte(event.Data)})
	look := e.m.Look(&e.state, event.At)
	if after, _ := e.state.AppendBinary(nil); !bytes.Equal(before, after) {
		e.t.Fatalf("%s: a look changes the state", e.m.prog.Text())
	}
	return look
}

func TestConditionsTellWhatTheyAreOf(t *testing.T) {
	p, err := whole.Parse("every a[n > 1] followedByAny b[n > a.n] within 50ms")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, "k", p.String(), p, true)
	given := func(typ, data string, at int64) []Condition {
		event := Event{Type: typ, Time: at, At: at, Data: []byte(data)}
		all := e.m.Conditions("k", &e.state, &event)
		e.m.Step("k", &e.state, &event, new(Output))
		for i := range all {
			if all[i].Err != nil {
				all[i].Err, all[i].Text = nil, "failed"
			}
		}
		return all
	}
	e.m.Advance("k", &e.state, 0, math.MaxInt64, new(Output))
	for i, test := range []struct {
		typ, data string
		want      []Condition
	}{
		{"b", `{"n":1}`, []Condition{{Step: "b", Text: "n > a.n"}}},
		{"a", `{"n":1}`, []Condition{{Step: "a", Text: "n > 1", Alone: true, Of: 1}}},
		{"a", `{"n":2}`, []Condition{{Step: "a", Text: "n > 1", Alone: true, Of: 1, Holds: 1}}},
		{"a", `{"n":4}`, []Condition{{Step: "a", Text: "n > 1", Alone: true, Of: 1, Holds: 1}}},
		{"a", `{}`, []Condition{{Step: "a", Text: "failed", Alone: true, Of: 1}}},
		{"b", `{"n":3}`, []Condition{{Step: "b", Text: "n > a.n", Of: 2, Holds: 1}}},
		{"c", `{"n":3}`, nil},
	} {
		if diff := cmp.Diff(test.want, given(test.typ, test.data, int64(i))); diff != "" {
			t.Errorf("event %d (-want +got):\n%s", i, diff)
		}
	}
}
