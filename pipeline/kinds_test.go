package pipeline

import (
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/rules"
)

func TestKindsOfPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern                    string
		plain, goesOn, conditional bool
		shownWhy                   string // part of why not by outcome
	}{
		{pattern: "a followedBy b next c within 1m", plain: true, goesOn: true},
		{pattern: "a within 1m", goesOn: true},
		{pattern: "a followedBy within 1m b", goesOn: true},
		{pattern: "a followedBy within 1s b within 1m", goesOn: true},
		{pattern: "a followedBy b as c within 1m", goesOn: true},
		{pattern: "a followedBy b|c within 1m", goesOn: true},
		{pattern: "a followedBy b[n > 1] within 1m", goesOn: true, conditional: true},
		{pattern: "a notFollowedBy x followedBy b within 1m", goesOn: true},
		{pattern: "a notFollowedBy b within 1m", goesOn: true},
		{pattern: "a notNext x followedBy b within 1m", shownWhy: "notNext"},
		{pattern: "a followedByAny b within 1m", shownWhy: "several branches"},
		{pattern: "a followedBy b? followedBy c within 1m", shownWhy: "several branches"},
		{pattern: "(a followedBy b) followedBy c within 1m", shownWhy: "several branches"},
		{pattern: "a+ until[n > 1] followedBy b within 1m", conditional: true, shownWhy: "several branches"},
		{pattern: "every a followedBy b within 1m", shownWhy: "with every"},
		{pattern: "a followedBy a as b within 1m", goesOn: true, shownWhy: "step b takes a, as the first does"},
		{pattern: "a|x followedBy b|a as c within 1m", goesOn: true, shownWhy: "step c takes a, as the first does"},
		{pattern: "any followedBy b within 1m", goesOn: true, shownWhy: "step b takes b, as the first does"},
		{pattern: "a followedBy any within 1m", goesOn: true, shownWhy: "step any takes a, as the first does"},
		{pattern: "any followedBy any as b within 1m", goesOn: true, shownWhy: "step b takes any type, as the first does"},
		{pattern: "a notFollowedBy a[n > 1] as x followedBy b within 1m", goesOn: true, conditional: true, shownWhy: "step x takes a, as the first does"},
	} {
		p := syntax.MustParse(test.pattern)
		if got := plain(p); got != test.plain {
			t.Errorf("%s: plain %t", test.pattern, got)
		}
		if got := goesOn(p); got != test.goesOn {
			t.Errorf("%s: its open events go on: %t", test.pattern, got)
		}
		if got := conditional(p); got != test.conditional {
			t.Errorf("%s: conditional %t", test.pattern, got)
		}
		if got := notByOutcome([]rules.Rule{{Pattern: p}}); (got == "") != (test.shownWhy == "") || !strings.Contains(got, test.shownWhy) {
			t.Errorf("%s: not by outcome: %q, want %q", test.pattern, got, test.shownWhy)
		}
	}
}

// Messages are not held by outcome where one could come again without what changed it, on
// the runner where they would be.
func TestAckOutcomeIsRefusedWhereAMessageCouldComeAlone(t *testing.T) {
	const why = `pubsub: -input "pubsub://shop/orders": ack=outcome: with every an event may be part of several runs, which are not done with it at the same time: want ack=carry, with -carry FILE`
	for _, test := range []struct{ reason, input, pattern, runner, want string }{
		{"every", "pubsub://shop/orders", "every a followedBy b within 1m", RunnerPrism, why},
		{"every, where it is asked for", "pubsub://shop/orders?ack=outcome", "every a followedBy b within 1m", RunnerPrism, strings.Replace(why, "orders", "orders?ack=outcome", 1)},
		{"by bundle", "pubsub://shop/orders?ack=bundle", "every a followedBy b within 1m", RunnerPrism, ""},
		{"on Flink", "pubsub://shop/orders", "every a followedBy b within 1m", RunnerFlink, ""},
		{"one branch", "pubsub://shop/orders", "a notFollowedBy x next b within 1m", RunnerPrism, ""},
	} {
		c := Default()
		c.Input, c.Pattern, c.Runner, c.Success, c.Timeouts, c.Run = []string{test.input}, test.pattern, test.runner, "none", "none", "run"
		_, err := c.Plan()
		if got := errorText(err); got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Without a window the pattern's links have those that other settings follow.
func TestDefaultsFollowTheSmallestWindow(t *testing.T) {
	for _, test := range []struct {
		pattern                    string
		within                     time.Duration
		tick, remember, bySmallest time.Duration
	}{
		{"a followedBy within 1m b followedBy within 2h c", 0, time.Second, 2*time.Hour + time.Minute, time.Minute},
		{"a followedBy within 1m b followedBy within 2h c within 3h", 0, time.Second, 3 * time.Hour, time.Minute},
		{"a followedBy within 30s b followedBy c", time.Minute, 500 * time.Millisecond, time.Minute, 30 * time.Second},
		{"a notFollowedBy within 6s b", 0, 100 * time.Millisecond, 6 * time.Second, 6 * time.Second},
		{"a followedBy within 1h (b followedBy within 6s c)", 0, 100 * time.Millisecond, time.Hour + 6*time.Second, 6 * time.Second},
		{"a", 0, 10 * time.Second, 10 * time.Minute, 10 * time.Minute},
	} {
		c := Default()
		c.Input, c.Pattern, c.Within = []string{"orders.jsonl"}, test.pattern, test.within
		p, err := c.Plan()
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if m := p.matches[0]; m.Tick != test.tick || m.Rules[0].Remember != test.remember {
			t.Errorf("%s: tick %v, remember %v, want %v, %v", test.pattern, m.Tick, m.Rules[0].Remember, test.tick, test.remember)
		}
		if got := c.env(p.Rules).Decoder.Within; got != test.bySmallest {
			t.Errorf("%s: events are judged within %v, want %v", test.pattern, got, test.bySmallest)
		}
	}
}
