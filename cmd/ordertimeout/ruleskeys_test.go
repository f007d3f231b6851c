package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule gives what it would give alone, whatever the key of another one: an event without a
// user is of an order of nobody, and one without an order id is nothing to rules that know
// orders by that.
func TestRulesOfBothKeys(t *testing.T) {
	dir := t.TempDir()
	byUser := `{"name": "user", "pattern": "create followedBy pay within 10m"}`
	byOrder := `{"name": "order", "pattern": "create followedBy pay within 10m", "key": "order"}`
	log := write(t, dir, "log", line("o1", "create", 0)+
		strings.Replace(line("o1", "pay", 1), `"userId":"u",`, "", 1)+
		strings.Replace(line("o2", "create", 2), `"userId":"u",`, "", 1)+
		strings.Replace(line("", "create", 3), `"orderId":"",`, "", 1)+line("x", "other", 1000))
	run := func(of ...string) (outcomes []string, counted string) {
		rules := write(t, dir, "rules.yaml", `{"rules": [`+strings.Join(of, ",")+`]}`)
		r := run1(t, "", "-input", log, "-rules", rules, "-summary", dir+"/summary")
		if r.status != 0 {
			t.Fatal(r.stderr)
		}
		for l := range strings.Lines(r.stdout) {
			var o struct{ Outcome, Rule, OrderID, UserID string }
			if err := json.Unmarshal([]byte(l), &o); err != nil {
				t.Fatal(err)
			}
			outcomes = append(outcomes, fmt.Sprint(o.Rule, " ", o.Outcome, " order ", o.OrderID, " user ", o.UserID))
		}
		slices.Sort(outcomes)
		return outcomes, read(t, dir+"/summary")
	}
	alone, _ := run(byUser)
	want := []string{"user timeout order  user u", "user timeout order o1 user u", "user timeout order o2 user "}
	if diff := cmp.Diff(want, alone); diff != "" {
		t.Errorf("alone (-want +got):\n%s", diff)
	}
	both, counted := run(byUser, byOrder)
	want = append([]string{"order success order o1 user u", "order timeout order o2 user "}, want...)
	if diff := cmp.Diff(want, both); diff != "" {
		t.Errorf("together (-want +got):\n%s", diff)
	}
	if !strings.Contains(counted, `"read":5,"malformed":0`) || !strings.Contains(counted, `"order":{"read":5,"started":2,"advanced":1,"duplicate":0,"orphan":0,"resolved":0,"other":2`) {
		t.Errorf("counted: %s", counted)
	}
	if _, counted := run(byOrder); !strings.Contains(counted, `"read":5,"malformed":1`) {
		t.Errorf("by order alone: %s", counted)
	}
}

// An event without a rule's key that is undecided goes on in another number of shards, too.
func TestAnEventWithoutAKeyGoesOnInOtherShards(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", `{"rules": [
		{"name": "a", "pattern": "create followedBy pay within 10m"},
		{"name": "b", "pattern": "create followedBy pay within 10m", "key": "order"}]}`)
	log := write(t, dir, "log", `{"userId":"u1","type":"create","time":1700000000000}`+"\n")
	for _, shards := range []string{"3", "5"} {
		r := run1(t, "", "-input", log, "-rules", rules, "-carry", dir+"/carry", "-shards", shards, "-timeouts", "none")
		if r.status != 0 || !strings.Contains(r.stderr, "1 carried out (adds up)") {
			t.Errorf("%s shards: status %d, %s", shards, r.status, r.stderr)
		}
	}
}

// One that is carried to rules of which none knows orders by their users is nothing to them.
func TestAnEventWithoutAKeyIsCarriedToRulesByOrder(t *testing.T) {
	dir := t.TempDir()
	byOrder := `{"name": "a", "pattern": "create followedBy pay within 10m", "key": "order"}`
	byUser := `{"name": "b", "pattern": "create followedBy pay within 10m"}`
	log := write(t, dir, "log", line("o1", "create", 0)+`{"userId":"u7","type":"create","time":1700000001000}`+"\n")
	run := func(rules string, more ...string) result {
		return run1(t, "", append([]string{"-input", log, "-rules", write(t, dir, "rules.yaml", `{"rules": [`+rules+`]}`), "-carry", dir + "/carry", "-timeouts", "none"}, more...)...)
	}
	if r := run(byOrder + "," + byUser); r.status != 0 {
		t.Fatal(r.stderr)
	}
	write(t, dir, "log", read(t, log)+line("x", "other", 100))
	if r := run(byOrder); r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 || !strings.Contains(r.stderr, "1 other") {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}

// What ran without rules belongs to the first rule with its pattern and key.
func TestThePatternOfACarryFileIsOfOneRule(t *testing.T) {
	dir := t.TempDir()
	log := write(t, dir, "log", line("o1", "create", 0)+line("x", "other", 60))
	flags := []string{"-input", log, "-carry", dir + "/carry", "-timeouts", dir + "/timeouts", "-success", "none"}
	if r := run1(t, "", append(flags, "-pattern", "create followedBy pay within 10m")...); r.status != 0 {
		t.Fatal(r.stderr)
	}
	write(t, dir, "log", read(t, log)+line("x", "other", 1000))
	rules := write(t, dir, "rules.yaml", `{"rules": [{"name": "a", "pattern": "create followedBy pay within 10m"}, {"name": "b", "pattern": "create followedBy pay within 20m"}]}`)
	if r := run1(t, "", append(flags, "-rules", rules)...); r.status != 0 {
		t.Fatalf("status %d, %s", r.status, r.stderr)
	}
	if got := read(t, dir+"/timeouts"); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"rule":"a"`) {
		t.Errorf("told: %s", got)
	}
}
