package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

const all = `
input: {types: {order.created: create}}
rules:
  - name: unpaid
    pattern: create notFollowedBy cancel followedBy pay within 10m
    key: order
    within: 2d
    remind: [8m, 5m]
    resolve: 24h
    early: 5s
    outcomes: [timeout, resolved]
    labels: {team: customer-care, level: "2"}
  - {"name": "unshipped", "pattern": "pay followedBy ship within 2d"}
`

func TestParse(t *testing.T) {
	got, err := Parse("rules.yaml", []byte(all))
	if err != nil {
		t.Fatal(err)
	}
	want := File{
		Input: order.Names{Types: map[string]string{"order.created": "create"}},
		Rules: []Rule{{
			Name: "unpaid", Pattern: syntax.MustParse("create notFollowedBy cancel followedBy pay within 48h"), Key: KeyOrder,
			Remind: []time.Duration{5 * time.Minute, 8 * time.Minute}, Resolve: 24 * time.Hour, Early: 5 * time.Second,
			Outcomes: []order.Kind{order.Timeout, order.Resolved}, Labels: []order.Label{{Name: "team", Text: "customer-care"}, {Name: "level", Text: "2"}},
		}, {
			Name: "unshipped", Pattern: syntax.MustParse("pay followedBy ship within 48h"), Key: KeyUser,
		}},
	}
	texts := cmp.Transformer("text", func(p syntax.Pattern) string { return p.String() })
	if diff := cmp.Diff(want, got, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for kind, want := range map[order.Kind]bool{order.Timeout: true, order.Resolved: true, order.Success: false, order.Reminder: false, order.Started: false} {
		if got := got.Rules[0].Gives(kind); got != want {
			t.Errorf("unpaid gives %s: %v, want %v", kind, got, want)
		}
	}
	for kind, want := range map[order.Kind]bool{order.Timeout: true, order.Success: true, order.Cancelled: true, order.Resolved: false, order.Reminder: false, order.Started: false} {
		if got := got.Rules[1].Gives(kind); got != want {
			t.Errorf("unshipped gives %s: %v, want %v", kind, got, want)
		}
	}
}

// Each fault has its place and says what is wanted, and all are told at once.
func TestFaults(t *testing.T) {
	rule := func(more string) string {
		return "rules:\n  - name: a\n    pattern: a followedBy b within 1m\n" + more
	}
	for _, test := range []struct{ text, want string }{
		{"", "1:1: nothing: want rules"},
		{"rules: [", "1:1: no YAML: did not find expected node content"},
		{"a: b: c", "1:1: no YAML: mapping values are not allowed in this context"},
		{"- a", "1:1: got a list: want an object with rules"},
		{"{}", "1:1: no rules: want at least one"},
		{"rules: []", "1:8: an empty list: want a list of rules"},
		{"rules: x", `1:8: got "x": want a list of rules`},
		{"rule: []", "1:1: rule: want input or rules\n1:1: no rules: want at least one"},
		{"rules: [7]", `1:9: got "7": want an object with name and pattern`},
		{"rules:\n  - {}", "2:5: a rule without a name: want one\n2:5: a rule without a pattern: want one"},
		{rule("---\nrules: []\n"), "4:1: a second document: want one"},
		{rule("    name: b\n"), "4:5: name stands twice"},
		{rule("    key: &k user\n"), "4:10: an anchor, &k: want none"},
		{rule("    key: !!str user\n"), "4:10: a tag, !!str: want none"},
		{"a: &x 1\nb: *x", "1:4: an anchor, &x: want none\n2:4: an alias: want the value itself"},
		{rule("    key: shop\n"), `4:10: key "shop": want user or order`},
		{rule("    within: 0s\n"), "4:13: got 0s: want whole milliseconds, at least one, and no more than 100 years"},
		{rule("    within: 300000d\n"), `4:13: got "300000d": want a duration such as 10m or 2d`},
		{rule("    within: 40000d\n"), "4:13: got 40000d: want whole milliseconds, at least one, and no more than 100 years"},
		{rule("    within:\n"), "4:12: got nothing: want a duration such as 10m or 2d"},
		{rule("    remind: 5s\n"), `4:13: got "5s": want a list of ages such as 5m`},
		{rule("    remind: []\n"), "4:13: an empty list: want a list of ages such as 5m"},
		{rule("    remind: [5s, 1m, 5s]\n"), "4:13: remind 1m0s of a pattern within 1m0s: want ages below that\n4:22: 5s stands twice"},
		{rule("    resolve: 1.5ms\n"), "4:14: got 1.5ms: want whole milliseconds, at least one, and no more than 100 years"},
		{rule("    outcomes: [timeout, timeout, paid]\n"), "4:25: timeout stands twice\n4:34: outcome \"paid\": want success, timeout, reminder, resolved, cancelled or started"},
		{rule("    labels: {}\n"), "4:13: no labels: want at least one"},
		{rule("    labels: {level: 2}\n"), `4:21: label level: got "2": want a text, in quotes where it could be something else`},
		{rule("    lables: {}\n"), "4:5: lables: want name, pattern, key, within, remind, resolve, early, outcomes or labels"},
		{rule("  - name: a\n    pattern: b followedBy c within 1m\n"), "4:5: rule a stands in line 2, too: want another name"},
		{"rules:\n  - name: a b\n    pattern: create followedBy within 1m\n", "2:11: name \"a b\": want 1 to 64 letters, digits, _ and -\n3:41: unexpected end of pattern: want an event type"},
		{"rules:\n  - name: a\n    pattern: >-\n      a followedBy\n      within\n", "3:14: column 20: got end of pattern: want a duration such as 10m, 1h30m or 2d"},
		{"rules:\n  - name: a\n    pattern: a followedBy b\n", `3:14: pattern without a window, and none on followedBy "b": want within and a duration; or within`},
		{"rules:\n  - name: a\n    pattern: every a followedBy b within 1m\n    resolve: 1h\n    early: 1s\n", "4:14: resolve of a pattern with every: want one without\n5:12: early of a pattern with every: want one without"},
		{"rules:\n  - name: a\n    pattern: a followedBy b within 1m\n    within: 5s\n    early: 6s\n", ""},
		{"input: {typs: {}}\nrules:\n  - name: a\n    pattern: a followedBy b within 1m\n", "1:9: typs: want types, fields or format"},
		{"input: {types: {a: \"\"}}\nrules:\n  - name: a\n    pattern: a followedBy b within 1m\n", `1:8: types "a=": got an empty name, want TYPE=NAME`},
	} {
		_, err := Parse("r.yaml", []byte(test.text))
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), "r.yaml:", "")
		}
		if test.want != "" && got != test.want || err == nil {
			t.Errorf("%q:\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

// Whatever the file, each fault has a place in it.
func FuzzParse(f *testing.F) {
	f.Add(all)
	f.Add("rules: [{name: a, pattern: 'a followedBy b within 1m', remind: [1s]}]")
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f", []byte(text))
		if err != nil {
			for _, fault := range err.(*Faults).List {
				if fault.Line < 1 || fault.Column < 1 || fault.Text == "" {
					t.Errorf("%q: fault %+v", text, fault)
				}
			}
			return
		}
		for i := range file.Rules {
			if err := file.Rules[i].Validate(); err != nil {
				t.Errorf("%q: rule %d: %v", text, i, err)
			}
		}
	})
}

func TestChange(t *testing.T) {
	rule := func(name, pattern string) Rule {
		return Rule{Name: name, Pattern: syntax.MustParse(pattern), Key: KeyUser}
	}
	old := []Rule{rule("a", "a followedBy b within 1m"), rule("b", "a followedBy b within 1m"), rule("c", "a followedBy b within 1m"), rule("d", "a followedBy b within 1m")}
	to := []Rule{rule("a", "a followedBy b within 5m"), rule("b", "a next b within 1m"), rule("new", "a followedBy b within 1m"), old[3]}
	to[3].Key = KeyOrder
	want := "a: goes on\nb: starts empty\nnew: starts empty\nd: starts empty\nb: is removed\nc: is removed\nd: is removed\n"
	if got := Change(old, to); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestExplain(t *testing.T) {
	file, err := Parse("rules.yaml", []byte(all))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"An order is opened by create.",
		"It succeeds when pay comes less than 48h later, unless cancel comes first; then it is cancelled.",
		"If it is still open 48h after its first event and has not succeeded, it times out.",
		"While it is open there is a reminder 5m, and 8m after its first event.",
		"What it had waited for, or what would have cancelled it, calls its timeout off up to 24h after that.",
		"A later step may be less than 5s before the first: it waits for so long.",
		"It tells of timeout, resolved.",
		"It counts, and does not tell of, success, reminder, cancelled.",
		`Each outcome has the labels team "customer-care", level "2".`,
	}
	if diff := cmp.Diff(want, file.Rules[0].Explain()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
