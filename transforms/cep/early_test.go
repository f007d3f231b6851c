package cep

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// A key may hold many events: each is known again until it is decided, and given in its
// order, and what that costs does not depend on how many there are.
func TestManyEventsAreHeld(t *testing.T) {
	const n = 40_000
	p := compileLife(t, "a followedBy b followedBy c within 1h", Config{Early: n * time.Millisecond})
	m, out := p.Matcher(), new(Output)
	var s State
	step := func(typ string, id int, at int64) Result {
		m.Advance("k", &s, at, math.MaxInt64, out)
		return m.Step("k", &s, &Event{Type: typ, ID: fmt.Sprint(id), Time: at, At: at}, out)
	}
	begin := time.Now()
	for i := range 2 * n {
		if r := step("b", i, int64(i)); !r.Held {
			t.Fatalf("event %d: got %+v: want it held", i, r)
		}
		m.Note(&s, fmt.Sprint("note ", i))
		if again := step("b", i/2, int64(i)); i >= n && i/2 <= i-n != again.Held || i < n && !again.Redelivered {
			t.Fatalf("event %d again at %d: got %+v", i/2, i, again)
		} else if again.Held {
			m.Note(&s, fmt.Sprint("note ", i/2))
		}
	}
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("%v for %d events: each looks at all that are held", took, 4*n)
	}
	held := m.AppendHeld(&s, nil)
	if len(held) < n {
		t.Fatalf("%d events are held: the test proves little", len(held))
	}
	for _, h := range held {
		if h.Note != "note "+h.Event.ID {
			t.Fatalf("event %s has the note %q", h.Event.ID, h.Note)
		}
	}
	if step("a", 0, 2*n-1); len(m.AppendHeld(&s, nil)) != 0 || !s.Open() {
		t.Errorf("the run has opened, and %d events are held", len(m.AppendHeld(&s, nil)))
	}
}

// A condition that fails on an event that is held is counted once: when it is held, or when
// it is given where the condition looks at what its run has taken.
func TestConditionErrorsOfHeldEvents(t *testing.T) {
	for _, c := range []struct {
		text string
		want Class
	}{
		{"a followedBy b[m > 1] as b1 followedBy b as b2 within 1h", Orphan},
		{"a followedBy b[m > a.n] as b1 followedBy b as b2 within 1h", Orphan},
		{"a followedBy b as b1 followedBy b[m > 1] as b2 within 1h", Advanced},
	} {
		p := compileLife(t, c.text, Config{Early: time.Second, Fields: jsonFields})
		out := new(Output)
		give(p.Matcher(), new(State), out, "b", "a")
		if out.ConditionErrors != 1 || len(out.Decided) != 1 || out.Decided[0].Class != c.want {
			t.Errorf("%s: %d errors, decided %+v: want one error, and it %v", c.text, out.ConditionErrors, out.Decided, c.want)
		}
	}
}
