package transforms

import (
	"testing"
	"time"

	"ordertimeout/transforms/cep"
)

func TestPatternConfigValidate(t *testing.T) {
	for _, test := range []struct {
		reason string
		config PatternConfig
		want   string
	}{
		{"no more than a pattern", PatternConfig{Pattern: "a followedBy b within 1s"}, ""},
		{"all of it", PatternConfig{Pattern: "a[x > 1] followedBy b within 1s", Remember: time.Second, Tick: time.Second, Shards: 1, MaxBranches: 1}, ""},
		{"no pattern", PatternConfig{}, "cep: column 1: unexpected end of pattern: want an event type"},
		{"no window", PatternConfig{Pattern: "a followedBy b"}, "cep: pattern without a window, and none on followedBy \"b\": want within and a duration"},
		{"a condition that is none", PatternConfig{Pattern: "a[x > ] followedBy b within 1s"}, "cep: column 6: got the end: want the rest of the condition"},
		{"remember", PatternConfig{Pattern: "a followedBy b within 1s", Remember: -1}, "cep: remember -1ns: want whole milliseconds, not negative"},
		{"tick", PatternConfig{Pattern: "a followedBy b within 1s", Tick: -time.Second}, "transforms: tick -1s: want whole milliseconds, at least one, or zero for the default"},
		{"a fine tick", PatternConfig{Pattern: "a followedBy b within 1s", Tick: time.Microsecond}, "transforms: tick 1µs: want whole milliseconds, at least one"},
		{"shards", PatternConfig{Pattern: "a followedBy b within 1s", Shards: -1}, "transforms: -1 shards: want at least one, or zero for 16"},
		{"branches", PatternConfig{Pattern: "a followedBy b within 1s", MaxBranches: -1}, "cep: max branches -1: want at least one, or zero for 10000"},
	} {
		got := ""
		if err := test.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestTickOfAPattern(t *testing.T) {
	for _, test := range []struct {
		pattern string
		tick    time.Duration
		want    time.Duration
	}{
		{"a followedBy b within 1h", 0, 10 * time.Second},
		{"a followedBy b within 5m", 0, 5 * time.Second},
		{"a followedBy within 1m b within 5m", 0, time.Second},
		{"a followedBy within 1m b followedBy within 30s c", 0, 500 * time.Millisecond},
		{"a followedBy b within 1s", 0, 16 * time.Millisecond},
		{"a followedBy b within 100ms", 0, 10 * time.Millisecond},
		{"a followedBy b within 100ms", time.Minute, time.Minute},
	} {
		if got := (PatternConfig{Pattern: test.pattern, Tick: test.tick}).match().Tick; got != test.want {
			t.Errorf("%s: tick %v, want %v", test.pattern, got, test.want)
		}
	}
}

func TestHasConditions(t *testing.T) {
	for pattern, want := range map[string]bool{
		"a followedBy b within 1h":                     false,
		"a followedBy b[x > 1] within 1h":              true,
		"a notFollowedBy c[x > 1] within 1h":           true,
		"every a+ until[x > 1] followedBy b within 1h": true,
		"(a followedBy b[x > 1]){2} next c within 1h":  true,
	} {
		if got := (PatternConfig{Pattern: pattern}).hasConditions(); got != want {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
}

// Outcomes that begin in the same millisecond have ids of their own, though none of the
// events has an id; and an outcome has the same one again.
func TestPatternOutcomesHaveIDs(t *testing.T) {
	run := func(pattern string, events ...cep.Event) (ids []string) {
		rules, err := PatternConfig{Pattern: pattern}.match().compile()
		if err != nil {
			t.Fatal(err)
		}
		prog := rules[0].Prog
		var out cep.Output
		var s cep.State
		m := prog.Matcher()
		for i := range events {
			events[i].At = events[i].Time
			m.Advance("k", &s, events[i].At, 1<<62, &out)
			m.Step("k", &s, &events[i], &out)
		}
		m.Advance("k", &s, 1<<40, 1<<62, &out)
		for i := range out.Outcomes {
			ids = append(ids, patternBuilder{prog}.outcome(&out.Outcomes[i]).ID)
		}
		return ids
	}
	a, b, c := cep.Event{Type: "a", Time: 1000}, cep.Event{Type: "b", Time: 1000}, cep.Event{Type: "a", Time: 1000, Data: []byte("c")}
	for _, pattern := range []string{"a followedBy b within 1s", "every a followedBy b within 1s"} {
		ids := run(pattern, a, b, c)
		again := run(pattern, a, b, c)
		if len(ids) != 2 || ids[0] == ids[1] || len(again) != 2 || again[0] != ids[0] || again[1] != ids[1] {
			t.Errorf("%s: ids %q and then %q: want two that differ, and the same again", pattern, ids, again)
		}
	}
}
