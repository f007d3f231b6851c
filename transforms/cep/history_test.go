package cep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// There is a State for every order that is open or remembered.
func TestAStateIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(State{}); size > 96 {
		t.Errorf("a State takes %d bytes, want 96 at most", size)
	}
}

// Where all that happens is one order's, an event costs no more than where it is of
// many orders: it looks at few of the ended runs, and moves few of them.
func TestManyEndedRunsOfAKey(t *testing.T) {
	const events, remembered = 20_000, 10_000
	for _, text := range []string{"create followedBy pay", "create next pay"} {
		for _, types := range [][]string{{"create", "pay"}, {"create"}, {"create", "view"}} {
			m := mustCompile(t, text+" within 1s", remembered*time.Millisecond).Matcher()
			var s State
			var most, ended int
			var out Output
			before := allocated()
			for at := range int64(events) {
				e := Event{Type: types[int(at)%len(types)], ID: fmt.Sprint(at), Time: at, At: at}
				m.Advance("k", &s, at, math.MaxInt64, &out)
				m.Step("k", &s, &e, &out)
				out.Reset()
				if s.later != nil {
					_, looked := s.later.knows(1)
					most, ended = max(most, looked), max(ended, s.later.len())
				}
			}
			reason := fmt.Sprintf("%s, events %s, %d ended runs at most", text, types, ended)
			if most > indexFrom {
				t.Errorf("%s: an event looks at %d of them, want %d at most", reason, most, indexFrom)
			}
			if bytes := (allocated() - before) / events; bytes > 2048 {
				t.Errorf("%s: an event allocates %d bytes, want 2048 at most", reason, bytes)
			}
			if strict := strings.Contains(text, "next"); ended < remembered/3 && (strict || len(types) == 2 && types[1] == "pay") {
				t.Errorf("%s: the test proves little", reason)
			}
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// A run of many steps is not searched step by step either.
func TestManyStepsOfARun(t *testing.T) {
	const steps = 1000
	names := make([]string, steps)
	for i := range names {
		names[i] = fmt.Sprint("s", i)
	}
	prog := mustCompile(t, strings.Join(names, " followedBy ")+" within 1h", 0)
	m, out := prog.Matcher(), new(Output)
	if got := prog.position("other"); got != steps {
		t.Errorf("a type that the pattern does not name is at %d, want %d", got, steps)
	}
	var s State
	for i := range steps - 1 {
		e := Event{Type: names[i], Time: int64(i), At: int64(i)}
		if r := m.Step("k", &s, &e, out); r.Class > Advanced {
			t.Fatalf("step %d is %s", i, r.Class)
		}
		if r := m.Step("k", &s, &e, out); !r.Redelivered {
			t.Fatalf("step %d again is %s, want a redelivery", i, r.Class)
		}
		if s.more != nil && s.more.rest != nil {
			if _, looked := s.more.rest.knows(1); looked > indexFrom {
				t.Fatalf("with %d steps taken an event looks at %d of them, want %d at most", i+1, looked, indexFrom)
			}
		}
	}
}

// What is remembered is what a list of the ended runs says, whatever their ends and
// prints, and so it is after a snapshot.
func TestRememberedRunsAreThoseOfAList(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var s State
		var list []past
		span := 1 + rnd.Int64N(200) // the ends go back by so much at times
		for at := range 400 + rnd.Int64N(800) {
			p := past{ended: at - rnd.Int64N(span)}
			for range 1 + rnd.IntN(4) {
				p.prints.add(1 + rnd.Uint64N(500)) // many runs have the same ones
			}
			s.remember(p)
			list = append(list, p)
			if rnd.IntN(3) == 0 {
				before := at - rnd.Int64N(400)
				s.forget(before)
				for len(list) > 0 && list[0].ended < before {
					list = list[1:]
				}
			}
			if rnd.IntN(100) == 0 {
				b, _ := s.AppendBinary(nil)
				var err error
				if s, _, err = ofSteps(t, 2).DecodeState(b); err != nil {
					t.Fatal(err)
				}
			}
			compareWithList(t, &s, list, 1+rnd.Uint64N(500), at-rnd.Int64N(400))
		}
		s.forget(1 << 40)
		if !s.Empty() || s.later != nil {
			t.Fatalf("something is left of a state that has forgotten all: %+v", s)
		}
	}
}

func compareWithList(t *testing.T, s *State, list []past, print uint64, since int64) {
	t.Helper()
	known := slices.ContainsFunc(list, func(p past) bool { return p.prints.has(print) })
	if got := s.knows(print); got != known {
		t.Fatalf("with %d runs: print %d is known: %v, want %v", len(list), print, got, known)
	}
	ended := slices.ContainsFunc(list, func(p past) bool { return p.ended >= since })
	if got := s.endedSince(since); got != ended {
		t.Fatalf("with %d runs: one ended since %d: %v, want %v", len(list), since, got, ended)
	}
	if n := len(list); n > 0 && s.later.len()+1 != n || n == 0 && !s.Empty() {
		t.Fatalf("%d runs are remembered, want %d", s.later.len()+1, n)
	}
}
