package peers

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOutcomesOfBothKindsReadAlike(t *testing.T) {
	success := outcome{"success", "u1", "o7", 1767225600001, 1767225600914, ""}
	timeout := outcome{"timeout", "u1", "o7", 1767225600001, 1767226200001, ""}
	byEvents := success
	byEvents.taken = "fail 1767225600001 1767225600002;pay 1767225600914"
	tests := []struct {
		reason string
		line   string
		want   outcome
	}{
		{"ours, paid: the time of the payment, not the deadline", `{"outcome":"success","id":"x","userId":"u1","orderId":"o7","startedAt":"2026-01-01T00:00:00.001Z","endedAt":"2026-01-01T00:00:00.914Z","deadline":"2026-01-01T00:10:00.001Z","events":{"create":{"userId":"no"}}}`, success},
		{"Flink's, paid", "u1\to7\t1767225600001\t1767225600914", success},
		{"ours, not paid: the deadline", `{"outcome":"timeout","id":"x","userId":"u1","orderId":"o7","startedAt":"2026-01-01T00:00:00.001Z","deadline":"2026-01-01T00:10:00.001Z","waitingFor":["pay"],"events":{}}`, timeout},
		{"ours, with its events", `{"outcome":"success","id":"x","userId":"u1","orderId":"o7","startedAt":"2026-01-01T00:00:00.001Z","endedAt":"2026-01-01T00:00:00.914Z","events":{"pay":{"time":"2026-01-01T00:00:00.914Z"},"fail":[{"time":"2026-01-01T00:00:00.001Z"},{"time":"2026-01-01T00:00:00.002Z"}]}}`, byEvents},
		{"Flink's, with its events, in the order of the pattern", "u1\to7\t1767225600001\t1767225600914\tpay 1767225600914;fail 1767225600001 1767225600002;", byEvents},
		{"Flink's, not paid", "u1\to7\t1767225600001\t1767226200001", timeout},
	}
	for _, test := range tests {
		got, err := parseOutcome(test.want.kind, test.line, test.want.taken != "")
		if err != nil || got != test.want {
			t.Errorf("%s: got %v, %v, want %v", test.reason, got, err, test.want)
		}
	}
}

func TestALineThatIsNoOutcomeIsAnError(t *testing.T) {
	tests := []struct {
		reason, line string
		byEvents     bool
		want         string
	}{
		{"a field is missing", "u1\to7\t1", false, "want user, order and two times"},
		{"a time is no number", "u1\to7\t1\tx", false, "want two times in milliseconds"},
		{"no events", "u1\to7\t1\t2", true, "want user, order, two times and events"},
		{"cut off", `{"outcome":"success"`, false, "unexpected end of JSON"},
		{"in the wrong file", `{"outcome":"timeout"}`, false, "want only a success"},
		{"an event without a time", `{"outcome":"success","events":{"pay":{"time":"soon"}}}`, true, "soon"},
	}
	for _, test := range tests {
		if _, err := parseOutcome("success", test.line, test.byEvents); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}

// All files of a folder count, whatever the order of their lines; a timeout is not
// the same as a success at that time.
func TestOutcomesAreComparedAsOneSet(t *testing.T) {
	const a, b, c = "u\ta\t10\t20\n", "u\tb\t11\t21\n", "u\tc\t12\t22\n"
	whole := writeFiles(t, map[string]string{"success.0": a + b, "timeout.0": c})
	tests := []struct {
		reason string
		files  map[string]string
		want   string // in the error
	}{
		{"in other files, in another order", map[string]string{"success.0": b, "success.1": a, "timeout.1": c}, ""},
		{"in folders, and what is not complete", map[string]string{"success.jsonl/a.jsonl": b, "success.jsonl/b.jsonl": a, "success.jsonl/.c.jsonl.tmp": a, "timeout.jsonl/a.jsonl": c}, ""},
		{"one is missing", map[string]string{"success.0": a, "timeout.0": c}, "differ in 1 outcomes: of 3 and 2, 1 are only of the first and 0 only of the second"},
		{"one is there twice", map[string]string{"success.0": a + b + b, "timeout.0": c}, "differ in 1 outcomes: of 3 and 4, 0 are"},
		{"one is of the other kind", map[string]string{"success.0": a, "timeout.0": b + c}, "differ in 2 outcomes: of 3 and 3, 1 are only of the first and 1 only"},
		{"another time", map[string]string{"success.0": a + b, "timeout.0": "u\tc\t12\t23\n"}, "differ in 2 outcomes"},
	}
	for _, test := range tests {
		got, err := compare([]Job{{Name: "first", Out: whole}, {Name: "second", Out: writeFiles(t, test.files)}}, false)
		switch {
		case test.want == "" && (err != nil || got != found{matches: 2, timeouts: 1, open: 3}):
			t.Errorf("%s: got %+v, %v, want 2 matches and 1 timeout, 3 open", test.reason, got, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}

// Two branches of a run time out after a match of it; of another run two do; a third
// begins as late as the first.
func TestTimeoutsOfBranchesAreThoseOfTheirRuns(t *testing.T) {
	ours := writeFiles(t, map[string]string{"success.0": "u\ta\t10\t15\n" + "u\ta\t10\t16\n", "timeout.0": "u\tb\t10\t20\n"})
	theirs := writeFiles(t, map[string]string{
		"success.0": "u\ta\t10\t15\n" + "u\ta\t10\t16\n",
		"timeout.0": "u\ta\t10\t20\n" + "u\tb\t10\t20\n", "timeout.1": "u\ta\t10\t20\n" + "u\tb\t10\t20\n",
	})
	jobs := []Job{{Name: "ours", Out: ours}, {Name: "theirs", Out: theirs, Branches: true}}
	got, err := compare(jobs, false)
	if want := (found{matches: 2, timeouts: 1, open: 3}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	jobs[1].Branches = false
	if _, err := compare(jobs, false); err == nil || !strings.Contains(err.Error(), "differ in 3 outcomes") {
		t.Errorf("as one timeout a run: got %v", err)
	}
}

func writeFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnOrderIsOpenUntilTheTimeItEnds(t *testing.T) {
	tests := []struct {
		reason       string
		begun, ended []int64
		want         int
	}{
		{"none", nil, nil, 0},
		{"one after the other, at the same time", []int64{10, 20}, []int64{20, 30}, 1},
		{"a millisecond less", []int64{10, 19}, []int64{20, 30}, 2},
		{"in any order", []int64{30, 10, 12}, []int64{40, 15, 20}, 2},
	}
	for _, test := range tests {
		if got := peakOpen(test.begun, test.ended); got != test.want {
			t.Errorf("%s: got %d, want %d", test.reason, got, test.want)
		}
	}
}

func TestTheMedianIsTheMiddle(t *testing.T) {
	tests := []struct {
		numbers []float64
		want    float64
	}{{[]float64{7}, 7}, {[]float64{9, 1, 2}, 2}, {[]float64{1, 9, 2, 4}, 3}}
	for _, test := range tests {
		if got := median(test.numbers); got != test.want {
			t.Errorf("%v: got %v, want %v", test.numbers, got, test.want)
		}
	}
}

// The ratios are 100/100, 300/100 and 200/50: their median is 3, where the ratio of
// the medians is 200/100.
func TestTheTableComparesRoundByRound(t *testing.T) {
	jobs := []Job{
		{Name: "ours", Whole: []Figures{{100, 5, 70}, {300, 6, 80}, {200, 7, 90}}},
		{
			Name:  "theirs",
			Whole: []Figures{{40, 20, 1000}, {80, 21, 1001}, {90, 22, 1002}},
			Own:   []Figures{{100, 15, 1000}, {100, 16, 1001}, {50, 17, 1002}},
		},
	}
	const want = `| job | events/s | CPU s per million | peak memory | events/s of ordertimeout to it |
|---|---:|---:|---:|---:|
| ours | 200 (100-300) | 6.0 | 80 MiB |  |
| theirs, from its first event | 100 (50-100) | 16.0 | 1001 MiB | 3.00 (1.00-4.00) |
| theirs, whole process | 80 (40-90) | 21.0 | 1001 MiB |  |
`
	if diff := cmp.Diff(want, table(jobs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAFlinkJobMustHaveReadAllEvents(t *testing.T) {
	const result = "events=2000000 ms=4000 cpu_ms=8000 flink=1.20.5 java=17.0.15\n"
	own, versions, err := parseResult(result, 2_000_000)
	if want := (Figures{Rate: 500_000, CPU: 4}); err != nil || own != want || versions != "Flink 1.20.5, Java 17.0.15" {
		t.Errorf("got %v, %q, %v, want %v", own, versions, err, want)
	}
	if _, _, err := parseResult(result, 2_000_001); err == nil {
		t.Error("an event less than the log has is no error")
	}
	if _, _, err := parseResult("", 1); err == nil {
		t.Error("no result is no error")
	}
}

// The name of a process may have spaces and parentheses.
func TestTheUsageOfAServerIsReadFromProc(t *testing.T) {
	const stat = "6829 (java) x (y) S 1 6829 6829 0 -1 4194304 9 8 7 6 1234 66 5 4 20 0 30 0 100 200 300\n"
	const status = "Name:\tjava\nVmPeak:\t 9999 kB\nVmHWM:\t  524288 kB\nVmRSS:\t 1 kB\n"
	got, err := parseUsage(stat, status)
	if want := (usage{cpu: 13, memory: 512}); got != want || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, test := range []struct{ stat, status, want string }{
		{"6829 (java) S 1", status, "want the times"},
		{"", status, "want the times"},
		{stat, "Name:\tjava\n", "want the memory"},
	} {
		if _, err := parseUsage(test.stat, test.status); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %q: got %v, want %q", test.stat, test.status, err, test.want)
		}
	}
}

func TestFlags(t *testing.T) {
	parse := func(args string) (Settings, error) {
		return Parse(flag.NewFlagSet("", flag.ContinueOnError), strings.Fields(args), 7)
	}
	set, err := parse("-within 10m,1h")
	if want := []time.Duration{10 * time.Minute, time.Hour}; err != nil || set.Rounds != 7 || !slices.Equal(set.Within, want) {
		t.Errorf("got %+v, %v", set, err)
	}
	for _, test := range []struct{ args, want string }{
		{"-within 1ms", `-within "1ms": want durations`},
		{"-rounds 0", "want at least 1"},
		{"orders.jsonl", "want flags only"},
	} {
		if _, err := parse(test.args); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.args, err, test.want)
		}
	}
}
