package cep

import (
	"bytes"
	"math"
	"testing"
	"time"
	"unsafe"
)

// A run of one event is kept as that, from its opening until it has more to it, and again
// where it is all that is left.
func TestLoneRuns(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		what, text string
		config     Config
		types      []string
		lone       bool
	}{
		{"a run", "a followedBy b followedBy c within 1h", Config{Started: true}, []string{"a"}, true},
		{"with reminders, of which one was given", "a followedBy b within 1h", Config{Remind: []time.Duration{2 * ms, time.Minute}}, []string{"a", "-", "-"}, true},
		{"beside other events", "a notFollowedBy x followedBy b within 1h", Config{}, []string{"a", "-", "y"}, true},
		{"under every", "every a followedBy b within 1h", Config{}, []string{"a"}, true},
		{"that has gone on", "a followedBy b followedBy c within 1h", Config{Started: true}, []string{"a", "b"}, false},
		{"that knows a duplicate", "a followedBy b within 1h", Config{Started: true}, []string{"a", "a"}, false},
		{"with another one", "every a followedBy b within 1h", Config{}, []string{"a", "a"}, false},
		{"behind one that is remembered", "a followedBy b within 1h", Config{Started: true}, []string{"a", "b", "a"}, false},
		{"behind one that is forgotten", "a followedBy b within 5ms", Config{Started: true, Remember: 3 * ms}, []string{"a", "b", "-", "-", "-", "-", "-", "a"}, true},
	} {
		if c.config.Remember == 0 {
			c.config.Remember = time.Minute
		}
		p, err := Compile(mustCompile(t, c.text, 0).Pattern(), c.config)
		if err != nil {
			t.Fatal(err)
		}
		m, out := p.Matcher(), new(Output)
		var s State
		give(m, &s, out, c.types...)
		if (s.lone() != nil) != c.lone || s.Empty() || !s.Open() || s.Runs() == 0 {
			t.Errorf("%s: lone %v, empty %v, %d runs: want lone %v", c.what, s.lone() != nil, s.Empty(), s.Runs(), c.lone)
		}
		if !c.lone {
			continue
		}
		awake := m.wake(&s)
		if deadline, _ := p.Deadline(&s); deadline != awake.due {
			t.Errorf("%s: it is due at %d, and awake at %d", c.what, deadline, awake.due)
		}
		lone, _ := s.AppendBinary(nil)
		if live := awake.append(nil); !bytes.Equal(lone, live) {
			t.Errorf("%s: encoded as\n%x\nand awake as\n%x", c.what, lone, live)
		}
	}
}

// What states of several programs keep of one event is kept once, also once they are decoded.
func TestSharedTexts(t *testing.T) {
	text := func(p *Prog, s *State) *byte {
		run, open := p.Matcher().AppendOpen("k", s, 5, nil), (*byte)(nil)
		for _, r := range run {
			open = unsafe.SliceData(r.Run[0].Data)
		}
		return open
	}
	table, machine := mustCompile(t, "a followedBy b within 1h", time.Hour), compileLife(t, "a followedBy c followedBy d within 1h", Config{Started: true})
	events := map[*Prog][]string{table: {"a"}, machine: {"a"}}
	for _, with := range []*Prog{table, machine} {
		for _, of := range []*Prog{table, machine} {
			for _, more := range []bool{false, true} { // then it is no lone run
				states := map[*Prog]*State{}
				for _, p := range []*Prog{table, machine} {
					types := events[p]
					if more && p == machine {
						types = append(types, "c")
					}
					s := new(State)
					give(p.Matcher(), s, new(Output), types...)
					b, _ := s.AppendBinary(nil)
					decoded, _, err := p.DecodeState(b)
					if err != nil {
						t.Fatal(err)
					}
					states[p] = &decoded
				}
				before, _ := states[of].AppendBinary(nil)
				other, _ := states[with].AppendBinary(nil)
				states[of].ShareTexts(states[with])
				if text(of, states[of]) != text(with, states[with]) {
					t.Errorf("table %v with table %v, more %v: the event is kept twice", of == table, with == table, more)
				}
				for p, want := range map[*Prog][]byte{of: before, with: other} {
					if b, _ := states[p].AppendBinary(nil); !bytes.Equal(b, want) {
						t.Errorf("table %v with table %v, more %v: encoded as\n%x\nand before as\n%x", of == table, with == table, more, b, want)
					}
				}
			}
		}
	}
	s, other := new(State), new(State)
	give(table.Matcher(), s, new(Output), "a")
	m := machine.Matcher()
	m.Step("k", other, &Event{Type: "a", ID: "z", Data: []byte(`{"n":1}`)}, new(Output))
	m.Advance("k", other, 1, math.MaxInt64, new(Output))
	if s.ShareTexts(other); text(table, s) == text(machine, other) {
		t.Error("two events are kept as one")
	}
}
