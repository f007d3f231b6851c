package process

import (
	"strings"
	"testing"
)

// Of several conditions that failed the one is told whose event came first, in whatever
// order shards tell of them.
func TestTallyKeepsTheFirstFailedCondition(t *testing.T) {
	var tally Tally
	if f, ok := tally.FailedCondition(); ok {
		t.Errorf("without any: %+v", f)
	}
	for _, step := range []struct {
		text, source string
		line         int64
		want         string // the text and place that are kept
	}{
		{"c", "f", 7, "c f:7"},
		{"d", "f", 9, "c f:7"},
		{"d", "g", 1, "c f:7"},
		{"e", "f", 3, "e f:3"},
		{strings.Repeat("x", 2*maxName), "e", 8, strings.Repeat("x", maxName) + " e:8"},
	} {
		tally.ConditionFailed(step.text, step.source, step.line)
		if f, ok := tally.FailedCondition(); !ok || f.Text+" "+f.Place != step.want {
			t.Errorf("after %s of %s:%d: %q at %q, want %q", step.text, step.source, step.line, f.Text, f.Place, step.want)
		}
	}
}
