package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	shopLog   = "../../testdata/shop.jsonl"
	shopRules = "../../testdata/rules.yaml"
)

// told returns the outcomes of some text, as "rule outcome order", sorted.
func told(t *testing.T, text string) (outcomes []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		var o struct {
			Outcome, Rule, OrderID, ID, Of, Age string
			Labels                              map[string]string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if (o.Labels["team"] == "customer-care") != (o.Rule == "unpaid") || (o.Of != "") != (o.Outcome == "resolved") || (o.Age != "") != (o.Outcome == "reminder") {
			t.Errorf("%s: labels, of or age are not those of the rule and kind", line)
		}
		outcomes = append(outcomes, strings.TrimSpace(o.Rule+" "+o.Outcome+" "+o.OrderID+" "+o.Age))
	}
	slices.Sort(outcomes)
	return outcomes
}

// Several rules with one step: what each tells, and the accounts by rule.
func TestRulesOfAShop(t *testing.T) {
	summary := filepath.Join(t.TempDir(), "summary")
	r := run1(t, "", "-input", shopLog, "-rules", shopRules, "-cancelled", "-", "-started", "-", "-summary", summary)
	if r.status != 0 {
		t.Fatalf("status %d: %s", r.status, r.stderr)
	}
	want := []string{
		"unpaid cancelled s-3", "unpaid reminder s-1 5m", "unpaid reminder s-2 5m", "unpaid resolved s-1",
		"unpaid success s-2", "unpaid success s-4", "unpaid timeout s-1", "unshipped timeout s-4",
	}
	if diff := cmp.Diff(want, told(t, r.stdout)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if n := strings.Count(r.stderr, "(adds up)"); n != 4 || !strings.Contains(r.stderr, "unshipped: 3 orders started = 1 matched + 1 timeout") {
		t.Errorf("the summary is\n%s", r.stderr)
	}
	var counted struct {
		Read, Malformed int
		Rules           map[string]struct {
			Read, Started, Resolved, Other int
			Outcomes                       map[string]int
		}
	}
	text, err := os.ReadFile(summary)
	if err == nil {
		err = json.Unmarshal(text, &counted)
	}
	if err != nil {
		t.Fatal(err)
	}
	unpaid := counted.Rules["unpaid"]
	if counted.Read != 10 || unpaid.Read != 10 || unpaid.Started != 5 || unpaid.Resolved != 1 || counted.Rules["unshipped"].Started != 3 {
		t.Errorf("-summary: %s", text)
	}
	if diff := cmp.Diff(map[string]int{"success": 2, "timeout": 1, "reminder": 2, "resolved": 1, "cancelled": 1, "started": 5}, unpaid.Outcomes); diff != "" {
		t.Errorf("-summary, outcomes (-want +got):\n%s", diff)
	}
}

// The open events of rules are for people, by rule, and no run reads them; a reject is of the
// first rule that puts an event aside.
func TestOpenEventsAndRejectsOfRules(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", `{"rules": [
		{"name": "a", "pattern": "create followedBy pay within 10m"},
		{"name": "b", "pattern": "create followedBy ship within 1h", "key": "order"},
		{"name": "c", "pattern": "create followedBy pay within 20m"}]}`)
	log := write(t, dir, "log", line("o1", "create", 0)+line("o2", "pay", 1)+line("o3", "create", 900)+line("o4", "create", 902))
	run1(t, "", "-input", log, "-rules", rules, "-quiet", "-open", dir+"/open", "-rejects", dir+"/rejects", "-timeouts", "none")
	var open []string
	for l := range strings.Lines(read(t, dir+"/open")) {
		var o struct {
			Rule  string
			Event struct{ OrderID string }
		}
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatal(err)
		}
		open = append(open, o.Rule+" "+o.Event.OrderID)
	}
	slices.Sort(open)
	if want := []string{" o3", " o4", "b o1", "c o1"}; !slices.Equal(open, want) {
		t.Errorf("open: %q, want %q", open, want)
	}
	if got := read(t, dir+"/rejects"); strings.Count(got, "\n") != 1 || !strings.Contains(got, `{"reason":"orphan","rule":"a",`) {
		t.Errorf("rejects: %s", got)
	}
	if r := run1(t, "", "-input", dir+"/open", "-rules", rules); r.status != 1 || !strings.Contains(r.stderr, "written for people") {
		t.Errorf("read again: status %d, %s", r.status, r.stderr)
	}
}

// A pattern has the same life by flags, and rules tell of no kind that they leave out.
func TestALifeByFlags(t *testing.T) {
	flags := []string{
		"-input", shopLog, "-quiet", "-types", "order.created=create,order.paid=pay,order.cancelled=cancel", "-fields", "orderId=order.id,userId=customer,type=status,time=at",
		"-pattern", "create notFollowedBy cancel followedBy pay within 10m", "-key", "order",
	}
	dir := t.TempDir()
	r := run1(t, "", append(flags, "-remind", "5m", "-resolve", "24h", "-early", "5s", "-cancelled", "-", "-started", dir+"/started", "-reminders", "none")...)
	got := strings.ReplaceAll(r.stdout, `"outcome"`, `"rule":"unpaid","labels":{"team":"customer-care"},"outcome"`)
	want := []string{"unpaid cancelled s-3", "unpaid resolved s-1", "unpaid success s-2", "unpaid success s-4", "unpaid timeout s-1"}
	if diff := cmp.Diff(want, told(t, got)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s%s", diff, r.stderr)
	}
	started, _ := os.ReadFile(dir + "/started")
	if n := strings.Count(string(started), `{"outcome":"started"`); n != 5 {
		t.Errorf("%d orders have started: %s", n, started)
	}
	r = run1(t, "", flags...)
	if plain := strings.Count(r.stdout, "\n"); plain != 3 { // the one that is paid before it begins times out
		t.Errorf("without the flags there are %d outcomes:\n%s", plain, r.stdout)
	}
}

// The file of rules is no output, however it is spelled, and is left as it was.
func TestTheRulesAreNoOutput(t *testing.T) {
	dir := t.TempDir()
	text := read(t, shopRules)
	rules := write(t, dir, "rules.yaml", text)
	for _, flag := range []string{"success", "timeouts", "rejects", "cancelled", "open", "summary", "cpuprofile", "carry"} {
		output := dir + "/./rules.yaml"
		r := run1(t, "", "-input", shopLog, "-rules", rules, "-"+flag, output)
		if want := "ordertimeout: output " + output + " is also the file of -rules\n"; r.status != exitUsage || r.stdout != "" || !strings.HasPrefix(r.stderr, want) {
			t.Errorf("-%s: status %d, stderr %s, want %s", flag, r.status, r.stderr, want)
		}
		if got, err := os.ReadFile(rules); err != nil || string(got) != text {
			t.Fatalf("-%s: the file is %q, %v", flag, got, err)
		}
	}
	if names, _ := filepath.Glob(dir + "/*"); len(names) != 1 {
		t.Errorf("%q are left", names)
	}
}

// Faults of a file are told all at once, each with its place, by check and by a run.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte("rules:\n  - name: a b\n    pattern: create followedBy pay within 10m\n    key: shop\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	faults := broken + ":2:11: name \"a b\": want 1 to 64 letters, digits, _ and -\n" + broken + ":4:10: key \"shop\": want user or order\n"
	moved := filepath.Join(dir, "moved.yaml")
	if err := os.WriteFile(moved, []byte("rules:\n  - name: unpaid\n    pattern: create followedBy pay within 10m\n    key: order\n  - name: unshipped\n    pattern: pay followedBy ship within 3d\n    key: order\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{"check", shopRules}, 0, "ok\n", ""},
		{[]string{"check", broken}, 2, "", faults},
		{[]string{"check", "-against", shopRules, moved}, 0, "unpaid: starts empty\nunshipped: goes on\nunpaid: is removed\n", ""},
		{[]string{"check", "-against", broken, moved}, 2, "", faults},
		{[]string{"check", dir + "/none.yaml"}, 2, "", dir + "/none.yaml: no such file or directory\n"},
		{[]string{"check"}, 2, "", checkLine},
		{[]string{"-input", shopLog, "-rules", broken}, 2, "", "ordertimeout: -rules: " + strings.Replace(faults, "\n"+broken, "\nordertimeout: "+broken, 1) + "Run 'ordertimeout -h' for the flags.\n"},
		{[]string{"-input", shopLog, "-rules", shopRules, "-within", "5m"}, 2, "", "ordertimeout: -within with -rules " + shopRules + ": want it in the file\nRun 'ordertimeout -h' for the flags.\n"},
		{[]string{"-input", shopLog, "-resolved", "x"}, 2, "", "ordertimeout: -resolved \"x\": want -resolve, how long after its timeout an order may still be paid\nRun 'ordertimeout -h' for the flags.\n"},
		{[]string{"-input", shopLog, "-reminders", "x"}, 2, "", "ordertimeout: -reminders \"x\": want -remind, the ages of open orders at which there is one\nRun 'ordertimeout -h' for the flags.\n"},
		{[]string{"-input", shopLog, "-cancelled", "x"}, 2, "", "ordertimeout: -cancelled \"x\": want a pattern with notFollowedBy or notNext: no other is cancelled\nRun 'ordertimeout -h' for the flags.\n"},
		{[]string{"-input", shopLog, "-remind", "10m"}, 2, "", "ordertimeout: -remind: cep: remind 10m0s of a pattern within 10m0s: want ages below that\nRun 'ordertimeout -h' for the flags.\n"},
	} {
		r := run1(t, "", test.args...)
		if r.status != test.status || r.stdout != test.stdout || r.stderr != test.stderr {
			t.Errorf("%q: status %d, stdout\n%sstderr\n%swant %d\n%s%s", test.args, r.status, r.stdout, r.stderr, test.status, test.stdout, test.stderr)
		}
	}
}

// A log that is cut into two runs with a carry file has the outcomes of the whole, by rules,
// also where the second run has other settings of the same rules.
func TestRulesGoOnWithACarryFile(t *testing.T) {
	lines, err := os.ReadFile(shopLog)
	if err != nil {
		t.Fatal(err)
	}
	// With two keys there are two steps; line 8 has no user, and so none of the second one's keys.
	i := strings.LastIndex(read(t, shopRules), "key: order")
	twoKeys := write(t, t.TempDir(), "rules.yaml", read(t, shopRules)[:i]+"key: user"+read(t, shopRules)[i+len("key: order"):])
	for _, rules := range []string{shopRules, twoKeys} {
		whole := told(t, run1(t, "", "-input", shopLog, "-rules", rules, "-quiet", "-cancelled", "-").stdout)
		testCuts(t, rules, slices.Collect(strings.Lines(string(lines))), whole)
	}
}

// testCuts cuts a log at each line, and compares what two runs tell with what one does.
func testCuts(t *testing.T, rules string, all, whole []string) {
	t.Helper()
	for cut := range all {
		dir := t.TempDir()
		out, log := dir+"/out", dir+"/log"
		for _, part := range []string{strings.Join(all[:cut], ""), strings.Join(all[cut:], "")} {
			f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(f, part)
			f.Close()
			r := run1(t, "", "-input", log, "-rules", rules, "-carry", dir+"/carry", "-shards", fmt.Sprint(1+cut%5), "-success", out, "-timeouts", out, "-cancelled", out)
			if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 4 {
				t.Fatalf("cut at %d: status %d: %s", cut, r.status, r.stderr)
			}
		}
		text, _ := os.ReadFile(out)
		if diff := cmp.Diff(whole, told(t, string(text))); diff != "" {
			t.Errorf("cut at %d (-whole +cut):\n%s", cut, diff)
		}
	}
}

// An event may resolve several timeouts, and also be taken by an open run: as many are counted
// as are told of.
func TestResolvedOutcomesAreCounted(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", `{"rules": [{"name": "a", "pattern": "create followedBy pay within 10s", "resolve": "100s"}]}`)
	for _, log := range []string{
		line("o", "create", 0) + line("o", "create", 20) + line("o", "pay", 35) + line("x", "other", 600),
		line("o", "create", 0) + line("o", "create", 20) + line("o", "pay", 25) + line("x", "other", 600),
	} {
		r := run1(t, "", "-input", write(t, dir, "log", log), "-rules", rules, "-timeouts", "none", "-resolved", "-", "-success", "none", "-summary", dir+"/summary")
		want := fmt.Sprintf(`"resolved":%d,"cancelled"`, strings.Count(r.stdout, `"outcome":"resolved"`))
		if got := read(t, dir+"/summary"); !strings.Contains(got, want) || r.stdout == "" {
			t.Errorf("%s\nsummary %s: want %s", r.stdout, got, want)
		}
	}
}

// A rule with open orders is not dropped without a word, a new one starts empty, and open
// orders keep the deadline that they began with.
func TestRulesChange(t *testing.T) {
	dir := t.TempDir()
	rules := func(text string) string {
		path := filepath.Join(dir, "rules.yaml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	log := write(t, dir, "log", line("o1", "create", 0)+line("o2", "create", 1)+line("o3", "create", 59))
	run := func(text string) result {
		return run1(t, "", "-input", log, "-rules", rules(text), "-carry", dir+"/carry", "-success", dir+"/out", "-timeouts", dir+"/out")
	}
	first := "rules:\n  - {name: unpaid, pattern: create followedBy pay within 10m}\n"
	if r := run(first); r.status != 0 {
		t.Fatal(r.stderr)
	}
	r := run("rules:\n  - {name: other, pattern: create followedBy pay within 10m}\n")
	if want := "rule unpaid is no more, and has 2 open orders"; r.status != 1 || !strings.Contains(r.stderr, want) {
		t.Fatalf("another name: status %d, %s, want %q", r.status, r.stderr, want)
	}
	write(t, dir, "log", line("o1", "create", 0)+line("o2", "create", 1)+line("o3", "create", 59)+line("o4", "create", 61)+line("o5", "create", 1000))
	second := "rules:\n  - {name: new, pattern: create followedBy ship within 30s}\n  - {name: unpaid, pattern: create followedBy pay within 1m, remind: [30s]}\n"
	if r := run(second); r.status != 0 || !strings.Contains(r.stderr, "unpaid: 2 orders started + 2 open at the start = 0 matched + 4 timeout") {
		t.Fatalf("with a new rule: status %d, %s", r.status, r.stderr)
	}
	text, _ := os.ReadFile(dir + "/out")
	deadlines := map[string]string{}
	for l := range strings.Lines(string(text)) {
		var o struct{ Outcome, Rule, OrderID, StartedAt, Deadline string }
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatal(err)
		}
		if o.Rule == "unpaid" && o.Outcome == "timeout" {
			deadlines[o.OrderID] = o.StartedAt[11:19] + " " + o.Deadline[11:19]
		}
	}
	t.Log(deadlines)
	for id, want := range map[string]string{"o1": "10m", "o2": "10m", "o4": "1m"} {
		var h, m, s, h2, m2, s2 int
		fmt.Sscanf(deadlines[id], "%d:%d:%d %d:%d:%d", &h, &m, &s, &h2, &m2, &s2)
		if minutes := (h2-h)*60 + m2 - m; fmt.Sprintf("%dm", minutes) != want {
			t.Errorf("order %s times out after %d minutes (%s), want %s", id, minutes, deadlines[id], want)
		}
	}
}
