package cep

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const lifePattern = "a notFollowedBy x followedBy within 90ms v? followedBy b[n == a.n] followedBy c within 100ms"

// lifeStates are states with all that only settings know: of a run that is open, and of
// events that wait for one.
func lifeStates(t testing.TB) (*Prog, map[string]*State) {
	t.Helper()
	ms := time.Millisecond
	p := compileLife(t, lifePattern, Config{
		Remind: []time.Duration{20 * ms, 60 * ms}, Resolve: time.Second, Early: 10 * ms, Fields: jsonFields,
		Name: func(timeout *Outcome) string { return "timeout of " + timeout.Run[0].ID },
	})
	m := p.Matcher()
	give := func(s *State, at int64, typ, id, data string, time int64) Result {
		m.Advance("k", s, at, math.MaxInt64, new(Output))
		return m.Step("k", s, &Event{Type: typ, ID: id, Time: time, At: at, Data: []byte(data), Ref: uint64(at)}, new(Output))
	}
	open, held := new(State), new(State)
	for _, s := range []*State{open, held} {
		give(s, 1000, "a", "a1", `{"n":1}`, 1000)
		give(s, 1200, "b", "b1", `{"n":2}`, 1200) // resolves nothing, and is held
		m.Note(s, "line 2")
		if r := give(s, 1205, "x", "x1", `{}`, 1203); r.Class != Resolved {
			t.Fatalf("got %v: want the timeout resolved", r.Class)
		}
		give(s, 1300, "a", "a2", `{"n":3}`, 1300)
		m.Advance("k", s, 1500, math.MaxInt64, new(Output))
	}
	give(open, 1500, "b", "b2", `{"n":4}`, 1500)
	give(open, 1503, "a", "a3", `{"n":4}`, 1503)
	m.Advance("k", open, 1530, math.MaxInt64, new(Output))
	give(held, 1500, "b", "b2", `{"n":4}`, 1500)
	m.Note(held, "line 5")
	give(held, 1504, "c", "c2", `{}`, 1501)
	return p, map[string]*State{"open": open, "held": held}
}

// What an older build has written must decode in every later one, so the files are never
// to be changed: add others for a new version.
func TestEncodingOfALife(t *testing.T) {
	p, states := lifeStates(t)
	for name, s := range states {
		l := s.live()
		if len(l.alerts()) != 1 || l.alerts()[0].node == 0 || (len(l.early()) == 2) != (name == "held") || (len(l.runs) == 1 && l.events[len(l.events)-1].early == 3) != (name == "open") {
			t.Fatalf("%s: the test proves little: %+v", name, l)
		}
		checkEncoding(t, p, name, s)
	}
	s := remembered(t)
	if l := s.live(); len(l.known.ended) != 2 || l.known.ended[0].extra == 0 || l.known.ended[1].extra != 0 {
		t.Fatalf("the test proves little: %+v", l)
	}
	checkEncoding(t, p, "remembered", s)
}

// remembered is a state of the same pattern with two runs that are remembered, one of which
// had a window of its own.
func remembered(t testing.TB) *State {
	t.Helper()
	p := windowed(t, lifePattern, `n > 2 ? "5s" : "100ms"`, Config{Remember: 100 * time.Millisecond})
	m, s := p.Matcher(), new(State)
	for i, n := range []string{`{"n":3}`, `{"n":2}`} {
		at := int64(1000 * (i + 1))
		m.Advance("k", s, at, math.MaxInt64, new(Output))
		m.Step("k", s, &Event{Type: "a", ID: n, Time: at, At: at, Data: []byte(n)}, new(Output))
		m.Step("k", s, &Event{Type: "x", ID: n, Time: at, At: at, Data: []byte(n)}, new(Output))
	}
	return s
}

// checkEncoding compares the encoding of a state with what older builds have written.
func checkEncoding(t *testing.T, p *Prog, name string, s *State) {
	t.Helper()
	got, _ := s.AppendBinary(nil)
	text, err := os.ReadFile("testdata/states/life-v5-" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\ngot  %x\nwant %x", name, got, want)
	}
	decoded, rest, err := p.DecodeState(append(slices.Clone(want), "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("%s: %v, rest %q", name, err, rest)
	}
	if again, _ := decoded.AppendBinary(nil); !bytes.Equal(again, want) {
		t.Errorf("%s: decoded and encoded again:\ngot  %x\nwant %x", name, again, want)
	}
	for n := range want {
		if _, _, err := p.DecodeState(want[:n]); err == nil {
			t.Errorf("%s: cut to %d of %d bytes: no error", name, n, len(want))
		}
	}
}

// FuzzDecodeLife checks that any bytes are an error, or a state that encodes to one that is
// the same, and with which the machine goes on to its end.
func FuzzDecodeLife(f *testing.F) {
	p, states := lifeStates(f)
	for _, s := range states {
		b, _ := s.AppendBinary(nil)
		f.Add(b)
	}
	b, _ := remembered(f).AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, err := p.DecodeState(b)
		if err != nil {
			return
		}
		first, _ := s.AppendBinary(nil)
		again, rest, err := p.DecodeState(first)
		if err != nil || len(rest) != 0 {
			t.Fatalf("decode what was encoded: %v, %d bytes left", err, len(rest))
		}
		if second, _ := again.AppendBinary(nil); !bytes.Equal(first, second) {
			t.Errorf("encoded %x, then %x", first, second)
		}
		m, out := p.Matcher(), new(Output)
		for i, typ := range []string{"b", "x", "a", "v", "b", "c", "a"} {
			m.Advance("k", &s, int64(i), math.MaxInt64, out)
			m.Step("k", &s, &Event{Type: typ, Time: int64(i), At: int64(i), Data: []byte(`{"n":1}`)}, out)
		}
		m.AppendOpen("k", &s, 9, nil)
		m.AppendHeld(&s, nil)
		m.Advance("k", &s, math.MaxInt64, math.MaxInt64, out)
	})
}
