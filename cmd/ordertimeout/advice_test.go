package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// asUTF16 encodes a text as UTF-16 with a byte order mark, little-endian or big-endian.
func asUTF16(text string, big bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		low, high := byte(unit), byte(unit>>8)
		if big {
			low, high = high, low
		}
		b.Write([]byte{low, high})
	}
	return b.String()
}

// A run in which nothing worked says so in a line with the first reason and what to do,
// also with -quiet, and fails.
func TestRunsThatUnderstandNoEvent(t *testing.T) {
	own := `{"order_id":"o1","event":"create","ts":"2026-01-01T00:00:00Z"}` + "\n"
	array := `[{"orderId":"o1","type":"create","time":1},{"orderId":"o1","type":"pay","time":2}]`
	for _, test := range []struct{ reason, input, want string }{
		{"own names", own + own, "-:1: type: missing, want a non-empty string: its members are order_id, event, ts; say which are type, time, orderId and userId, as by -fields orderId=NAME,time=NAME"},
		{"a JSON array", array, `-:1: got [{"orderId":"o1","type":"create","time":…, want a JSON object: it looks like a JSON array: want one object a line, as by jq -c '.[]'`},
		{"a JSON array of many lines", "[\n" + strings.ReplaceAll(array[1:], "},", "},\n"), "it looks like a JSON array: want one object a line"},
		{"objects of many lines", "{\n" + `"orderId":"o1"` + "\n}\n", "want each object on one line, as by jq -c ."},
		{"UTF-16LE", asUTF16(own, false), "it looks like UTF-16: convert it by iconv -f UTF-16 -t UTF-8"},
		{"UTF-16BE", asUTF16(own, true), "it looks like UTF-16"},
		{"compressed", compress(t, own), "it is compressed: name it .gz"},
		{"CSV", "orderId,type,time\no1,create,1\n", "it looks like CSV: use -format csv"},
		{"escape sequences", "{\"\u009b31m\":1,\"\u202e\":2}\n", `its members are \u009b31m, \u202e;`},
		{"local times", strings.Repeat(`{"orderId":"o1","type":"create","time":"01.02.2026 10:00"}`+"\n", 3), `-:1: time: got "01.02.2026 10:00", want RFC 3339`},
		{"other types", strings.Repeat(line("o1", "order.created", 0), 1234) + line("o1", "order.paid", 1) + "{}\n",
			"the pattern names create and pay, the events have order.created (1,234), order.paid (1): name their types in -pattern"},
	} {
		r := run1(t, test.input, "-input", "-", "-quiet")
		if r.status != exitFailed || r.stdout != "" || !strings.HasPrefix(r.stderr, "ordertimeout: no event was understood: ") || !strings.Contains(r.stderr, test.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want %d and a line with %s", test.reason, r.status, r.stderr, exitFailed, test.want)
		}
	}
}

// advised returns the advice of a run that succeeds.
func advised(t *testing.T, input string, args ...string) []string {
	t.Helper()
	r := run1(t, input, append([]string{"-input", "-", "-success", "none", "-timeouts", "none"}, args...)...)
	if r.status != exitOK {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	var lines []string
	for line := range strings.Lines(r.stderr) {
		if text, ok := strings.CutPrefix(line, "ordertimeout: "); ok {
			lines = append(lines, strings.TrimSuffix(text, "\n"))
		}
	}
	return lines
}

// ordersLog returns creates and pays of n orders, 10 s apart, by their formats.
func ordersLog(n int, create, pay string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, create+"\n", i, int64(1.7e12)+int64(i)*10_000)
		fmt.Fprintf(&b, pay+"\n", i, int64(1.7e12)+int64(i)*10_000+5000)
	}
	return b.String()
}

const (
	aCreate = `{"orderId":"o%d","userId":"u","type":"create","time":%d}`
	aPay    = `{"orderId":"o%d","userId":"u","type":"pay","time":%d}`
)

func TestAdviceNamesTheLikelyReason(t *testing.T) {
	good := ordersLog(50, aCreate, aPay)
	late := strings.ReplaceAll(ordersLog(3, aCreate, aPay), `:"o`, `:"late`) // of the time when good begins
	byOrder := write(t, t.TempDir(), "rules.yaml", "rules: [{name: unpaid, pattern: create followedBy pay within 4s, key: order}]")
	for _, test := range []struct{ reason, log, args, want string }{
		{"a good log", good, "", ""},
		{"payments without a user", ordersLog(50, aCreate, strings.Replace(aPay, `"userId":"u",`, "", 1)), "",
			"orphans: 50 of 100 events (50 %): 50 of them name no user: if the first events of their orders do, use -key order"},
		{"the window is short", good, "-within 4s",
			"orphans: 50 of 100 events (50 %): 50 of them came when their order had ended: is the window too short? Then use -within"},
		{"a rule knows orders by their id", good, "-rules " + byOrder,
			"orphans: 50 of 100 events (50 %): 50 of them came when their order had ended: is the window too short? Then use a longer one in the rule"},
		{"the log was cut", ordersLog(50, strings.Replace(aCreate, "create", "view", 1), aPay) + line("x", "create", 600), "",
			"orphans: 50 of 101 events (50 %): their orders did not begin in this input: if it is a part of a log, write -open FILE with the part before, and read that, too"},
		{"a step by another name", ordersLog(50, aCreate, strings.Replace(aPay, "pay", "paid\u009b", 1)), "",
			`no event has the type pay of the pattern, which does not name paid\u009b (50): if one of these is meant, name it in -pattern`},
		{"a first step by another name", ordersLog(50, strings.Replace(aCreate, "create", "created", 1), aPay), "",
			"no event has the type create of the pattern, which does not name created (50): if one of these is meant, name it in -pattern"},
		{"disorder", good + late, "-remember 1s", "late: 6 of 106 events (6 %): -disorder 8m15s takes them; or the clock"},
		{"only creates", ordersLog(50, aCreate, aCreate), "", ""},
	} {
		got := advised(t, test.log, strings.Fields(test.args)...)
		if test.want == "" {
			got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, "rejects") })
			if len(got) > 0 {
				t.Errorf("%s: got %q, want no advice", test.reason, got)
			}
			continue
		}
		if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, test.want) }) {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}

// What a run has decided of the events that were carried into it is a share of those, too,
// also where nothing is read.
func TestAdviceCountsWhatWasCarriedIn(t *testing.T) {
	dir := t.TempDir()
	log, flags := "", []string{"-carry", dir + "/carry", "-input", dir + "/log", "-success", "none", "-timeouts", "none"}
	for i := range 50 {
		log += line(fmt.Sprint("o", i), "pay", float64(i)/50)
	}
	write(t, dir, "log", log)
	run1(t, "", flags...)
	write(t, dir, "log", log+line("o", "create", 100))
	r := run1(t, "", flags...)
	if want := "orphans: 50 of 51 events (98 %): "; r.status != exitOK || !strings.Contains(r.stderr, want) {
		t.Errorf("status %d, %s, want %s", r.status, r.stderr, want)
	}
	run := process.NewRun()
	defer run.Close()
	if got := adviseOrphans(map[string]int64{count.CarriedIn: 2, "orphan": 1}, options{}, run); len(got) != 1 || !strings.Contains(got[0], "1 of 2 events (50 %)") {
		t.Errorf("where nothing is read: %q", got)
	}
}

// Who does what the advice about late events says has none.
func TestTheDisorderThatIsAdvisedIsEnough(t *testing.T) {
	var log strings.Builder
	for i := range 200 {
		at := float64(i * 10)
		if i%7 == 0 {
			at = max(0, at-31.5)
		}
		log.WriteString(line("o"+fmt.Sprint(i), "pay", at))
	}
	// Their creates come first, so that the pays have runs that end in their time.
	var creates strings.Builder
	for i := range 200 {
		creates.WriteString(line("o"+fmt.Sprint(i), "create", 0))
	}
	text := creates.String() + log.String()
	args := []string{"-within", "1h", "-pattern", "create next pay within 1h"}
	lines := advised(t, text, args...)
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "late: ") })
	if i < 0 {
		t.Fatalf("no word about late events: %q", lines)
	}
	_, rest, _ := strings.Cut(lines[i], "-disorder ")
	enough, _, _ := strings.Cut(rest, " ")
	r := run1(t, text, append(args, "-input", "-", "-success", "none", "-timeouts", "none", "-disorder", enough)...)
	if !strings.Contains(r.stderr, "+ 0 late +") {
		t.Errorf("with -disorder %s, as told by %q: %s", enough, lines[i], r.stderr)
	}
	if lines := advised(t, text, append(args, "-disorder", "10s")...); !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "late: ") }) {
		t.Errorf("with less there are no late events: %q", lines)
	}
}

// The reasons of rejects do not depend on the values of each, and five are told.
func TestTheMostFrequentReasonsAreTold(t *testing.T) {
	var log strings.Builder
	log.WriteString(line("o1", "create", 0))
	for i := range 1500 {
		fmt.Fprintf(&log, `{"orderId":"o1","type":"pay","time":"day %d"}`+"\n", i)
	}
	for _, bad := range []string{"[1]", "{}", `{"type":"pay","time":1}`, "x", `{"orderId":[],"type":"pay","time":1}`} {
		log.WriteString(bad + "\n" + bad + "\n")
	}
	got := advised(t, log.String())
	if len(got) != 6 || got[0] != `rejects: 1,500 malformed, such as -:2: time: got "day 0", want RFC 3339 with an offset, or integer milliseconds` ||
		!strings.HasPrefix(got[1], "rejects: 2 malformed, such as -:15") || got[5] != "-rejects FILE writes each of these with its line" {
		t.Errorf("got %q", got)
	}
	if r := run1(t, log.String(), "-input", "-", "-quiet"); r.stderr != "" || r.status != exitOK {
		t.Errorf("-quiet: %+v", r)
	}
}

// A run that was stopped before anything came that it could use has not failed; one that
// understood nothing has, and so has one of which nothing was delivered.
func TestWhatMakesARunAFailure(t *testing.T) {
	views := func(r *process.Run) { r.Tally().Other("view", 3) }
	bad := func(r *process.Run) {
		r.Tally().Malformed([]order.Reject{{Reason: order.Malformed, Error: "x", Source: "f:1"}})
	}
	for _, test := range []struct {
		reason   string
		counters map[string]int64
		tally    func(*process.Run)
		stopped  bool
		timeouts string
		want     string
	}{
		{"other types", map[string]int64{"read": 3, "other": 3}, views, false, "-", "no event was understood: the pattern names"},
		{"other types before a stop", map[string]int64{"read": 3, "other": 3}, views, true, "-", ""},
		{"other types and a step", map[string]int64{"read": 4, "other": 3, "orphan": 1}, views, false, "-", ""},
		{"malformed lines before a stop", map[string]int64{"read": 1, "malformed": 1}, bad, true, "-", "no event was understood: f:1: x"},
		{"a malformed line", map[string]int64{"read": 2, "malformed": 1, "started": 1}, bad, false, "-", ""},
		{"a pattern's step out of turn", map[string]int64{"read": 1, "other": 1}, func(r *process.Run) { r.Tally().Other("pay", 1) }, false, "-", ""},
		{"nothing read", map[string]int64{}, func(*process.Run) {}, false, "-", ""},
		{"all refused", map[string]int64{"read": 9, "success": 2, "timeout": 1000, "undelivered": 1002}, views, false, "https://x.example/", "nothing was delivered: all 1,002 outcomes were refused"},
		{"one delivered", map[string]int64{"read": 9, "success": 2, "timeout": 7, "undelivered": 8}, views, false, "https://x.example/", ""},
		{"nothing due", map[string]int64{"read": 9, "started": 9}, views, false, "https://x.example/", ""},
		{"refused, and nobody wants the others", map[string]int64{"read": 9, "success": 1, "timeout": 7, "undelivered": 1}, views, false, "none", "nothing was delivered: all 1 outcomes"},
	} {
		run := process.NewRun()
		test.tally(run)
		if test.stopped {
			run.Stop()
		}
		o := options{config: pipeline.Default()}
		o.config.Input, o.config.Timeouts, o.config.Rejects = []string{"-"}, test.timeouts, "rejects"
		var err error
		if o.plan, err = o.config.Plan(); err != nil {
			t.Fatal(err)
		}
		switch err := nothingWorked(test.counters, o, run); {
		case test.want == "" && err != nil:
			t.Errorf("%s: got %v, want none", test.reason, err)
		case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
		run.Close()
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: got %s", n, got)
		}
	}
}
