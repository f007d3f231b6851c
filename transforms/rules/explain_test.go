package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

func TestExplain(t *testing.T) {
	file, err := Parse("rules.yaml", []byte(all))
	if err != nil {
		t.Fatal(err)
	}
	bare := Rule{Pattern: syntax.MustParse("a followedBy b within 1m"), Key: KeyUser, Outcomes: []order.Kind{order.Resolved}, Remind: []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}}
	for i, test := range []struct {
		rule Rule
		want []string
	}{
		{file.Rules[0], []string{
			"An order is opened by create.",
			"It succeeds when pay comes less than 48h later, unless cancel comes first; then it is cancelled.",
			"If it is still open 48h after its first event and has not succeeded, it times out.",
			"While it is open there is a reminder 5m and 8m after its first event.",
			"What it had waited for, or what would have cancelled it, calls its timeout off up to 24h after that.",
			"A later step may be less than 5s before the first: it waits for so long.",
			"It tells of timeout and resolved.",
			"It counts, and does not tell of, success, reminder, cancelled and started.",
			`Each outcome has the labels team "customer-care" and level "2".`,
		}},
		{file.Rules[1], []string{
			"An order of a user is opened by pay.",
			"It succeeds when ship comes less than 48h later.",
			"If it is still open 48h after its first event and has not succeeded, it times out.",
			"It tells of success and timeout.",
			"It counts, and does not tell of, started.",
		}},
		{file.Rules[2], []string{
			"An order of a user is opened by create.",
			"It succeeds when pay comes less than W later.",
			"If it is still open W after its first event and has not succeeded, it times out.",
			`W is what its first event gives by channel == "b2b" ? "48h" : "10m", and 10m where that fails.`,
			"It tells of success and timeout.",
			"It counts, and does not tell of, started.",
		}},
		{bare, []string{
			"An order of a user is opened by a.",
			"It succeeds when b comes less than 1m later.",
			"If it is still open 1m after its first event and has not succeeded, it times out.",
			"While it is open there is a reminder 1s, 2s and 3s after its first event.",
			"It tells of nothing.",
			"It counts, and does not tell of, success, timeout, reminder and started.",
		}},
	} {
		if diff := cmp.Diff(test.want, test.rule.Explain()); diff != "" {
			t.Errorf("%d (-want +got):\n%s", i, diff)
		}
	}
}
