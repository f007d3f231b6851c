package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tenants has a window for each order: two hours for dear ones.
const tenants = `{"rules": [{"name": "unpaid", "pattern": "create followedBy pay within 10m", "key": "order", "within": "total > 100 ? \"2h\" : \"10m\""}]}`

// orderOf is a create with a total.
func orderOf(order string, total string, second float64) string {
	return strings.Replace(line(order, "create", second), "}", `,"total":`+total+"}", 1)
}

// deadlines returns the outcomes of some text as "outcome order deadline", sorted.
func deadlines(t *testing.T, text string) (all []string) {
	t.Helper()
	for l := range strings.Lines(text) {
		var o struct{ Outcome, OrderID, Deadline string }
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		all = append(all, o.Outcome+" "+o.OrderID+" "+o.Deadline[11:19])
	}
	slices.Sort(all)
	return all
}

// Each order has the deadline that its first event gives, and where the expression fails the
// pattern's, which is counted.
func TestWithinByExpression(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", tenants)
	log := write(t, dir, "log", orderOf("dear", "500", 0)+orderOf("cheap", "20", 1)+orderOf("torn", `"many"`, 2)+orderOf("paid", "101", 3)+
		line("paid", "pay", 7000)+line("late", "pay", 9000))
	r := run1(t, "", "-input", log, "-rules", rules, "-max-jump", "0")
	want := []string{"success paid 00:13:23", "timeout cheap 22:23:21", "timeout dear 00:13:20", "timeout torn 22:23:22"}
	if diff := cmp.Diff(want, deadlines(t, r.stdout)); diff != "" || r.status != 0 {
		t.Errorf("status %d (-want +got):\n%s%s", r.status, diff, r.stderr)
	}
	if !strings.Contains(r.stderr, "1 could not be evaluated and were taken to be false, and windows to be the pattern's") || strings.Contains(r.stderr, "-key") || !strings.Contains(r.stderr, `total > 100 ? "2h" : "10m"`) {
		t.Errorf("the summary tells of no failure, or of users where there are none:\n%s", r.stderr)
	}
	r = run1(t, "", "-input", log, "-rules", rules, "-max-jump", "0", "-max-within", "1h")
	want = []string{"timeout cheap 22:23:21", "timeout dear 22:23:20", "timeout paid 22:23:23", "timeout torn 22:23:22"}
	if diff := cmp.Diff(want, deadlines(t, r.stdout)); diff != "" || !strings.Contains(r.stderr, "3 could not be evaluated") {
		t.Errorf("-max-within 1h (-want +got):\n%s%s", diff, r.stderr)
	}
}

// An order is remembered for as long as its own window, unless -remember says for how long.
func TestRememberByExpression(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", tenants)
	log := write(t, dir, "log", orderOf("dear", "500", 0)+line("dear", "pay", 1)+orderOf("cheap", "20", 2)+line("cheap", "pay", 3)+
		line("x", "other", 3000)+line("dear", "pay", 1))
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, `"duplicate":1`},
		{[]string{"-remember", "10m"}, `"late":1`},
	} {
		flags := []string{"-input", log, "-rules", rules, "-max-jump", "0", "-summary", "-", "-success", "none", "-timeouts", "none"}
		if r := run1(t, "", append(flags, c.flags...)...); !strings.Contains(r.stdout, c.want) {
			t.Errorf("%q: want %s in %s%s", c.flags, c.want, r.stdout, r.stderr)
		}
	}
}

// Open orders keep the deadline that they began with when the expression changes.
func TestWithinByExpressionGoesOn(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", tenants)
	log := write(t, dir, "log", orderOf("dear", "500", 0)+orderOf("cheap", "20", 1)+line("x", "other", 100))
	flags := []string{"-input", log, "-rules", rules, "-carry", dir + "/carry", "-timeouts", dir + "/timeouts", "-success", "none", "-max-jump", "0"}
	if r := run1(t, "", flags...); r.status != 0 {
		t.Fatal(r.stderr)
	}
	write(t, dir, "rules.yaml", strings.Replace(tenants, "2h", "3h", 1))
	write(t, dir, "log", read(t, log)+orderOf("new", "500", 300)+line("x", "other", 20000))
	if r := run1(t, "", flags...); r.status != 0 {
		t.Fatal(r.stderr)
	}
	want := []string{"timeout cheap 22:23:21", "timeout dear 00:13:20", "timeout new 01:18:20"}
	if diff := cmp.Diff(want, deadlines(t, read(t, dir+"/timeouts"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWrongUseOfMaxWithin(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", tenants)
	for _, c := range []struct{ flags, want string }{
		{"-max-within 1h", "-max-within 1h0m0s: want -rules with an expression that gives windows, which it bounds"},
		{"-rules " + rules + " -max-within 0s", "-max-within 0s: want at least 1ms"},
		{"-rules " + rules + " -max-within 300y", "300y"},
		{"-rules " + rules + " -max-within 999999h", "-max-within 999999h0m0s: want at most 876000h0m0s"},
	} {
		r := run1(t, "", append([]string{"-input", "-"}, strings.Fields(c.flags)...)...)
		if r.status != exitUsage || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") > 2 {
			t.Errorf("%s: status %d, %s: want %s", c.flags, r.status, r.stderr, c.want)
		}
	}
}

// The messages of a subscription are all that there is of open orders: none may be open for
// longer than they are kept, whatever an expression gives.
func TestWithinByExpressionFromASubscription(t *testing.T) {
	f := newFake(t)
	rules := write(t, t.TempDir(), "rules.yaml", `{"rules": [{"name": "unpaid", "pattern": "create followedBy pay within 3s", "within": "orderId == \"long\" ? \"200h\" : \"2500ms\""}]}`)
	flags := slices.DeleteFunc(liveFlags(0), func(flag string) bool { return flag == "-within" || flag == "0s" })
	p := start(t, nil, append(flags, "-rules", rules)...)
	now := time.Now().Truncate(time.Millisecond)
	f.publish(liveEvent("long", "create", now), liveEvent("short", "create", now))
	p.await("the outcomes of both orders", 30*time.Second, func() bool { return len(f.notices("timeouts")) == 2 })
	r := p.stop()
	got := map[string]time.Duration{}
	for _, n := range f.notices("timeouts") {
		var o struct {
			OrderID             string
			StartedAt, Deadline time.Time
		}
		if err := json.Unmarshal(n.body, &o); err != nil {
			t.Fatal(err)
		}
		got[o.OrderID] = o.Deadline.Sub(o.StartedAt)
	}
	if diff := cmp.Diff(map[string]time.Duration{"long": 3 * time.Second, "short": 2500 * time.Millisecond}, got); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	for _, want := range []string{"-max-within is 144h0m0s: the subscription keeps messages for 168h0m0s", "got 200h0m0s: want at most 144h0m0s"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("want %q in %s", want, r.stderr)
		}
	}
}
