package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// happened returns lines of one order from a text such as "create pay{\"amount\":3} pay": an
// event each second, with more members in braces.
func happened(order, text string) string {
	var b strings.Builder
	for i, f := range strings.Fields(text) {
		typ, more, ok := strings.Cut(f, "{")
		if ok {
			more = "," + strings.TrimSuffix(more, "}")
		}
		fmt.Fprintf(&b, `{"orderId":%q,"userId":"u","id":"%s%d","type":%q,"time":%d%s}`+"\n", order, order, i, typ, 1_700_000_000_000+i*1000, more)
	}
	return b.String()
}

// inWords returns each outcome as its kind and the ids of its events by step, and of a
// timeout what it waits for.
func inWords(t *testing.T, output string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(output) {
		var o struct {
			Outcome    string
			WaitingFor []string
			Events     json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("output line %q: %v", line, err)
		}
		dec := json.NewDecoder(strings.NewReader(string(o.Events)))
		text := o.Outcome
		for depth := 0; ; {
			token, err := dec.Token()
			if err != nil {
				break
			}
			switch v := token.(type) {
			case json.Delim:
				if depth += map[json.Delim]int{'{': 1, '}': -1}[v]; v == '[' {
					text += "["
				} else if v == ']' {
					text += "]"
				}
			case string:
				if depth == 1 {
					text += " " + v + "="
				} else if v == "id" {
					id, _ := dec.Token()
					text += fmt.Sprint(id)
				}
			}
		}
		if o.Outcome == "timeout" {
			text += fmt.Sprint(" waits for ", o.WaitingFor)
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// The whole language from the command line: events in, outcomes out.
func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		reason, pattern, events string
		want                    []string
	}{
		{"every: each create begins a run", "every create followedBy pay within 10s", "create create pay",
			[]string{"success create=a0 pay=a2", "success create=a1 pay=a2"}},
		{"a condition", `create[total > 100 && currency == "EUR"] followedBy pay within 10s`, `create{"total":99,"currency":"EUR"} create{"total":100.5,"currency":"EUR"} pay`,
			[]string{"success create=a1 pay=a2"}},
		{"a condition on an earlier step", `create followedBy pay[amount >= create.total] within 10s`, `create{"total":5} pay{"amount":4} pay{"amount":5}`,
			[]string{"success create=a0 pay=a2"}},
		{"a loop", "every fail{2,} consecutive followedBy login within 10s", "fail fail fail login",
			[]string{"success fail=[a0a1] login=a3", "success fail=[a0a1a2] login=a3", "success fail=[a1a2] login=a3"}},
		{"a sum over a loop", `every part+ followedBy pay[amount == sum(part, .n)] within 10s skip past last`, `part{"n":1} part{"n":2} pay{"amount":3}`,
			[]string{"success part=[a0a1] pay=a2"}},
		{"a group", "every (ask followedBy answer){2} followedBy buy within 10s skip past last", "ask answer ask answer buy",
			[]string{"success ask=[a0a2] answer=[a1a3] buy=a4"}},
		{"a negation", "create notFollowedBy cancel followedBy pay within 10s", "create cancel pay create pay",
			[]string{"success create=a3 pay=a4"}},
		{"an absence, at its deadline", "create notFollowedBy pay within 3s", "create view view create view view view view view",
			[]string{"success create=a0", "success create=a3"}},
		{"skip", "every create followedByAny pay within 10s skip to next", "create pay pay", []string{"success create=a0 pay=a1"}},
		{"any", "any[n > 5] as peak followedBy pay|cod within 10s", `view{"n":5} view{"n":6} cod`, []string{"success peak=a1 pay|cod=a2"}},
		{"a timeout says what it waits for", "create followedBy within 2s pack? followedBy within 3s ship within 10s", "create view view view view view view",
			[]string{"timeout create=a0 waits for [ship]"}},
	} {
		r := run1(t, happened("a", test.events), "-input", "-", "-quiet", "-disorder", "0s", "-pattern", test.pattern)
		if got := inWords(t, r.stdout); r.status != 0 || r.stderr != "" || !slices.Equal(got, test.want) {
			t.Errorf("%s: %s: status %d, stderr %q\ngot  %q\nwant %q", test.reason, test.pattern, r.status, r.stderr, got, test.want)
		}
	}
}

// The summary of a pattern that is more than steps of a type each has its other ends.
func TestSummaryOfOtherPatterns(t *testing.T) {
	log := happened("a", "create pay pay") + happened("b", "create cancel")
	r := run1(t, log, "-input", "-", "-summary", "-", "-success", "none",
		"-pattern", "every create notFollowedBy cancel followedByAny pay within 10s", "-at-end", "timeout")
	const want = `{"read":5,"started":2,"advanced":3,"duplicate":0,"orphan":0,"other":0,"late":0,"malformed":0,"returned":0,` +
		`"success":2,"matched":1,"timeout":0,"broken":0,"cancelled":1,"skipped":0,"overflow":0,"open":0,"conditionErrors":0}` + "\n"
	if r.status != 0 || r.stdout != want {
		t.Errorf("status %d\ngot  %swant %sstderr %s", r.status, r.stdout, want, r.stderr)
	}
	if !strings.Contains(r.stderr, "2 matches given by 1 orders") {
		t.Errorf("the summary does not say how many matches there are:\n%s", r.stderr)
	}
	r = run1(t, happened("a", "create pay"), "-input", "-", "-summary", "-", "-success", "none")
	const plain = `{"read":2,"started":1,"advanced":1,"duplicate":0,"orphan":0,"other":0,"late":0,"malformed":0,"returned":0,"success":1,"timeout":0,"broken":0,"open":0}` + "\n"
	if r.stdout != plain {
		t.Errorf("of plain steps:\ngot  %swant %s", r.stdout, plain)
	}
}

// A condition that fails is told: a typo must not be silence.
func TestConditionsThatFailAreTold(t *testing.T) {
	r := run1(t, happened("a", `create{"total":5} create{"total":6}`), "-input", "-", "-pattern", "create[totl > 1] followedBy pay within 10s")
	if r.status != 0 || !strings.Contains(r.stderr, "conditions: 2 could not be evaluated") || !strings.Contains(r.stderr, "totl") {
		t.Errorf("status %d, stderr:\n%s", r.status, r.stderr)
	}
	r = run1(t, "", "-input", "-", "-pattern", "create[total > ] followedBy pay within 10s")
	if r.status != 2 || !strings.HasPrefix(r.stderr, "ordertimeout: -pattern: cep: column 1") {
		t.Errorf("a wrong condition: status %d, stderr %q", r.status, r.stderr)
	}
}

// A pattern that is too large to run is refused before the start.
func TestTooLargePatternIsRefused(t *testing.T) {
	r := run1(t, "", "-input", "-", "-pattern", "every ((a followedBy b){1000} followedBy c){1000} followedBy d within 1h")
	if r.status != 2 || !strings.HasPrefix(r.stderr, "ordertimeout: -pattern: cep: pattern needs more than") {
		t.Errorf("status %d, stderr %q", r.status, r.stderr)
	}
}

// A run beyond the bound is counted, and a reject.
func TestOverflowIsAReject(t *testing.T) {
	r := run1(t, happened("a", strings.Repeat("a ", 12)), "-input", "-", "-quiet", "-success", "none", "-timeouts", "none", "-rejects", "-",
		"-max-branches", "50", "-pattern", "every a+ combinations followedBy b within 1h")
	if r.status != 0 || !strings.Contains(r.stdout, `"reason":"overflow"`) || !strings.Contains(r.stdout, "-max-branches") {
		t.Errorf("status %d, stdout:\n%s\nstderr %s", r.status, r.stdout, r.stderr)
	}
}

// What cannot be held by message is refused, with what else there is.
func TestPatternsThatCannotBeAcknowledgedByOutcome(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"create followedBy pay within 10m":                                 true,
		"create notFollowedBy cancel followedBy pay within 10m":            true,
		"create next pay[amount > 1] within 10m":                           true,
		"create notFollowedBy pay within 10m":                              true,
		"create notNext cancel followedBy pay within 10m":                  false,
		"every create followedBy pay within 10m":                           false,
		"create followedBy pay+ within 10m":                                false,
		"create as first followedBy pay followedBy create as b within 10m": false,
		"create followedBy any as x within 10m":                            false,
	} {
		r := run1(t, "", "-input", "pubsub://shop/orders?ack=outcome", "-pattern", pattern)
		refused := strings.Contains(r.stderr, "ack=outcome") && strings.Contains(r.stderr, "ack=carry")
		if refused == ok || refused && r.status != 2 { // what is not refused fails later, without a service
			t.Errorf("%s: status %d, stderr %q, want refused %v", pattern, r.status, r.stderr, !ok)
		}
	}
}

// Nor can several rules, or one that holds what comes early; and a rule has the limits of its
// pattern.
func TestRulesThatCannotBeAcknowledgedByOutcome(t *testing.T) {
	const pay, ship = `"pattern": "create followedBy pay within 10m"`, `{"name": "b", "pattern": "pay followedBy ship within 1h"}`
	dir := t.TempDir()
	for rules, want := range map[string]string{
		`{"name": "a", ` + pay + `}`:                                                                            "",
		`{"name": "a", ` + pay + `, "remind": ["5m"], "resolve": "24h"}`:                                        "",
		`{"name": "a", "pattern": "create next pay within 10m", "resolve": "24h"}`:                              "",
		`{"name": "a", ` + pay + `}, ` + ship:                                                                   "with several rules",
		`{"name": "a", ` + pay + `, "early": "5s"}`:                                                             "with early",
		`{"name": "a", "pattern": "every create followedBy pay within 10m"}`:                                    "with every",
		`{"name": "a", "pattern": "create followedBy pay+ within 10m"}`:                                         "several branches",
		`{"name": "a", "pattern": "create as c followedBy pay|create as d within 10m", "remind": ["5m", "8m"]}`: "step d takes create, as the first does",
	} {
		r := run1(t, "", "-input", "pubsub://shop/orders?ack=outcome", "-rules", write(t, dir, "rules.yaml", `{"rules": [`+rules+`]}`))
		first, rest, _ := strings.Cut(r.stderr, "\n")
		refused := strings.Contains(first, "ack=outcome: ") && strings.Contains(first, "want ack=carry, with -carry FILE")
		if refused != (want != "") || refused && (r.status != exitUsage || !strings.Contains(first, want) || strings.Contains(rest, "ack=")) {
			t.Errorf("%s: status %d, stderr %q, want %q", rules, r.status, r.stderr, want)
		}
	}
}

// What is open of a pattern that leaves a choice is for people, and refused as an input.
func TestOpenOrdersOfOtherPatternsAreForPeople(t *testing.T) {
	for _, pattern := range peoplePatterns {
		dir := t.TempDir()
		in := write(t, dir, "in.jsonl", happened("a", "create view"))
		open := dir + "/open.jsonl"
		args := []string{"-open", open, "-quiet", "-success", "none", "-pattern", pattern}
		r := run1(t, "", append(args, "-input", in)...)
		left := read(t, open)
		if r.status != 0 || !strings.HasPrefix(left, `{"rule":"","event":{"orderId":"a"`) {
			t.Fatalf("%s: status %d, stderr %q, open:\n%s", pattern, r.status, r.stderr, left)
		}
		r = run1(t, "", "-input", open, "-quiet", "-pattern", pattern)
		if r.status != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "for people") {
			t.Errorf("%s: as an input: status %d, stderr %q", pattern, r.status, r.stderr)
		}
		r = run1(t, "", append(args, "-input", in, "-input-if-any", open)...)
		if r.status != 2 || !strings.Contains(r.stderr, "for people") || read(t, open) != left {
			t.Errorf("%s: as an input and output: status %d, stderr %q, open:\n%s", pattern, r.status, r.stderr, read(t, open))
		}
	}
}
