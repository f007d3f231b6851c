package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The command of the README's section says what stands there, below the counts.
func TestDiffOfTheReadme(t *testing.T) {
	args, shown := shownInReadme(t, "What if?")
	r := run1(t, "", args...)
	_, orders, _ := strings.Cut(r.stdout, "\n5 orders")
	got := strings.ReplaceAll("5 orders"+orders, "\n\n", "\n") // in a README an empty line has no indent
	if want := strings.Join(shown, ""); r.status != exitFailed || r.stderr != "" || got != want {
		t.Errorf("status %d, %s(-want +got):\n%s", r.status, r.stderr, cmp.Diff(want, got))
	}
}

// ruleFile writes a file of rules in a directory, each a flow mapping.
func ruleFile(t *testing.T, dir, name string, rules ...string) string {
	t.Helper()
	return write(t, dir, name, `{"rules": [`+strings.Join(rules, ",\n")+`]}`)
}

// A log in which each kind of outcome can differ.
const manyKinds = `{"orderId":"o1","userId":"ann","type":"create","time":"2026-03-02T09:00:00Z"}
{"orderId":"o2","userId":"bob","type":"create","time":"2026-03-02T09:00:01Z"}
{"orderId":"o3","userId":"cyd","type":"create","time":"2026-03-02T09:00:02Z"}
{"orderId":"o4","userId":"dan","type":"create","time":"2026-03-02T09:00:03Z"}
{"orderId":"o2","userId":"bob","type":"cancel","time":"2026-03-02T09:02:00Z"}
{"orderId":"o1","userId":"ann","type":"pay","time":"2026-03-02T09:07:00Z"}
{"orderId":"o4","userId":"dan","type":"pay","time":"2026-03-02T09:07:30Z"}
{"orderId":"o9","userId":"eve","type":"view","time":"2026-03-02T12:00:00Z"}
`

// Of each rule the counts stand side by side, also of those that one file alone has, and the
// orders with what only one of the files tells of them.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log.jsonl", manyKinds)
	old := ruleFile(t, dir, "old.yaml",
		`{name: gone, pattern: create followedBy cancel within 5m, key: order}`,
		`{name: unpaid, pattern: create notFollowedBy cancel followedBy pay within 5m, remind: [2m], resolve: 1h}`,
		`{name: same, pattern: create followedBy pay within 1h, labels: {a: b}}`)
	changed := ruleFile(t, dir, "new.yaml",
		`{name: same, pattern: create followedBy pay within 1h}`,
		`{name: unpaid, pattern: create followedBy pay within 10m, remind: [3m], outcomes: [started, success, timeout, reminder]}`,
		`{name: added, pattern: create followedBy pay within 8m, key: order, outcomes: [timeout]}`)
	const want = `input                                old          new
  read                                 8            8
  malformed                            0            0

rule same                            old          new
  class    started                     4            4
  class    advanced                    2            2
  class    other                       2            2
  end      matched                     2            2
  end      timeout                     2            2
  outcome  success                     2            2
  outcome  timeout                     2            2
  outcome  started                     4            4

rule unpaid                          old          new
  class    started                     4            4
  class    advanced                    1            2  +1
  class    resolved                    2            0  -2
  class    other                       1            2  +1
  end      matched                     0            2  +2
  end      timeout                     3            2  -1
  end      cancelled                   1            0  -1
  outcome  success                     0            2  +2
  outcome  timeout                     3            2  -1
  outcome  reminder                    3            4  +1
  outcome  resolved                    2            0  -2
  outcome  cancelled                   1            0  -1
  outcome  started                     4            4

rule added                           old          new
  class    started                     -            4
  class    advanced                    -            2
  class    other                       -            2
  end      matched                     -            2
  end      timeout                     -            2
  outcome  success                     -            2
  outcome  timeout                     -            2
  outcome  started                     -            4

rule gone                            old          new
  class    started                     4            -
  class    advanced                    1            -
  class    other                       3            -
  end      matched                     1            -
  end      timeout                     3            -
  outcome  success                     1            -
  outcome  timeout                     3            -
  outcome  started                     4            -

10 orders differ (- old, + new)

rule unpaid: order o1 of user ann
  + started    started 2026-03-02 09:00:00.000  at 2026-03-02 09:00:00.000
  - reminder   started 2026-03-02 09:00:00.000  at 2026-03-02 09:02:00.000
  + reminder   started 2026-03-02 09:00:00.000  at 2026-03-02 09:03:00.000
  - timeout    started 2026-03-02 09:00:00.000  at 2026-03-02 09:05:00.000
  + success    started 2026-03-02 09:00:00.000  at 2026-03-02 09:07:00.000
  - resolved   started 2026-03-02 09:00:00.000  at 2026-03-02 09:07:00.000

rule unpaid: order o2 of user bob
  + started    started 2026-03-02 09:00:01.000  at 2026-03-02 09:00:01.000
  - cancelled  started 2026-03-02 09:00:01.000  at 2026-03-02 09:02:00.000
  + reminder   started 2026-03-02 09:00:01.000  at 2026-03-02 09:03:01.000
  + timeout    started 2026-03-02 09:00:01.000  at 2026-03-02 09:10:01.000

rule unpaid: order o3 of user cyd
  + started    started 2026-03-02 09:00:02.000  at 2026-03-02 09:00:02.000
  - reminder   started 2026-03-02 09:00:02.000  at 2026-03-02 09:02:02.000
  + reminder   started 2026-03-02 09:00:02.000  at 2026-03-02 09:03:02.000
  - timeout    started 2026-03-02 09:00:02.000  at 2026-03-02 09:05:02.000
  + timeout    started 2026-03-02 09:00:02.000  at 2026-03-02 09:10:02.000

rule unpaid: order o4 of user dan
  + started    started 2026-03-02 09:00:03.000  at 2026-03-02 09:00:03.000
  - reminder   started 2026-03-02 09:00:03.000  at 2026-03-02 09:02:03.000
  + reminder   started 2026-03-02 09:00:03.000  at 2026-03-02 09:03:03.000
  - timeout    started 2026-03-02 09:00:03.000  at 2026-03-02 09:05:03.000
  + success    started 2026-03-02 09:00:03.000  at 2026-03-02 09:07:30.000
  - resolved   started 2026-03-02 09:00:03.000  at 2026-03-02 09:07:30.000

rule added: order o2
  + timeout    started 2026-03-02 09:00:01.000  at 2026-03-02 09:08:01.000

rule added: order o3
  + timeout    started 2026-03-02 09:00:02.000  at 2026-03-02 09:08:02.000

rule gone: order o2
  - success    started 2026-03-02 09:00:01.000  at 2026-03-02 09:02:00.000

rule gone: order o1
  - timeout    started 2026-03-02 09:00:00.000  at 2026-03-02 09:05:00.000

rule gone: order o3
  - timeout    started 2026-03-02 09:00:02.000  at 2026-03-02 09:05:02.000

rule gone: order o4
  - timeout    started 2026-03-02 09:00:03.000  at 2026-03-02 09:05:03.000
`
	r := run1(t, "", "diff", "-rules", changed, "-against", old, "-input", log)
	if diff := cmp.Diff(result{stdout: want, status: 1}, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The same is seen from both sides.
	back := run1(t, "", "diff", "-rules", old, "-against", changed, "-input", log)
	for _, line := range []string{"  - started    started 2026-03-02 09:00:01.000  at", "  end      cancelled                   0            1  +1\n", "  class    started                     4            -\n"} {
		if !strings.Contains(back.stdout, line) {
			t.Errorf("with the files changed about %q is not in\n%s", line, back.stdout)
		}
	}
}

// What is printed is what is told of: as many orders as asked for, the first of them.
func TestDiffLimit(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	for i := range 30 {
		log.WriteString(line(fmt.Sprintf("o%02d", (i*7)%30), "create", float64(i)))
	}
	log.WriteString(line("o99", "view", 10_000))
	path := write(t, dir, "log.jsonl", log.String())
	rule := `{name: %s, pattern: create followedBy pay within %s, key: order}`
	old := ruleFile(t, dir, "old.yaml", fmt.Sprintf(rule, "a", "5m"), fmt.Sprintf(rule, "b", "7m"))
	changed := ruleFile(t, dir, "new.yaml", fmt.Sprintf(rule, "a", "10m"), fmt.Sprintf(rule, "b", "9m"))
	var all []string
	for _, test := range []struct {
		args []string
		want int
		last string
	}{
		{[]string{"-limit", "0"}, 60, ""},
		{nil, 20, "\n40 further orders differ, 10 of rule a, 30 of rule b: -limit 0 prints all\n"},
		{[]string{"-limit", "1"}, 1, "\n59 further orders differ, 29 of rule a, 30 of rule b: -limit 0 prints all\n"},
		{[]string{"-limit", "59"}, 59, "\n1 further order differs, 1 of rule b: -limit 0 prints all\n"},
		{[]string{"-limit", "60"}, 60, ""},
	} {
		r := run1(t, "", append([]string{"diff", "-rules", changed, "-against", old, "-input", path}, test.args...)...)
		var orders []string
		_, below, _ := strings.Cut(r.stdout, "60 orders differ")
		for line := range strings.Lines(below) {
			if strings.HasPrefix(line, "rule ") {
				orders = append(orders, strings.TrimSpace(line))
			}
		}
		if all == nil {
			all = orders
		}
		if r.status != 1 || r.stderr != "" || len(orders) != test.want || !slices.Equal(orders, all[:min(test.want, len(all))]) || !strings.HasSuffix(r.stdout, test.last) || strings.Contains(r.stdout, "further") != (test.last != "") {
			t.Errorf("%q: status %d, %s, %d orders:\n%s", test.args, r.status, r.stderr, len(orders), r.stdout)
		}
	}
	// They come as they differ, though their ids are in another order.
	if want := []string{"rule a: order o00", "rule a: order o07", "rule a: order o14", "rule a: order o21", "rule a: order o28", "rule a: order o05"}; !slices.Equal(all[:6], want) {
		t.Errorf("the first orders are %q, want %q", all[:6], want)
	}
}

// Where outcomes are the same, counts may still differ; where nothing does, the status is 0.
func TestDiffOfWhatIsTheSame(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log.jsonl", manyKinds)
	empty := write(t, dir, "empty.jsonl", "")
	torn := write(t, dir, "torn.jsonl", manyKinds+"{\"orderId\":\n\n[]\n")
	rule := ruleFile(t, dir, "rule.yaml", `{name: a, pattern: create followedBy pay within 5m}`)
	labelled := ruleFile(t, dir, "labelled.yaml", `{name: a, pattern: create as c followedBy pay as p within 5m, labels: {team: care}}`)
	moved := write(t, dir, "moved.yaml", `{"input": {"fields": {"id": "nowhere"}}, "rules": [{"name": "a", "pattern": "create followedBy pay within 300s"}]}`)
	byOrder := write(t, dir, "byorder.yaml", `{"input": {"fields": {"userId": "nowhere"}}, "rules": [{"name": "a", "pattern": "create followedBy pay within 5m", "key": "order"}]}`)
	quiet := ruleFile(t, dir, "quiet.yaml", `{name: a, pattern: create followedBy pay within 10m, outcomes: [resolved], resolve: 1m}`)
	still := ruleFile(t, dir, "still.yaml", `{name: a, pattern: create followedBy pay within 5m, outcomes: [resolved], resolve: 1m}`)
	more := ruleFile(t, dir, "more.yaml", `{name: a, pattern: create followedBy pay within 5m}`, `{name: b, pattern: nosuch followedBy pay within 5m}`)
	const nothing, counts = "\n\nnothing differs\n", "\n\nno order differs, but counts do\n"
	for _, test := range []struct {
		name              string
		input, old, rules string
		status            int
		last, some        string
	}{
		{"one file", log, rule, rule, 0, nothing, "  end      timeout                     4            4\n"},
		{"labels and the text of the pattern", log, rule, labelled, 0, nothing, "  outcome  timeout                     4            4\n"},
		{"another way to say it", log, rule, moved, 0, nothing, ""},
		{"the same by another key, of nobody", log, rule, byOrder, 0, nothing, ""},
		{"malformed lines", torn, rule, rule, 0, nothing, "  read                                10           10\n  malformed                            2            2\n"},
		{"an empty input", empty, rule, rule, 0, nothing, "rule a                               old          new\n\n"},
		{"what is counted alone", log, still, quiet, 1, counts, "  outcome  success                     0            2  +2\n"},
		{"a rule of which nothing comes", log, rule, more, 1, counts, "rule b                               old          new\n  class    orphan                      -            2\n"},
		{"a rule and an empty input", empty, more, rule, 1, counts, "rule b                               old          new\n\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run1(t, "", "diff", "-rules", test.rules, "-against", test.old, "-input", test.input)
			if r.status != test.status || r.stderr != "" || !strings.HasSuffix(r.stdout, test.last) || !strings.Contains(r.stdout, test.some) {
				t.Errorf("status %d, %s\n%s\nwant status %d, %q, and at the end %q", r.status, r.stderr, r.stdout, test.status, test.some, test.last)
			}
		})
	}
}

// What stands behind a plus is what a run gives, with all flags of its input and time.
func TestDiffTellsWhatARunGives(t *testing.T) {
	dir := t.TempDir()
	const nothing = "rules: [{name: none, pattern: create followedBy nosuch within 20000d, outcomes: [success]}]"
	none := write(t, dir, "none.yaml", nothing)
	input, _, _ := strings.Cut(read(t, shopRules), "rules:")
	named := write(t, dir, "named.yaml", input+nothing)
	rows := write(t, dir, "rows.log", "o1,create,10\no2,create,20\no1,pay,30\no2,pay,15\n")
	rule := write(t, dir, "rule.yaml", "rules: [{name: a, pattern: create followedBy pay within 1m, outcomes: [started, success, timeout]}]")
	for _, args := range [][]string{
		{"-against", named, "-rules", shopRules, "-input", shopLog},
		{"-against", named, "-rules", shopRules, "-input", shopLog, "-at-end", "timeout"},
		{"-against", none, "-rules", rule, "-format", "csv", "-columns", "orderId,type,time", "-time-unit", "s", "-input", rows, "-disorder", "1m"},
		{"-against", none, "-rules", rule, "-format", "csv", "-columns", "orderId,type,time", "-time-unit", "s", "-input", rows, "-disorder", "0s"},
	} {
		kinds := []string{"-quiet", "-started", "-"}
		if slices.Contains(args, shopRules) {
			kinds = append(kinds, "-cancelled", "-")
		}
		run := run1(t, "", slices.Concat(args[2:], kinds)...)
		var want []string
		for line := range strings.Lines(run.stdout) {
			var o struct {
				Outcome, Rule, OrderID                   string
				StartedAt, EndedAt, Deadline, ResolvedAt time.Time
				Age                                      string
			}
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			at := map[string]time.Time{"success": o.EndedAt, "timeout": o.Deadline, "started": o.StartedAt, "resolved": o.ResolvedAt, "cancelled": o.EndedAt}[o.Outcome]
			if o.Outcome == "reminder" {
				age, _ := time.ParseDuration(o.Age)
				at = o.StartedAt.Add(age)
			}
			want = append(want, fmt.Sprintf("rule %s: order %s + %-9s  started %s  at %s", o.Rule, o.OrderID, o.Outcome, o.StartedAt.Format(differenceTime), at.Format(differenceTime)))
		}
		r := run1(t, "", append([]string{"diff", "-limit", "0"}, args...)...)
		var got []string
		order := ""
		_, below, _ := strings.Cut(r.stdout, " differ")
		for line := range strings.Lines(below) {
			if strings.HasPrefix(line, "rule ") {
				order, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " of ")
			} else if strings.HasPrefix(line, "  + ") {
				got = append(got, order+strings.TrimSuffix(line[1:], "\n"))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 || run.status != 0 || r.status != 1 {
			t.Errorf("%q: %+v\n(-want +got):\n%s", args, r, diff)
		}
	}
}
