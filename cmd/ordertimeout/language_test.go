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

// timelineStart is second 0 of timelines.
const timelineStart = 1_700_000_000

// timeline returns the log of an order from text: "0 a; 1 view 7" is an a at second 0 and a
// view a second later, whose member n is 7.
func timeline(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for event := range strings.SplitSeq(text, "; ") {
		var second, n int64
		var typ string
		if _, err := fmt.Sscan(event+" 0", &second, &typ, &n); err != nil {
			t.Fatalf("event %q: %v", event, err)
		}
		fmt.Fprintf(&b, `{"orderId":"o","type":%q,"time":%d,"n":%d}`+"\n", typ, (timelineStart+second)*1000, n)
	}
	return b.String()
}

// told returns outcomes as text, sorted: "success 0-2: a[0 1] b(2)", with the seconds of
// the events, or "timeout 0-10: a(0), waits for b".
func told(t *testing.T, output string) []string {
	t.Helper()
	seconds := func(at time.Time) string { return fmt.Sprint(at.Unix() - timelineStart) }
	type event struct{ Time int64 }
	var list []string
	for line := range strings.Lines(output) {
		var o struct {
			Outcome             string
			StartedAt, Deadline time.Time
			EndedAt             *time.Time
			WaitingFor          []string
			Events              map[string]json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("output line %q: %v", line, err)
		}
		var steps []string
		for step, raw := range o.Events {
			var one event
			var several []event
			if json.Unmarshal(raw, &one) == nil {
				steps = append(steps, fmt.Sprintf("%s(%d)", step, one.Time/1000-timelineStart))
				continue
			}
			if err := json.Unmarshal(raw, &several); err != nil {
				t.Fatalf("events %s: %v", raw, err)
			}
			var times []string
			for _, e := range several {
				times = append(times, fmt.Sprint(e.Time/1000-timelineStart))
			}
			steps = append(steps, fmt.Sprintf("%s[%s]", step, strings.Join(times, " ")))
		}
		slices.Sort(steps)
		end, rest := o.Deadline, ""
		if o.EndedAt != nil {
			end = *o.EndedAt
		} else {
			rest = ", waits for " + strings.Join(o.WaitingFor, " ")
		}
		list = append(list, o.Outcome+" "+seconds(o.StartedAt)+"-"+seconds(end)+": "+strings.Join(steps, " ")+rest)
	}
	slices.Sort(list)
	return list
}

// ends returns the counters in a summary that are not zero, as "matched 1 open 2", from the
// matches on.
func ends(t *testing.T, summary string) string {
	t.Helper()
	_, members, ok := strings.Cut(strings.Trim(summary, "{}\n"), `,"success":`)
	if !ok {
		t.Fatalf("summary %s", summary)
	}
	var list []string
	for member := range strings.SplitSeq(`"success":`+members, ",") {
		name, n, _ := strings.Cut(member, ":")
		if n != "0" {
			list = append(list, strings.Trim(name, `"`)+" "+n)
		}
	}
	return strings.Join(list, " ")
}

// Each part of the language, from lines of input to lines of output.
func TestTheLanguage(t *testing.T) {
	for _, test := range []struct {
		pattern, log string
		want         []string
		ends         string
	}{
		{"every a followedBy b within 10s", "0 a; 1 a; 2 b; 3 a",
			[]string{"success 0-2: a(0) b(2)", "success 1-2: a(1) b(2)", "timeout 3-13: a(3), waits for b"}, "success 2 matched 2 timeout 1"},
		{"every a followedByAny b within 10s", "0 a; 1 b; 2 b", // a run gives several matches
			[]string{"success 0-1: a(0) b(1)", "success 0-2: a(0) b(2)"}, "success 2 matched 1"},
		{"a[n > 6] followedBy b[n == a.n] within 10s", "0 a 5; 1 a 7; 2 b 5; 3 b 7",
			[]string{"success 1-3: a(1) b(3)"}, "success 1 matched 1"},
		{"fail{2,} consecutive followedBy ok within 10s", "0 fail; 1 view; 2 fail; 3 fail; 4 ok",
			[]string{"success 2-4: fail[2 3] ok(4)"}, "success 1 matched 1 broken 1"},
		{"a+ until[n > 8] followedBy b[sum(a, .n) == 7] within 10s", "0 a 3; 1 a 4; 2 a 9; 3 a 1; 4 b",
			[]string{"success 0-4: a[0 1] b(4)"}, "success 1 matched 1"},
		{"(a followedBy b){2} followedBy c within 20s", "0 a; 1 b; 2 a; 3 b; 4 c",
			[]string{"success 0-4: a[0 2] b[1 3] c(4)"}, "success 1 matched 1"},
		{"a notFollowedBy x followedBy b within 10s", "0 a; 1 x; 2 b; 3 a; 4 b",
			[]string{"success 3-4: a(3) b(4)"}, "success 1 matched 1 cancelled 1"},
		{"a notFollowedBy b within 10s", "0 a; 1 b; 2 a",
			[]string{"success 2-12: a(2)"}, "success 1 matched 1 cancelled 1"},
		{"every a followedBy b within 10s skip past last", "0 a; 1 a; 2 b; 3 a; 4 b",
			[]string{"success 0-2: a(0) b(2)", "success 3-4: a(3) b(4)"}, "success 2 matched 2 skipped 1"},
		{"a followedBy any[n > 5] as peak within 10s", "0 a; 1 view 3; 2 view 9",
			[]string{"success 0-2: a(0) peak(2)"}, "success 1 matched 1"},
		{"a followedBy pay|cod within 10s", "0 a; 1 cod; 2 a; 3 pay",
			[]string{"success 0-1: a(0) pay|cod(1)", "success 2-3: a(2) pay|cod(3)"}, "success 2 matched 2"},
		{"a followedBy within 3s b followedBy within 10s c", "0 a; 2 b; 11 c; 20 a; 23 b", // 9 s after b is in time, 3 s after a is not
			[]string{"success 0-11: a(0) b(2) c(11)", "timeout 20-23: a(20), waits for b"}, "success 1 matched 1 timeout 1"},
		{"a", "0 a", []string{"success 0-0: a(0)"}, "success 1 matched 1"},
	} {
		r := run1(t, timeline(t, test.log), "-input", "-", "-at-end", "timeout", "-pattern", test.pattern, "-summary", t.TempDir()+"/summary", "-disorder", "0s")
		if diff := cmp.Diff(test.want, told(t, r.stdout)); diff != "" || r.status != 0 {
			t.Errorf("%s: status %d, stderr %s(-want +got):\n%s", test.pattern, r.status, r.stderr, diff)
		}
		if strings.Count(r.stderr, "(adds up)") != 2 {
			t.Errorf("%s: the sums:\n%s", test.pattern, r.stderr)
		}
		args := []string{"-input", "-", "-at-end", "timeout", "-pattern", test.pattern, "-summary", "-", "-success", "none", "-timeouts", "none", "-quiet", "-disorder", "0s"}
		if r := run1(t, timeline(t, test.log), args...); ends(t, r.stdout) != test.ends {
			t.Errorf("%s: got %s, want %s", test.pattern, ends(t, r.stdout), test.ends)
		}
	}
}

// Patterns as before have the summary as before; others have what they can come to.
func TestTheSummaryHasWhatAPatternCanComeTo(t *testing.T) {
	const read = `"read":1,"started":1,"advanced":0,"duplicate":0,"orphan":0,"other":0,"late":0,"malformed":0,"returned":0,`
	for pattern, want := range map[string]string{
		"a followedBy b next c within 10s": read + `"success":0,"timeout":0,"broken":0,"open":1`,
		"a followedBy b[n > 1] within 10s": read + `"success":0,"matched":0,"timeout":0,"broken":0,"cancelled":0,"skipped":0,"overflow":0,"open":1,"conditionErrors":0`,
	} {
		r := run1(t, timeline(t, "0 a"), "-input", "-", "-pattern", pattern, "-summary", "-", "-quiet")
		if r.stdout != "{"+want+"}\n" {
			t.Errorf("%s: summary %swant {%s}", pattern, r.stdout, want)
		}
	}
	r := run1(t, timeline(t, "0 a; 1 b; 2 b"), "-input", "-", "-pattern", "every a followedByAny b within 10s", "-at-end", "timeout", "-success", "none")
	if !strings.Contains(r.stderr, "1 orders started = 1 matched + 0 timeout + 0 broken + 0 cancelled + 0 skipped + 0 overflow + 0 open (adds up)\n2 matches given by 1 orders\n") {
		t.Errorf("summary:\n%s", r.stderr)
	}
}

// A slip in a condition is told with an event that shows it.
func TestConditionsThatFailAreTold(t *testing.T) {
	got := advised(t, timeline(t, "1 a 5; 2 a 6"), "-pattern", "a[m > 5] followedBy b within 10s")
	const want = "conditions: 2 could not be evaluated and were taken to be false, such as -:1: cond: condition m > 5: character 3: invalid operation: nothing > int: absent: m"
	if len(got) == 0 || got[0] != want {
		t.Errorf("got %q, want %q first", got, want)
	}
	if got := advised(t, timeline(t, "1 a 6; 3 b"), "-pattern", "a[n > 5] followedBy b within 10s"); len(got) > 0 {
		t.Errorf("advice without need: %q", got)
	}
	// That a condition is false is no misnamed type, and a step of any type names all.
	for _, pattern := range []string{"a[n > 5] followedBy b within 10s", "any[n > 5] followedBy b within 10s", "a[n > 1] followedBy any as b within 10s"} {
		if got := advised(t, timeline(t, "0 view; 1 a 1; 2 c"), "-pattern", pattern); len(got) > 0 {
			t.Errorf("%s: advice without need: %q", pattern, got)
		}
	}
}

// A run that a bound has ended is a reject that says which, and is told without one.
func TestRunsThatExceedABound(t *testing.T) {
	rejects := t.TempDir() + "/rejects"
	log, pattern := timeline(t, "0 a; 1 a; 2 a; 20 b"), "a{3,} combinations followedBy b within 1m"
	const why = "the run was ended, as its order would have had more than 2 branches: want a pattern with fewer, or -max-branches"
	for _, args := range [][]string{nil, {"-rejects", rejects}} {
		r := run1(t, log, append(args, "-input", "-", "-pattern", pattern, "-max-branches", "2", "-at-end", "timeout")...)
		if r.status != 0 || !strings.Contains(r.stderr, " 1 overflow + 0 open (adds up)") || !strings.Contains(r.stderr, "rejects: 1 overflow: "+why) {
			t.Errorf("%q: %+v", args, r)
		}
	}
	var found []string
	for line := range strings.Lines(read(t, rejects)) {
		var reject struct{ Reason, Error, Input string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil {
			t.Fatal(err)
		}
		if reject.Reason == "overflow" {
			found = append(found, reject.Error+" "+reject.Input)
		}
	}
	if want := []string{why + " " + strings.TrimSpace(timeline(t, "0 a"))}; !slices.Equal(found, want) {
		t.Errorf("rejects %q, want %q", found, want)
	}
}

// Conditions see the numbers in the cells of rows, also of those that an earlier run has
// left open; a text of JSON that looks like a number is a text.
func TestConditionsOnRows(t *testing.T) {
	dir := t.TempDir()
	pattern := []string{"-pattern", `create[total > 100] followedBy pay[sum == create.total] within 10m`, "-quiet", "-disorder", "0s"}
	const header = "orderId,type,time,total,sum\n"
	rows := write(t, dir, "1.csv", header+"o1,create,2026-01-01T00:00:00Z,150,\no2,create,2026-01-01T00:00:01Z,99.5,\no3,create,2026-01-01T00:00:02Z,1e3,\no3,pay,2026-01-01T00:00:03Z,,1000\no5,view,2026-01-01T00:00:04Z,,\n")
	text := write(t, dir, "1.jsonl", `{"orderId":"o4","type":"create","time":"2026-01-01T00:00:00Z","total":"150"}`+"\n")
	next := write(t, dir, "2.csv", header+"o1,pay,2026-01-01T00:05:00Z,,150.0\no4,pay,2026-01-01T00:05:00Z,,150\no5,view,2026-01-01T00:20:00Z,,\n")
	open := dir + "/open.jsonl"
	r := run1(t, "", append(pattern, "-input", rows, "-input", text, "-open", open)...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o3"}) {
		t.Errorf("first run: %q, %+v", got, r)
	}
	if want := `{"rule":"","event":{"orderId":"o1","type":"create","time":"2026-01-01T00:00:00Z","total":"150","sum":""},"row":true}` + "\n"; !strings.HasPrefix(read(t, open), want) {
		t.Errorf("open:\n%swant first\n%s", read(t, open), want)
	}
	r = run1(t, "", append(pattern, "-input", open, "-input", next)...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o1"}) {
		t.Errorf("second run: %q, %+v", got, r)
	}
	// Without conditions nobody needs to know what was a row.
	r = run1(t, "", "-input", rows, "-open", open, "-quiet", "-disorder", "0s")
	if want := `{"orderId":"o1","type":"create"`; r.status != 0 || !strings.HasPrefix(read(t, open), want) {
		t.Errorf("open without conditions: %+v\n%s", r, read(t, open))
	}
}

// Where the events of open runs are not all that is known of them, they are for people.
func TestOpenOrdersForPeople(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", timeline(t, "0 a; 1 a; 20 view"))
	open := dir + "/open.jsonl"
	for _, pattern := range []string{"every a followedBy b within 1m", "a{3} followedBy b within 1m", "a notNext x followedBy b within 1m", "a followedByAny b within 1m"} {
		if r := run1(t, "", "-input", in, "-quiet", "-pattern", pattern, "-open", open); r.status != 0 {
			t.Errorf("%s: %+v", pattern, r)
		}
		first := `{"rule":"","event":` + strings.TrimSpace(timeline(t, "0 a")) + "}\n"
		if got := read(t, open); !strings.HasPrefix(got, first) || strings.Count(got, `{"rule":"","event":{`) != strings.Count(got, "\n") {
			t.Errorf("%s: open\n%swant first\n%s", pattern, got, first)
		}
		r := run1(t, "", "-input", open, "-input", in, "-quiet", "-open", dir+"/next")
		if r.status != exitFailed || r.stdout != "" || !strings.HasSuffix(r.stderr, "/open.jsonl:1: the event of an open order, written for people: its pattern cannot go on with it: want the input that it is of, as a whole\n") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: read back: %+v", pattern, r)
		}
		r = run1(t, "", "-input", in, "-input-if-any", open, "-pattern", pattern, "-open", open)
		if r.status != exitUsage || !strings.Contains(r.stderr, "output "+open+" is also an input: of this pattern open orders are written for people") {
			t.Errorf("%s: in the place of an input: %+v", pattern, r)
		}
	}
	for _, pattern := range []string{"a[n == 0] next any as second followedBy b within 1m", "a notFollowedBy x followedBy b within 1m", "a notFollowedBy b within 1m"} {
		if r := run1(t, "", "-input", in, "-quiet", "-pattern", pattern, "-open", open); r.status != 0 || strings.Contains(read(t, open), "rule") {
			t.Errorf("%s: %+v, open\n%s", pattern, r, read(t, open))
		}
	}
}
