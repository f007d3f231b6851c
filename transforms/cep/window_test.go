package cep

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// windowed returns the program of a pattern whose runs have windows of their own.
func windowed(t testing.TB, text, expression string, c Config) *Prog {
	t.Helper()
	c.Window, c.Fields, c.RememberOwn = expression, jsonFields, true
	p, err := Compile(syntax.MustParse(text), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// An expression that fails is counted where its event opens a run, once, and nowhere else.
func TestWindowsThatFail(t *testing.T) {
	for _, c := range []struct {
		text, expression string
		most             time.Duration
		at               int64
		want             string // of the error
	}{
		{"a followedBy b within 1h", `n > 1 ? "1h" : "2h"`, 0, 0, "absent: n"},
		{"a followedBy b within 1h", `id`, 0, 0, `"1"`},
		{"a followedBy b within 1h", `"2h"`, time.Hour, 0, "got 2h0m0s: want at most 1h0m0s"},
		{"a followedBy b within 1h", `"2h"`, 0, endOfTime - 2*3600_000, "a deadline before the year 10000"},
		{"every a followedByAny b within 1h", `n > 1 ? "1h" : "2h"`, 0, 0, "absent: n"},
	} {
		p := windowed(t, c.text, c.expression, Config{MaxWindow: c.most})
		var s State
		var out Output
		m := p.Matcher()
		step := func(typ, id string, at int64) Result {
			return m.Step("k", &s, &Event{Type: typ, ID: id, Time: at, At: at, Data: []byte("{}")}, &out)
		}
		if r := step("b", "0", c.at); r.Class != Orphan || out.ConditionErrors > 0 {
			t.Errorf("%s: an orphan has the class %v and counts %d failures", c.expression, r.Class, out.ConditionErrors)
		}
		if r := step("a", "1", c.at); r.Class != Started || out.ConditionErrors != 1 || !strings.Contains(out.FirstError.Err.Error(), c.want) || out.FirstError.Condition != c.expression {
			t.Errorf("%s: got the class %v, %d failures, %+v: want one with %q", c.expression, r.Class, out.ConditionErrors, out.FirstError, c.want)
		}
		if deadline, _ := p.Deadline(&s); deadline != c.at+3600_000 {
			t.Errorf("%s: got a deadline at %d: want that of the pattern", c.expression, deadline)
		}
		if step("b", "2", c.at); out.ConditionErrors != 1 {
			t.Errorf("%s: the run's next event counts, too: %d failures", c.expression, out.ConditionErrors)
		}
	}
}

// A late first step that is too old by its own window opens no run, and counts no failure.
func TestAWindowThatFailsOnALateEvent(t *testing.T) {
	p := windowed(t, "a followedBy b within 100ms", `n > 1 ? "1h" : "2h"`, Config{Remember: 100 * time.Millisecond})
	var out Output
	e := &Event{Type: "a", Time: 99, At: 200, Data: []byte("{}")}
	if r := p.Matcher().Step("k", new(State), e, &out); r.Class != Late || out.ConditionErrors != 0 {
		t.Errorf("got the class %v and %d failures: want a late event and none", r.Class, out.ConditionErrors)
	}
	e.Time = 100
	if r := p.Matcher().Step("k", new(State), e, &out); r.Class != Started || out.ConditionErrors != 1 {
		t.Errorf("got the class %v and %d failures: want a run and one", r.Class, out.ConditionErrors)
	}
}

func TestWindowsThatAreRefused(t *testing.T) {
	const window = `"1h"`
	for _, c := range []struct {
		text   string
		config Config
		want   string
	}{
		{"a followedBy within 1h b", Config{Window: window}, "want one there"},
		{"a followedBy b within 1h", Config{Window: window, MaxWindow: -1}, "max window"},
		{"a followedBy b within 1h", Config{Window: "1 > 2"}, "cep: window: cond: character 3: got true or false"},
		{"a followedBy b within 1h", Config{Window: "b.n"}, "b is a step"},
	} {
		if _, err := Compile(syntax.MustParse(c.text), c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got the error %v: want %q", c.text, err, c.want)
		}
	}
}

// A run that is remembered for long keeps none of those behind it that are not.
func TestARunRememberedForLong(t *testing.T) {
	p := windowed(t, "a followedBy b within 10ms", `n > 1 ? "2400h" : "10ms"`, Config{Remember: 10 * time.Millisecond})
	m, out := p.Matcher(), new(Output)
	var s State
	for i := range 20_000 {
		at, n := int64(i), 0
		if i == 0 {
			n = 2
		}
		m.Advance("k", &s, at, math.MaxInt64, out)
		m.Step("k", &s, &Event{Type: "a", ID: fmt.Sprint("a", i), Time: at, At: at, Data: fmt.Appendf(nil, `{"n":%d}`, n)}, out)
		m.Step("k", &s, &Event{Type: "b", ID: fmt.Sprint("b", i), Time: at, At: at}, out)
		out.Reset()
	}
	if k := &s.live().known; len(k.ended) > 200 || len(k.spans) > 400 || !k.knows(m.prog.fingerprint(&Event{Type: "b", ID: "b0"}), nil) {
		t.Errorf("%d runs and %d events are remembered: want the first, and those of the last 10", len(k.ended), len(k.spans))
	}
}
