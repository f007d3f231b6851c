package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

func TestMetricsShowTheLiveCounters(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	want := func(reason, text string) {
		t.Helper()
		if diff := cmp.Diff(text, ownMetrics(t, run, pipeline.Default().Pattern)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", reason, diff)
		}
	}
	want("nothing has happened: there is no watermark yet", exposition("0", "0", "0", "0", "0", "0", "0", "0", "0"))
	run.Count("read", 7)
	run.Count("late", 2)
	run.Count("timeout", 3)
	run.Count(count.Undelivered, 1)
	run.Count(count.Accepted, 10)
	run.Count(count.Left, 8)
	run.Count(count.Redelivered, 9)
	run.Count(count.OpenNow, 5)
	run.Count(count.OpenNow, -1)
	run.Set(count.Unacked, 6)
	want("all have their own", exposition("7", "2", "3", "1", "8", "9", "4", "6", "10"))
	run.Set(count.WatermarkTime, 1)
	problems, err := promlint.New(strings.NewReader(ownMetrics(t, run, "every a followedBy b within 1m"))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("the names are not as Prometheus wants them: %v, %v", problems, err)
	}
}

// A pattern that is more than steps, each of a type, has the other ends of its runs, too.
func TestMetricsOfOtherPatterns(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	for i, name := range []string{"matched", "timeout", "broken", "cancelled", "skipped", "overflow", "open", "success", "conditionErrors"} {
		run.Count(name, int64(i+1))
	}
	got := ownMetrics(t, run, "every a followedBy b[n > 1] within 1m")
	for name, n := range map[string]string{
		`outcomes_total{outcome="matched"}`: "1", `outcomes_total{outcome="timeout"}`: "2", `outcomes_total{outcome="broken"}`: "3",
		`outcomes_total{outcome="cancelled"}`: "4", `outcomes_total{outcome="skipped"}`: "5", `outcomes_total{outcome="overflow"}`: "6",
		`outcomes_total{outcome="open"}`: "7", "matches_total": "8", "condition_errors_total": "9",
	} {
		if line := "\nordertimeout_" + name + " " + n + "\n"; !strings.Contains(got, line) {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
	if strings.Contains(got, `"success"`) {
		t.Errorf("a success is a match, and no end:\n%s", got)
	}
}

// ownMetrics is what is served of a run of a pattern, without the figures of the process.
func ownMetrics(t *testing.T, run *process.Run, pattern string) string {
	t.Helper()
	c := pipeline.Default()
	c.Pattern, c.Input = pattern, []string{"-"}
	plan, err := c.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var own strings.Builder
	_, body := get(t, metricsHandler(&health{run: run, plan: plan, now: time.Now}), "/metrics")
	for line := range strings.Lines(body) {
		if strings.Contains(line, "ordertimeout_") {
			own.WriteString(line)
		}
	}
	return own.String()
}

// exposition is what is served for some counters, all others being zero.
func exposition(read, late, timeout, undelivered, left, redelivered, open, unacked, accepted string) string {
	return `# HELP ordertimeout_events_read_total Inputs read, events or not.
# TYPE ordertimeout_events_read_total counter
ordertimeout_events_read_total ` + read + `
# HELP ordertimeout_events_total Inputs by what became of them.
# TYPE ordertimeout_events_total counter
ordertimeout_events_total{class="advanced"} 0
ordertimeout_events_total{class="duplicate"} 0
ordertimeout_events_total{class="late"} ` + late + `
ordertimeout_events_total{class="malformed"} 0
ordertimeout_events_total{class="orphan"} 0
ordertimeout_events_total{class="other"} 0
ordertimeout_events_total{class="returned"} 0
ordertimeout_events_total{class="started"} 0
# HELP ordertimeout_left_messages_total Messages of outcomes that a stop left to the next run.
# TYPE ordertimeout_left_messages_total counter
ordertimeout_left_messages_total ` + left + `
# HELP ordertimeout_open_orders Orders that are open now.
# TYPE ordertimeout_open_orders gauge
ordertimeout_open_orders ` + open + `
# HELP ordertimeout_outcomes_total Orders by how they ended.
# TYPE ordertimeout_outcomes_total counter
ordertimeout_outcomes_total{outcome="broken"} 0
ordertimeout_outcomes_total{outcome="open"} 0
ordertimeout_outcomes_total{outcome="success"} 0
ordertimeout_outcomes_total{outcome="timeout"} ` + timeout + `
# HELP ordertimeout_redelivered_messages_total Deliveries of messages of the input that are held, or were just acknowledged.
# TYPE ordertimeout_redelivered_messages_total counter
ordertimeout_redelivered_messages_total ` + redelivered + `
# HELP ordertimeout_unacked_messages Messages of the input that are held and not acknowledged.
# TYPE ordertimeout_unacked_messages gauge
ordertimeout_unacked_messages ` + unacked + `
# HELP ordertimeout_undelivered_total Outcomes that were not delivered: they are rejects.
# TYPE ordertimeout_undelivered_total counter
ordertimeout_undelivered_total ` + undelivered + `
# HELP ordertimeout_webhook_accepted_total Outcomes that a webhook accepted.
# TYPE ordertimeout_webhook_accepted_total counter
ordertimeout_webhook_accepted_total ` + accepted + `
`
}

func TestWatermarkLagIsBehindTheClock(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	start := time.Now()
	run.Set(count.WatermarkTime, start.Add(-time.Hour).UnixMilli())
	_, body := get(t, metricsHandler(&health{run: run, now: time.Now}), "/metrics")
	_, text, _ := strings.Cut(body, "\nordertimeout_watermark_lag_seconds ")
	text, _, _ = strings.Cut(text, "\n")
	lag, err := strconv.ParseFloat(text, 64)
	if took := time.Since(start).Seconds(); err != nil || lag < 3599.99 || lag > 3600.01+took { // the watermark is in whole milliseconds
		t.Errorf("got a lag of %q s after %.3f s, want that and an hour in\n%s", text, took, body)
	}
	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		if !strings.Contains(body, "\n"+name+" ") {
			t.Errorf("got no %s", name)
		}
	}
}

func get(t *testing.T, h http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestMetricsAreServedUntilTheyAreStopped(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/healthz"
	run.Read.Store(1)
	stop := serve(l, &health{run: run, now: time.Now}, usualLimits)
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || string(body) != "ok\n" {
		t.Errorf("got %q, %v", body, err)
	}
	if _, err := serveMetrics(l.Addr().String(), &health{run: run, now: time.Now}); err == nil || err.Error() != "-metrics "+l.Addr().String()+": bind: address already in use" || errors.As(err, new(usageError)) {
		t.Errorf("an address in use gave %v", err)
	}
	stop()
	if answer, err := http.Get(url); err == nil {
		answer.Body.Close()
		t.Error("served after the stop")
	}
	again, err := serveMetrics(l.Addr().String(), &health{run: run, now: time.Now})
	if err != nil {
		t.Fatalf("the address is not free again: %v", err)
	}
	again()
}

func TestMetricsAddressFailsBeforeTheRun(t *testing.T) {
	for address, want := range map[string]string{
		"9090":            "-metrics 9090: address 9090: missing port in address",
		":99999":          "-metrics :99999: address 99999: invalid port",
		"localhost:metro": "-metrics localhost:metro: ",
	} {
		_, err := serveMetrics(address, nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") || !errors.As(err, new(usageError)) {
			t.Errorf("%s: got %v, want %s, as wrong usage", address, err, want)
		}
	}
	stop, err := serveMetrics("", nil)
	if err != nil {
		t.Errorf("no address: %v", err)
	}
	stop()
}
