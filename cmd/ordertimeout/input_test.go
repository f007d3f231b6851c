package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Whatever stands in a file, a good line is an event and a bad one a reject with
// its line and its reason, and the figures add up.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	pay := func(fields string) string { return `{"orderId":"a","type":"pay",` + fields + "}\n" }
	var text strings.Builder
	text.WriteString("\ufeff" + `{"orderId":"a","userId":"u","type":"create","time":"2026-01-01T00:00:00Z"}` + "\r\n")
	text.WriteString(`{"orderId":"a","userId":"u","type":"pay","time":"2026-01-01T00:00:01Z"}` + "\r\n\r\n")
	bad := []struct{ line, want string }{
		{"{broken\n", "not JSON"},
		{"[1,2]\n", "want a JSON object"},
		{"{}\n", "type: missing"},
		{`{"orderId":true,"type":"pay","time":1}` + "\n", "orderId: got true"},
		{`{"type":"pay","time":1000}` + "\n", "orderId, userId: both missing"},
		{pay(`"time":"1969-12-31T23:59:59.999Z"`), "want one of the years 1970 to 9999"},
		{pay(`"time":253402300800000`), "time: got 253402300800000"},
		{pay(`"time":"2056-01-01T00:00:00Z"`), "want at most 24h0m0s from now"},
		{pay(`"time":"2026-01-01 00:00:00"`), "want RFC 3339"},
		{"{\"orderId\":\"\xff\",\"type\":\"pay\",\"time\":1}\n", "invalid UTF-8"},
		{"\x00\x00\n", "not JSON"},
		{pay(`"time":1,"x":"` + strings.Repeat("y", 1<<20) + `"`), "oversized"},
	}
	for _, b := range bad {
		text.WriteString(b.line)
	}
	ids, err := json.Marshal("/|\"'\\ ,:;😀<>&\u2028")
	if err != nil {
		t.Fatal(err)
	}
	odd := fmt.Sprintf(`{"orderId":%s,"userId":%q,"type":"create","time":1767225602000}`, ids, strings.Repeat("x", 10<<10))
	text.WriteString(odd + "\n" + strings.Replace(odd, `create","time":1767225602000`, `pay","time":1767225602001`, 1)) // no newline
	path := write(t, dir, "bad.jsonl", text.String())
	r := run1(t, "", "-input", path, "-rejects", dir+"/rejects", "-disorder", "0s")
	if got := brief(t, r.stdout); r.status != 0 || len(got) != 2 || !slices.Contains(got, "success a") || !strings.Contains(r.stdout, strings.Repeat("x", 10<<10)) {
		t.Errorf("status %d, outcomes %.200q", r.status, got)
	}
	if want := fmt.Sprintf("%d events read = 2 started + 2 advanced + 0 duplicate + 0 orphan + 0 other + 0 late + %d malformed", 4+len(bad), len(bad)); !strings.HasPrefix(r.stderr, want) {
		t.Errorf("got %s, want %s", r.stderr, want)
	}
	rejects := strings.Split(strings.TrimSpace(read(t, dir+"/rejects")), "\n")
	if len(rejects) != len(bad) {
		t.Fatalf("%d rejects, want %d", len(rejects), len(bad))
	}
	for i, line := range rejects {
		var reject struct{ Reason, Error, Source, Input string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil {
			t.Fatal(err)
		}
		if source := fmt.Sprintf("%s:%d", path, 4+i); reject.Reason != "malformed" || !strings.Contains(reject.Error, bad[i].want) || reject.Source != source || len(reject.Input) > 64<<10 {
			t.Errorf("reject %.300s, want %q of %s", line, bad[i].want, source)
		}
	}
}

// An event 30 years ahead is malformed, and no open order times out by it; who
// turns -max-ahead off gets what the log says.
func TestAnEventFarAhead(t *testing.T) {
	log := line("o1", "create", 0) + `{"orderId":"x","type":"view","time":"2056-01-01T00:00:00Z"}` + "\n" + line("o1", "pay", 60)
	if r := run1(t, log, "-input", "-", "-quiet"); !slices.Equal(brief(t, r.stdout), []string{"success o1"}) {
		t.Errorf("%+v", r)
	}
	if r := run1(t, log, "-input", "-", "-quiet", "-max-ahead", "0s", "-max-jump", "0s"); !slices.Equal(brief(t, r.stdout), []string{"timeout o1"}) {
		t.Errorf("-max-ahead 0s -max-jump 0s: %+v", r)
	}
}

func TestTenThousandEventsOfOneUserAtOneMillisecond(t *testing.T) {
	var log strings.Builder
	for i := range 5000 {
		log.WriteString(line(fmt.Sprint(i), "pay", 0))
		log.WriteString(line(fmt.Sprint(i), "create", 0))
	}
	r := run1(t, log.String(), "-input", "-", "-success", "none")
	if want := "5000 orders started = 5000 success + 0 timeout + 0 broken + 0 open (adds up)"; !strings.Contains(r.stderr, want) {
		t.Errorf("%+v, want %s", r, want)
	}
}

func TestEmptyInput(t *testing.T) {
	for _, text := range []string{"", "\n\n", "\ufeff"} {
		if r := run1(t, text, "-input", "-"); r.status != 0 || r.stdout != "" || !strings.HasPrefix(r.stderr, "0 events read") {
			t.Errorf("input %q: %+v", text, r)
		}
	}
}

func TestZstandard(t *testing.T) {
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd command to make a file with")
	}
	dir := t.TempDir()
	path := write(t, dir, "in.jsonl", line("o1", "create", 0)+line("o1", "pay", 1))
	if out, err := exec.Command(zstd, "-q", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := run1(t, "", "-input", dir+"/*.zst", "-quiet"); !slices.Equal(brief(t, r.stdout), []string{"success o1"}) {
		t.Errorf("%+v", r)
	}
}

// The simulated shop is the same for the same seed, up to when it is run.
func TestDemo(t *testing.T) {
	args := []string{"-input", "demo:?speed=0&count=20000&seed=3&rate=20&start=2026-01-01T00:00:00Z", "-shards", "1"}
	first, second := run1(t, "", args...), run1(t, "", args...)
	if first.status != 0 || !strings.HasPrefix(first.stderr, "20000 events read") || !strings.Contains(first.stdout, `"timeout"`) {
		t.Fatalf("status %d, %s", first.status, first.stderr)
	}
	if got, want := brief(t, second.stdout), brief(t, first.stdout); !slices.Equal(got, want) || first.stderr != second.stderr {
		t.Errorf("two runs of a seed differ: %s, %s", first.stderr, second.stderr)
	}
}
