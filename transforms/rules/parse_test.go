package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// all has each setting.
const all = `
input: {types: {order.created: create}, fields: {orderId: order.id}, format: jsonl}
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
  - name: b2b
    pattern: create followedBy pay within 10m
    within: ' channel == "b2b" ? "48h" : "10m"'
`

// texts compares patterns by their canonical texts.
var texts = cmp.Transformer("text", func(p syntax.Pattern) string { return p.String() })

func TestParse(t *testing.T) {
	got, err := Parse("rules.yaml", []byte(all))
	if err != nil {
		t.Fatal(err)
	}
	want := File{
		Input: order.Names{Types: map[string]string{"order.created": "create"}, Fields: map[string]string{"orderId": "order.id"}, Format: "jsonl"},
		Rules: []Rule{{
			Name: "unpaid", Pattern: syntax.MustParse("create notFollowedBy cancel followedBy pay within 48h"), Within: Within{Duration: 48 * time.Hour}, Key: KeyOrder,
			Remind: []time.Duration{5 * time.Minute, 8 * time.Minute}, Resolve: 24 * time.Hour, Early: 5 * time.Second,
			Outcomes: []order.Kind{order.Timeout, order.Resolved}, Labels: []order.Label{{Name: "team", Text: "customer-care"}, {Name: "level", Text: "2"}},
		}, {
			Name: "unshipped", Pattern: syntax.MustParse("pay followedBy ship within 48h"), Key: KeyUser,
		}, {
			Name: "b2b", Pattern: syntax.MustParse("create followedBy pay within 10m"), Within: Within{Expression: `channel == "b2b" ? "48h" : "10m"`}, Key: KeyUser,
		}},
	}
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

// ruleOf returns a file with a rule that has more settings, from line 4 on.
func ruleOf(more string) string {
	return "rules:\n  - name: a\n    pattern: a followedBy b within 1m\n" + more
}

// faults compares the faults of files with those that are wanted, without the file's name.
func faults(t *testing.T, tests [][2]string) {
	t.Helper()
	for _, test := range tests {
		_, err := Parse("r.yaml", []byte(test[0]))
		got := ""
		if err != nil {
			got = strings.ReplaceAll("\n"+err.Error(), "\nr.yaml:", "\n")[1:]
		}
		if got != test[1] {
			t.Errorf("%.300q:\ngot  %s\nwant %s", test[0], got, test[1])
		}
	}
}

func TestWhatIsNoPlainYAML(t *testing.T) {
	noRules := "\n1:1: got no rules: want at least one"
	faults(t, [][2]string{
		{"", "1:1: got nothing: want rules"},
		{"---", "1:4: got nothing: want an object with rules"},
		{"# nothing", "1:1: got nothing: want rules"},
		{"rules: [", "1:9: no YAML: did not find expected node content"},
		{"a: b: c", "1:5: no YAML: mapping values are not allowed in this context: want quotes around a text that has a colon and a space"},
		{"rules:\n\t- b", "2:1: no YAML: found character that cannot start any token"},
		{"rules:\n - 'x\n\n", "4:1: no YAML: found unexpected end of stream"},
		{"é: \x01", "1:4: got the control character U+0001: want text"},
		{"a:\n é\xff", "2:3: got the byte 0xff, which is no UTF-8: want text"},
		{strings.Repeat(" ", MaxText+1), "1:1: got 16777217 bytes: want at most 16777216"},
		{strings.Repeat("[", 20_000), "1:10001: no YAML: exceeded max depth of 10000"},
		{ruleOf("---\nrules: []\n"), "4:1: got a second document: want one"},
		{ruleOf("---\nrules: [\n"), "6:1: no YAML: did not find expected node content"},
		{"- a", "1:1: got a list: want an object with rules"},
		{"rules", `1:1: got "rules": want an object with rules`},
		{ruleOf("    key: &k user\n"), "4:10: got an anchor, &k: want none"},
		{ruleOf("    key: !!str user\n"), "4:10: got a tag, !!str: want none"},
		{ruleOf("    key: ! user\n"), "4:10: got a tag, !: want none"},
		{"rules: &x []\ninput: *x", "1:8: got an anchor, &x: want none\n1:8: got an empty list: want a list of rules\n2:8: got an alias, *x: want the value itself"},
		{ruleOf("    labels: {<<: {a: b}}\n"), "4:14: got a merge key, <<: want the members themselves"},
		{ruleOf("    labels: {\"<<\": b}\n"), ""},
		{ruleOf("    ? [name]\n    : b\n"), `4:7: got a list as a name: want a text`},
		{ruleOf("    name: b\n"), `4:5: "name" stands in line 2, too: want it once`},
		{"{\"rules\": [], \"rules\": []}", "1:11: got an empty list: want a list of rules\n1:15: \"rules\" stands in line 1, too: want it once"},
		{"{}", "1:1: got no rules: want at least one"},
		{"rule: []", `1:1: got "rule": want input or rules` + noRules},
		{"~: []", `1:1: got "~": want input or rules` + noRules},
		{`"\e\n": 1`, `1:1: got "\x1b\n": want input or rules` + noRules},
	})
}

func TestFaultsOfARule(t *testing.T) {
	faults(t, [][2]string{
		{"rules: []", "1:8: got an empty list: want a list of rules"},
		{"rules: x", `1:8: got "x": want a list of rules`},
		{"rules:", `1:7: got nothing: want a list of rules`},
		{"rules: [7]", `1:9: got "7": want an object with name and pattern`},
		{"rules:\n  - {}", "2:5: got a rule without a name: want one\n2:5: got a rule without a pattern: want one"},
		{ruleOf("    lables: {}\n"), `4:5: got "lables": want name, pattern, key, within, remind, resolve, early, outcomes or labels`},

		{"rules:\n  - {name: a b, pattern: a}\n", `2:12: name "a b": want 1 to 64 letters, digits, _ and -`},
		{"rules:\n  - {name: ä, pattern: a}\n", `2:12: name "ä": want 1 to 64 letters, digits, _ and -`},
		{"rules:\n  - {name: '', pattern: a}\n", `2:12: name "": want 1 to 64 letters, digits, _ and -`},
		{"rules:\n  - {name: " + strings.Repeat("a", 65) + ", pattern: a}\n", `2:12: name "` + strings.Repeat("a", 65) + `": want 1 to 64 letters, digits, _ and -`},
		{"rules:\n  - {name: " + strings.Repeat("aZ_-0", 12) + "abcd, pattern: a}\n", ""},
		{"rules:\n  - {name: 404, pattern: a}\n", `2:12: got 404, which is no text: want a name, in quotes`},
		{"rules:\n  - {name: '404', pattern: a}\n", ""},
		{"rules:\n  - {name: , pattern: [a]}\n", "2:12: got nothing: want a name\n2:23: got a list: want a pattern"},
		{ruleOf("  - {pattern: b, name: a}\n"), `4:24: name "a", as in line 2: want another`},
		{ruleOf("  - {pattern: b, name: A}\n"), ""},

		{ruleOf("    key: shop\n"), `4:10: key "shop": want user or order`},
		{ruleOf("    key: [user]\n"), `4:10: got a list: want user or order`},
		{ruleOf("    outcomes: [timeout, timeout, paid, 5, open]\n"), "4:25: got timeout twice: want it once\n4:34: got \"paid\": want success, timeout, reminder, resolved, cancelled or started\n4:40: got 5, which is no text: want a kind of outcome, in quotes\n4:43: got \"open\": want success, timeout, reminder, resolved, cancelled or started"},
		{ruleOf("    outcomes: []\n"), "4:15: got an empty list: want a list of success, timeout, reminder, resolved, cancelled or started"},
		{ruleOf("    outcomes: timeout\n"), `4:15: got "timeout": want a list of success, timeout, reminder, resolved, cancelled or started`},
		{ruleOf("    outcomes: [started, resolved]\n"), ""},
		{ruleOf("    labels: {}\n"), "4:13: got an empty object: want a label such as team: customer-care"},
		{ruleOf("    labels: [a]\n"), "4:13: got a list: want an object of texts"},
		{ruleOf("    labels: {a: 2, b: 1.5, c: true, d: 2026-01-01, e: , f: [x], g: {}, h: 'ok', i: on}\n"),
			"4:17: got 2, which is no text: want a text, in quotes\n4:23: got 1.5, which is no text: want a text, in quotes\n4:31: got true, which is no text: want a text, in quotes\n" +
				"4:40: got 2026-01-01, which is no text: want a text, in quotes\n4:55: got nothing: want a text\n4:60: got a list: want a text\n4:68: got an object: want a text"},
		{ruleOf("    labels: {a: x, a: y}\n"), `4:20: "a" stands in line 4, too: want it once`},
	})
}

func TestFaultsOfDurations(t *testing.T) {
	const century = "36500d"
	faults(t, [][2]string{
		{ruleOf("    within: 0s\n"), "4:13: got 0s: want more than zero"},
		{ruleOf("    within: 0\n"), "4:13: got 0: want more than zero"},
		{ruleOf("    within: -1m\n"), "4:13: got -1m: want more than zero"},
		{ruleOf("    within: 1.5ms\n"), "4:13: got 1.5ms: want whole milliseconds"},
		{ruleOf("    within: 36501d\n"), "4:13: got 36501d: want at most 100 years"},
		{ruleOf("    within: " + century + "\n"), ""},
		{ruleOf("    within: 300000d\n"), `4:13: got "300000d": want a duration such as 10m or 2d, or an expression that gives one`},
		{ruleOf("    within: 5 minutes\n"), `4:13: got "5 minutes": want a duration such as 10m or 2d, or an expression that gives one`},
		{ruleOf("    within: 48\n"), `4:13: got "48": want a duration such as 10m or 2d, or an expression that gives one`},
		{ruleOf("    within: ''\n"), `4:13: got "": want a duration such as 10m or 2d, or an expression that gives one`},
		{ruleOf("    within:\n"), "4:12: got nothing: want a duration such as 10m or 2d, or an expression that gives one"},
		{ruleOf("    within: [5m]\n"), "4:13: got a list: want a duration such as 10m or 2d, or an expression that gives one"},
		{ruleOf("    resolve: 0s\n"), "4:14: got 0s: want more than zero"},
		{ruleOf("    resolve: soon\n"), `4:14: got "soon": want a duration such as 24h or 2d`},
		{ruleOf("    resolve: 36501d\n"), "4:14: got 36501d: want at most 100 years"},
		{ruleOf("    resolve: " + century + "\n"), ""},
		{ruleOf("    early: 1us\n"), "4:12: got 1us: want whole milliseconds"},
		{ruleOf("    early: 0h\n"), "4:12: got 0h: want more than zero"},
		{ruleOf("    remind: 5s\n"), `4:13: got "5s": want a list of ages such as 5m`},
		{ruleOf("    remind: []\n"), "4:13: got an empty list: want a list of ages such as 5m"},
		{ruleOf("    remind: [0s, 5x, 5s, [1s], 5000ms]\n"), "4:14: got 0s: want more than zero\n4:18: got \"5x\": want an age such as 5m or 2d\n4:26: got a list: want an age such as 5m or 2d\n4:32: got \"5000ms\", as in line 4: want different ages"},
		{"rules: [{name: a, pattern: a followedBy b within 36501d}]", "1:28: got the window 876024h: want at most 100 years"},
		{"rules: [{name: a, pattern: a followedBy within 36501d b}]", "1:28: got the window 876024h: want at most 100 years"},
		{"rules: [{name: a, pattern: a followedBy b within " + century + "}]", ""},
	})
}

func TestFaultsOfPatterns(t *testing.T) {
	faults(t, [][2]string{
		{"rules: [{name: a, pattern: a followedBy b within 0s}]", `1:50: within 0s: want whole milliseconds, at least one`},
		{"rules: [{name: a, pattern: 'a followedBy'}]", "1:41: unexpected end of pattern: want an event type"},
		{"rules:\n  - name: a\n    pattern: >-\n      a followedBy\n      within\n", "5:13: got end of pattern: want a duration such as 10m, 1h30m or 2d"},
		{"rules:\n  - name: a\n    pattern: |\n      a\n      followedBy b[x ==]\n      within 5m\n", "5:24: got the end: want the rest of the condition"},
		{"rules:\n  - name: a\n    pattern: a followedBy\n      b[total > 5 &&\n         create == 3 && é &&& 1] within 5m\n", "5:29: unexpected token Operator(\"&\")"},
		{`{"rules": [{"name": "a", "pattern": "a[x == \"\u00e9\" ~ 1] followedBy b within 5m"}]}`, "1:56: unrecognized character: U+007E '~'"},
		{"rules: [{name: a, pattern: a followedBy b}]", `1:28: pattern without a window, and none on followedBy "b": want within and a duration, or within in the rule`},
		{"rules: [{name: a, pattern: a followedBy b, within: 1h}]", ""},
		{"rules: [{name: a, pattern: a followedBy within 1h b}]", ""},
		{"rules: [{name: a, pattern: '((a{1000} next b){1000} next c){1000} next d within 1m', remind: [5s], resolve: 1h}]", "1:28: pattern needs more than 100000 states: want fewer repetitions within repetitions"},
		{"rules: [{name: a, pattern: 'a{2 followedBy b', remind: [0s], key: x}]", "1:33: unexpected \"followedBy\": want \",\" or \"}\"\n1:57: got 0s: want more than zero\n1:67: key \"x\": want user or order"},
	})
}

func TestFaultsOfTheInput(t *testing.T) {
	of := func(input string) string { return "input: " + input + "\n" + ruleOf("") }
	faults(t, [][2]string{
		{of("{types: {a: b, order.paid: pay}, fields: {orderId: 'order.ids[0]'}, format: cloudevents}"), ""},
		{of("{fields: {time: meta.ts}, format: cloudevents}"), "1:8: fields time: a CloudEvent has it in its envelope: want orderId and userId alone"},
		{of("{typs: {}}"), `1:9: got "typs": want types, fields or format`},
		{of("[]"), "1:8: got a list: want an object with types, fields or format"},
		{of("{types: {a: b, c: '', d: 5, e: }}"), "1:26: types \"c=\": got an empty name, want TYPE=NAME\n1:33: got 5, which is no text: want a name, in quotes\n1:39: got nothing: want a name"},
		{of("{fields: {orderId: a, order: b, time: 'a..b'}}"), "1:37: fields: got \"order\", want orderId, userId, type, time or id before the =\n1:46: fields time: path \"a..b\": got an empty name"},
		{of("{types: {}, fields: []}"), "1:16: got an empty object: want types of the input, and what patterns call them\n1:28: got a list: want an object of names of members, and their paths"},
		{of("{format: xml}"), `1:17: format "xml": want jsonl, csv or cloudevents`},
		{of("{format: ''}"), `1:17: got "": want jsonl, csv or cloudevents`},
	})
}

// A thousand rules are usual, and ten thousand are all that there may be.
func TestManyRules(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		b.WriteString("rules:\n")
		for i := range n {
			fmt.Fprintf(&b, "- {name: r%d, pattern: create followedBy pay within %ds}\n", i, i+1)
		}
		return b.String()
	}
	file, err := Parse("r", []byte(many(MaxRules)))
	if err != nil || len(file.Rules) != MaxRules || file.Rules[MaxRules-1].Name != "r9999" {
		t.Errorf("%d rules, %v", len(file.Rules), err)
	}
	faults(t, [][2]string{{many(MaxRules + 1), "2:1: got 10001 rules: want at most 10000"}})
}

// All faults are told at once, in the order of the file, whatever they are.
// The faults of a window are told beside those of its pattern.
func TestFaultsOfAWindowWithoutAPattern(t *testing.T) {
	faults(t, [][2]string{{`
rules:
  - name: a
    pattern: create followedBy
    within: 0s
  - name: b
    within: 'channel ? 5 : 6'
`, `4:31: unexpected end of pattern: want an event type
5:13: got 0s: want more than zero
6:5: got a rule without a pattern: want one
7:24: got a number: want a duration, or the text of one such as "48h"`}})
}

func TestAllFaultsAtOnce(t *testing.T) {
	faults(t, [][2]string{{`
rules:
  - name: a b
    pattern: create followedBy within 1m
    remind: [5m, 5m]
  - name: &x ok
    patern: a
  - name: ok
    labels: {n: 5}
    resolve: 0s
    pattern: every a followedBy b
input: {format: xml}
`, `3:11: name "a b": want 1 to 64 letters, digits, _ and -
4:41: unexpected end of pattern: want an event type
5:18: got "5m", as in line 5: want different ages
6:5: got a rule without a pattern: want one
6:11: got an anchor, &x: want none
7:5: got "patern": want name, pattern, key, within, remind, resolve, early, outcomes or labels
8:11: name "ok", as in line 6: want another
9:17: got 5, which is no text: want a text, in quotes
10:14: got 0s: want more than zero
11:14: pattern without a window, and none on followedBy "b": want within and a duration, or within in the rule
12:17: format "xml": want jsonl, csv or cloudevents`}})
}
