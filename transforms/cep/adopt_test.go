package cep

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
)

// A state that the table has written, with a run and one that is remembered, is read by
// the program that has reminders. It goes on with it as the machine alone would have.
func TestStatesOfTheTableGoOnByTheMachine(t *testing.T) {
	for seed := range patterns() {
		rnd := rand.New(rand.NewPCG(seed, 3))
		p := whole.RandomPattern(rnd, whole.Shape{Linear: true, NoConditions: true})
		p.Remember = []int64{0, 1, 40, p.Within}[rnd.IntN(4)]
		table := newEngine(t, "k0", p.String(), p, true)
		if table.m.prog.linear == nil {
			continue
		}
		life := newEngine(t, "k0", p.String(), whole.Pattern{Remember: p.Remember, Life: whole.Life{Started: true}}, true)
		model := whole.NewKey(p)
		log, _ := ceptest.Stamp(p.RandomLog(rnd, 4+rnd.IntN(25)), []int64{0, 3, 20}[rnd.IntN(3)], 0)
		log = slices.DeleteFunc(log, func(e ceptest.Event) bool { return e.Key != "k0" })
		slices.SortStableFunc(log, p.Compare)
		change, back, now, past := rnd.IntN(len(log)+1), rnd.IntN(len(log)+1), table, ""
		for i, e := range log {
			if i == change || i == back && now == life {
				next := map[*engine]*engine{table: life, life: table}[now]
				b, _ := now.state.AppendBinary(nil)
				state, _, err := next.m.prog.DecodeState(b)
				if err == nil {
					err = next.m.prog.Adopt(&state, now.m.prog, now.at)
				}
				if err != nil {
					t.Fatalf("seed %d: %v: %v", seed, p, err)
				}
				next.state, next.at = state, now.at
				now = next
				past += "changed\n"
			}
			past += fmt.Sprintf("%s %v at %d\n", e.Type, e, e.At)
			want := []whole.Change{model.Advance(e.At), model.Step(e)}
			got := []whole.Change{now.Advance(e.At), now.Step(e)}
			for i := range got {
				got[i].Outcomes = slices.DeleteFunc(got[i].Outcomes, func(o whole.Outcome) bool { return o.Kind == whole.StartedRun })
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d: %v remember %d\n%s(-want +got):\n%s", seed, p, p.Remember, past, diff)
			}
		}
	}
}

func compileLife(t testing.TB, text string, c Config) *Prog {
	t.Helper()
	c.Remember = time.Minute
	p, err := Compile(syntax.MustParse(text), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// times returns what outcomes are, and when.
func times(outcomes []Outcome) (all []string) {
	for i := range outcomes {
		all = append(all, fmt.Sprintf("%v %d of %d", outcomes[i].How, outcomes[i].At, outcomes[i].Deadline))
	}
	return all
}

// openAt opens a run at zero, brings it to a place, and returns its encoding.
func openAt(p *Prog, place int64) []byte {
	var s State
	m := p.Matcher()
	m.Step("k", &s, &Event{Type: "a"}, new(Output))
	m.Advance("k", &s, place, math.MaxInt64, new(Output))
	b, _ := s.AppendBinary(nil)
	return b
}

func TestAdopt(t *testing.T) {
	const within = "a followedBy b within 100ms"
	none, remind := Config{}, func(ages ...time.Duration) (c Config) {
		for _, age := range ages {
			c.Remind = append(c.Remind, age*time.Millisecond)
		}
		return c
	}
	for _, c := range []struct {
		what     string
		text     string
		old, new Config
		to       string
		at       int64
		want     []string
	}{
		{"the table has another window", within, none, none, "a followedBy b within 30ms", 10, []string{"timeout 100 of 100"}},
		{"and the machine", within, Config{Started: true}, none, "a followedBy b within 30ms", 10, []string{"timeout 100 of 100"}},
		{"the same", within, none, none, within, 10, []string{"timeout 100 of 100"}},
		{"reminders behind the table, of ages that have not passed", within, none, remind(9, 10, 11), within, 10, []string{"reminder 11 of 100", "timeout 100 of 100"}},
		{"reminders behind the machine", within, Config{Started: true}, remind(9, 10, 11), within, 10, []string{"reminder 11 of 100", "timeout 100 of 100"}},
		{"with another window", within, none, remind(11), "a followedBy b within 20ms", 10, []string{"reminder 11 of 100", "timeout 100 of 100"}},
		{"another list, of which one was given", within, remind(20), remind(19, 20, 21), within, 20, []string{"reminder 21 of 100", "timeout 100 of 100"}},
		{"another list, at a place behind what was given", within, remind(20), remind(25, 30, 31), within, 30, []string{"reminder 31 of 100", "timeout 100 of 100"}},
		{"the same list", within, remind(20, 40), remind(20, 40), "a followedBy b within 60ms", 30, []string{"reminder 40 of 100", "timeout 100 of 100"}},
		{"no list", within, remind(20, 40), none, within, 30, []string{"timeout 100 of 100"}},
	} {
		before, p := compileLife(t, c.text, c.old), compileLife(t, c.to, c.new)
		s, _, err := before.DecodeState(openAt(before, c.at))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Adopt(&s, before, c.at); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		b, _ := s.AppendBinary(nil)
		if s, _, err = p.DecodeState(b); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		var out Output
		p.Matcher().Advance("k", &s, 200, math.MaxInt64, &out)
		if diff := cmp.Diff(c.want, times(out.Outcomes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// An open run keeps its deadline when the expression for windows changes, and what was
// remembered for as long as its window is so still.
func TestAdoptWindows(t *testing.T) {
	const text = "a followedBy b within 100ms"
	window := func(expression string) Config { return Config{Window: expression, RememberOwn: true} }
	none := Config{}
	for _, c := range []struct {
		what     string
		old, new Config
		to       string
		deadline int64
		known    int64 // the last place at which a redelivery is known of what ended at 3
	}{
		{"another expression", window(`"40ms"`), window(`"50ms"`), text, 40, 43},
		{"another window for what fails", window(`"40ms"`), window(`"50ms"`), "a followedBy b within 70ms", 40, 43},
		{"an expression behind none", none, window(`"50ms"`), text, 100, 103},
		{"none behind an expression", window(`"40ms"`), none, text, 40, 43},
	} {
		remember := func(c Config, text string) *Prog {
			c.Remember = syntax.MustParse(text).Within
			p, err := Compile(syntax.MustParse(text), c)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		before, p := remember(c.old, text), remember(c.new, c.to)
		var open, ended State
		m := before.Matcher()
		m.Step("k", &open, &Event{Type: "a"}, new(Output))
		m.Step("k", &ended, &Event{Type: "a", ID: "1"}, new(Output))
		m.Advance("k", &ended, 3, math.MaxInt64, new(Output))
		m.Step("k", &ended, &Event{Type: "b", ID: "2", Time: 3, At: 3}, new(Output))
		for _, s := range []*State{&open, &ended} {
			if err := p.Adopt(s, before, 3); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
		}
		if deadline, ok := p.Deadline(&open); !ok || deadline != c.deadline {
			t.Errorf("%s: the open run's deadline is %d: want %d", c.what, deadline, c.deadline)
		}
		b, _ := ended.AppendBinary(nil)
		for place, known := range map[int64]bool{c.known: true, c.known + 1: false} {
			s, _, err := p.DecodeState(b)
			if err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			m := p.Matcher()
			m.Advance("k", &s, place, math.MaxInt64, new(Output))
			if r := m.Step("k", &s, &Event{Type: "b", ID: "2", Time: place, At: place}, new(Output)); r.Redelivered != known {
				t.Errorf("%s: a copy at %d: got %+v: want it known %v", c.what, place, r, known)
			}
		}
	}
}

// A run that is remembered is so for as long as before, and is forgotten then, where others
// are remembered for longer now.
func TestAdoptLongerMemory(t *testing.T) {
	for what, to := range map[string]Config{"an expression": {Window: `"7ms"`, RememberOwn: true}, "none": {}} {
		p := windowed(t, "a followedBy b within 10ms", `"5ms"`, Config{Remember: 10 * time.Millisecond})
		var s State
		m := p.Matcher()
		m.Step("k", &s, &Event{Type: "a", ID: "1"}, new(Output))
		m.Advance("k", &s, 8, math.MaxInt64, new(Output)) // it ends at 5
		to.Remember, to.Fields = 50*time.Millisecond, jsonFields
		longer, err := Compile(syntax.MustParse("a followedBy b within 50ms"), to)
		if err != nil {
			t.Fatal(err)
		}
		if err := longer.Adopt(&s, p, 8); err != nil {
			t.Fatal(err)
		}
		if due := longer.Due(&s); due != 11 {
			t.Errorf("%s: something is due at %d: want 11, behind 5 and 5", what, due)
		}
		m = longer.Matcher()
		m.Advance("k", &s, 10, math.MaxInt64, new(Output))
		if r := m.Step("k", &s, &Event{Type: "a", ID: "1", At: 10}, new(Output)); !r.Redelivered {
			t.Errorf("%s: a copy at 10: got %+v: want it known", what, r)
		}
		if m.Advance("k", &s, 11, math.MaxInt64, new(Output)); !s.Empty() {
			t.Errorf("%s: it is remembered at 11", what)
		}
	}
}

// Without Adopt a run of a state that knows no reminders gives none: nobody knows which
// of them have passed.
func TestAStateWithoutRemindersGivesNone(t *testing.T) {
	const text = "a followedBy b within 100ms"
	p := compileLife(t, text, Config{Remind: []time.Duration{20 * time.Millisecond}})
	for _, old := range []Config{{}, {Cancelled: true}} {
		s, _, err := p.DecodeState(openAt(compileLife(t, text, old), 10))
		if err != nil {
			t.Fatal(err)
		}
		var out Output
		p.Matcher().Advance("k", &s, 200, math.MaxInt64, &out)
		if diff := cmp.Diff([]string{"timeout 100 of 100"}, times(out.Outcomes)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", old, diff)
		}
	}
}

func TestAdoptRefusesAnotherPattern(t *testing.T) {
	before, p := compileLife(t, "a followedBy b within 1s", Config{}), compileLife(t, "a followedBy c within 2s", Config{})
	err := p.Adopt(new(State), before, 0)
	if want := "cep: state of the pattern a followedBy b within 1s: want one of a followedBy c within 2s, or of another window"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A run that has something to say that older builds did not know, and one that has not.
func TestEncodingOfAgesOfReminders(t *testing.T) {
	const text = "a followedBy b within 100ms"
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Started: true}, "03"},
		{Config{Remind: []time.Duration{20 * time.Millisecond}}, "05"},
	} {
		p := compileLife(t, text, c.config)
		b := openAt(p, 20)
		if got := hex.EncodeToString(b[:1]); got != c.want {
			t.Errorf("%+v: got version %s, want %s", c.config, got, c.want)
		}
		// Without the setting the state goes on as it is.
		other := compileLife(t, text, Config{Cancelled: true})
		s, rest, err := other.DecodeState(append(slices.Clone(b), "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatalf("%+v: %v, rest %q", c.config, err, rest)
		}
		if again, _ := s.AppendBinary(nil); !slices.Equal(again, b) {
			t.Errorf("%+v: got %x, want %x", c.config, again, b)
		}
		for n := range b {
			if _, _, err := p.DecodeState(b[:n]); err == nil {
				t.Errorf("%+v: state cut to %d of %d bytes: no error", c.config, n, len(b))
			}
		}
	}
}

func TestSettingsOfALife(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		text   string
		config Config
		want   string
	}{
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{0}}, "cep: remind 0s: want whole milliseconds, above zero"},
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{ms + 1}}, "cep: remind 1.000001ms: want whole milliseconds, above zero"},
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{2 * ms, ms}}, "cep: remind 1ms behind 2ms: want ascending ages, each once"},
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{ms, ms}}, "cep: remind 1ms behind 1ms: want ascending ages, each once"},
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{ms, 10 * ms}}, "cep: remind 10ms of a pattern within 10ms: want ages below that"},
		{"a followedBy b within 10ms", Config{Remind: []time.Duration{ms, 9 * ms}}, ""},
		{"a followedBy within 10ms b", Config{Remind: []time.Duration{time.Hour}}, ""},
		{"a followedBy b within 10ms", Config{Resolve: -1}, "cep: resolve -1ns: want whole milliseconds, not negative"},
		{"a followedBy b within 10ms", Config{Resolve: ms + 1}, "cep: resolve 1.000001ms: want whole milliseconds, not negative"},
		{"a followedBy b within 10ms", Config{Early: -1}, "cep: early -1ns: want whole milliseconds, not negative, up to 1000h0m0s"},
		{"a followedBy b within 10ms", Config{Early: ms + 1}, "cep: early 1.000001ms: want whole milliseconds, not negative, up to 1000h0m0s"},
		{"a followedBy b within 10ms", Config{Early: 10 * ms}, "cep: early 10ms of a pattern within 10ms: want less than that"},
		{"a followedBy b within 10ms", Config{Early: 9 * ms}, ""},
		{"every a followedBy b within 10ms", Config{Early: ms}, "cep: early of a pattern with every: want one without"},
		{"a notFollowedBy b within 10ms", Config{Early: ms}, "cep: early of a pattern that ends in a negation: want a step at the end"},
		{"every a followedBy b within 10ms", Config{Resolve: ms}, "cep: resolve of a pattern with every: want one without"},
		{"a notFollowedBy b within 10ms", Config{Resolve: ms}, "cep: resolve of a pattern that ends in a negation: want a step at the end"},
		{"a notNext b within 10ms", Config{Resolve: ms}, "cep: resolve of a pattern that ends in a negation: want a step at the end"},
	} {
		_, err := Compile(syntax.MustParse(c.text), c.config)
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.want)
		}
	}
}

// What is held is held for as long as it was to be, and what may be resolved may be so for as
// long, also by a program that does neither.
func TestWhatIsKeptKeepsItsEnd(t *testing.T) {
	const text = "a followedBy b within 100ms"
	ms := time.Millisecond
	old := compileLife(t, text, Config{Early: 5 * ms, Resolve: 50 * ms})
	for _, c := range []Config{{}, {Started: true}, {Early: 50 * ms, Resolve: 5 * ms}} {
		p := compileLife(t, text, c)
		for _, test := range []struct {
			types []string
			at    int64 // of the end
			want  string
		}{
			{[]string{"b"}, 6, "decided orphan"},
			{[]string{"a"}, 151, "resolved"},
		} {
			for _, at := range []int64{test.at - 1, test.at} {
				m, out := old.Matcher(), new(Output)
				var s State
				give(m, &s, out, test.types...)
				m.Advance("k", &s, min(at-1, 120), math.MaxInt64, out)
				b, _ := s.AppendBinary(nil)
				s, _, err := p.DecodeState(b)
				if err == nil {
					err = p.Adopt(&s, old, min(at-1, 120))
				}
				if err != nil {
					t.Fatal(err)
				}
				out.Reset()
				m = p.Matcher()
				m.Advance("k", &s, at, math.MaxInt64, out)
				got := ""
				if test.want == "resolved" {
					got = m.Step("k", &s, &Event{Type: "b", ID: "z", Time: at, At: at}, out).Class.String()
				}
				for _, d := range out.Decided {
					got = "decided " + d.Class.String()
				}
				is := at == test.at // decided at its end, resolved before it
				if test.want == "resolved" {
					is = !is
				}
				if (got == test.want) != is {
					t.Errorf("%+v: %v at %d: got %q", c, test.types, at, got)
				}
			}
		}
	}
}
