package cep

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// A pattern that doubles its branches with each event ends its runs by the bound, while a
// key beside it goes on, and what is kept stays in proportion to events and branches.
func TestExplosivePatternIsBounded(t *testing.T) {
	const bound = 1000
	prog := mustCompile(t, "every a+ combinations followedBy b within 1h", time.Hour)
	prog.maxBranches = bound
	m, out := prog.Matcher(), new(Output)
	var hot, calm State
	for at := range int64(60) {
		e := Event{Type: "a", ID: fmt.Sprint("a", at), Time: at, At: at, Data: []byte("{}")}
		m.Advance("hot", &hot, at, math.MaxInt64, out)
		m.Step("hot", &hot, &e, out)
		l := m.wake(&hot)
		if n := len(l.branches); n > bound {
			t.Fatalf("after %d events a key has %d branches, want %d at most", at+1, n, bound)
		}
		if n := len(l.nodes); n > 8*bound {
			t.Fatalf("after %d events a key has %d nodes for %d branches", at+1, n, len(l.branches))
		}
	}
	if out.Ends[Overflowed] == 0 || len(out.Overflowed) != int(out.Ends[Overflowed]) {
		t.Errorf("%d runs have ended as overflow, and %d are told: want some, and all of them", out.Ends[Overflowed], len(out.Overflowed))
	}
	out.Reset()
	for i, typ := range []string{"a", "a", "b"} {
		e := Event{Type: typ, ID: fmt.Sprint(i), Time: int64(i), At: int64(i)}
		m.Step("calm", &calm, &e, out)
	}
	if out.Matches != 3 || out.Ends[Overflowed] != 0 {
		t.Errorf("the key beside it has %d matches and %d overflows, want 3 and none", out.Matches, out.Ends[Overflowed])
	}
}

// A key whose runs have each taken much, and an event that completes much, are bounded.
func TestWhatAKeyKeepsAndGivesIsBounded(t *testing.T) {
	for _, test := range []struct {
		bound  Bound
		change func(*Prog)
	}{
		{Length, func(p *Prog) { p.maxEvents = 20 }},
		{Kept, func(p *Prog) { p.maxKept = 300 }},
		{Given, func(p *Prog) { p.maxGiven = 300 }},
	} {
		prog := mustCompile(t, "every a+ followedBy b within 1h", time.Hour)
		test.change(prog)
		m, out := prog.Matcher(), new(Output)
		var s State
		for at := range int64(41) {
			e := Event{Type: "a", ID: fmt.Sprint(at), Time: at, At: at}
			if at == 40 {
				e.Type = "b"
			}
			m.Step("k", &s, &e, out)
			if l := s.live(); l != nil && int(l.used) > prog.maxKept {
				t.Fatalf("%d events are kept, want %d at most", l.used, prog.maxKept)
			}
		}
		if len(out.Overflowed) == 0 || out.Overflowed[0].Bound != test.bound {
			t.Errorf("bound %d: %d overflows, %+v", test.bound, len(out.Overflowed), out.Overflowed)
		}
		if len(out.taken) > prog.maxGiven && test.bound == Given {
			t.Errorf("matches of %d events were given, want %d at most", len(out.taken), prog.maxGiven)
		}
	}
}

// What many branches have in common is there once.
func TestBranchesShareWhatTheyHaveInCommon(t *testing.T) {
	prog := mustCompile(t, "every create followedByAny pay followedBy ship within 1h", time.Hour)
	m, out := prog.Matcher(), new(Output)
	var s State
	const n = 200
	step := func(typ string, at int64) {
		m.Step("k", &s, &Event{Type: typ, ID: fmt.Sprint(typ, at), Time: at, At: at, Data: make([]byte, 1000)}, out)
	}
	for at := range int64(20) {
		step("create", at)
	}
	for at := range int64(n) {
		step("pay", 100+at)
	}
	l := s.live()
	if len(l.branches) != 20*n+20 {
		t.Fatalf("%d branches, want those of %d pays for each of 20 creates", len(l.branches), n)
	}
	if len(l.events) != 1+20+n || len(l.nodes) != 1+20+20*n {
		t.Errorf("%d events and %d nodes are kept, want %d and %d", len(l.events)-1, len(l.nodes)-1, 20+n, 20+20*n)
	}
	if len(l.known.spans) != 20+n {
		t.Errorf("%d prints are remembered for %d events", len(l.known.spans), 20+n)
	}
	b, _ := s.AppendBinary(nil)
	if len(b) > 1100*(20+n)+20*20*n {
		t.Errorf("the state is encoded in %d bytes, more than events and branches need", len(b))
	}
}
