package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
)

func TestBacklogIsOfOrdersThatArePaidLaterAndInOrder(t *testing.T) {
	end := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	for _, orders := range []int{1, 2, ordersBetween, ordersBetween + 1, 5000} {
		created := map[string]time.Time{}
		var last time.Time
		paid := 0
		for _, line := range backlog(orders, end) {
			var e struct {
				OrderID, UserID, Type string
				Time                  time.Time
			}
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if e.Time.Add(time.Millisecond).Before(last) {
				t.Fatalf("%d orders: %s comes after %v", orders, line, last)
			}
			last = e.Time
			if e.Type == "create" {
				created[e.UserID+e.OrderID] = e.Time
			} else if at, ok := created[e.UserID+e.OrderID]; ok && at.Before(e.Time) {
				paid++
			}
		}
		if len(created) != orders || paid != orders {
			t.Errorf("%d orders: %d created, %d paid after that", orders, len(created), paid)
		}
		if over := last.Sub(end); over < 0 || over > time.Millisecond {
			t.Errorf("%d orders: the last event is %v after the end", orders, over)
		}
	}
}

func TestPackedMessagesHaveAllEvents(t *testing.T) {
	events := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	for _, test := range []struct {
		in   int
		want []string
	}{{1, []string{"a", "b", "c"}}, {2, []string{"a\nb", "c"}}, {3, []string{"a\nb\nc"}}, {4, []string{"a\nb\nc"}}} {
		var got []string
		for _, m := range pack(events, test.in) {
			got = append(got, string(m))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%d in a message (-want +got):\n%s", test.in, diff)
		}
	}
}

func TestPercentile(t *testing.T) {
	for _, test := range []struct {
		reason  string
		numbers []float64
		p       int
		want    float64
	}{
		{"the only one", []float64{7}, 50, 7},
		{"the middle one, in any order", []float64{3, 1, 2}, 50, 2},
		{"half of four are not above the second", []float64{1, 2, 3, 4}, 50, 2},
		{"just over half", []float64{1, 2, 3, 4}, 51, 3},
		{"the largest", []float64{1, 2, 3}, 100, 3},
		{"99 of 100", hundred(), 99, 99},
	} {
		if got := percentile(test.numbers, test.p); got != test.want {
			t.Errorf("%s: got %v, want %v", test.reason, got, test.want)
		}
	}
}

func hundred() (numbers []float64) {
	for i := range 100 {
		numbers = append(numbers, float64(i+1))
	}
	return numbers
}

func TestMetricsAreReadAsTheyAreServed(t *testing.T) {
	text := "# HELP ordertimeout_events_read_total Inputs read.\n# TYPE ordertimeout_events_read_total counter\n" +
		"ordertimeout_events_read_total 1e+06\ngo_goroutines 5\n" + `ordertimeout_outcomes_total{outcome="success"} 12` + "\n"
	got := parseMetrics(strings.NewReader(text))
	if diff := cmp.Diff(figures{eventsRead: 1e6, successes: 12}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if cut := parseMetrics(strings.NewReader(text[:len(text)-20])); cut != nil {
		t.Errorf("got %v of a text that is cut off, want none", cut)
	}
	if got.knowsTime() {
		t.Error("knows the time without a watermark")
	}
	if got := (figures{watermarkLag: 0}); !got.knowsTime() {
		t.Error("does not know the time with a watermark that lags by nothing")
	}
}

// The time of a run counts from the last look at which it had no message.
func TestTimesOfARun(t *testing.T) {
	var v times
	steps := []struct {
		figures figures
		set     func() time.Time
	}{
		{nil, func() time.Time { return v.first }},
		{figures{unacked: 5}, func() time.Time { return v.first }},
		{figures{unacked: 10, eventsRead: 10}, func() time.Time { return v.read }},
		{figures{unacked: 10, eventsRead: 10, watermarkLag: 1}, func() time.Time { return v.known }},
		{figures{unacked: 1, eventsRead: 10, watermarkLag: 1, successes: 5}, func() time.Time { return v.known }},
		{figures{unacked: 0, eventsRead: 10, watermarkLag: 1, successes: 5}, func() time.Time { return v.acked }},
	}
	for i, step := range steps {
		if done := v.saw(step.figures, 10); done != (i == len(steps)-1) {
			t.Errorf("step %d: done is %v", i, done)
		}
		if step.set().IsZero() {
			t.Errorf("step %d: a time is not there", i)
		}
	}
	if !v.first.Before(v.read) || !v.read.Before(v.known) || !v.known.Before(v.acked) {
		t.Errorf("times are out of order: %+v", v)
	}
}

func TestServerEndsWithItsInput(t *testing.T) {
	in, end := io.Pipe()
	out, address := io.Pipe()
	served := make(chan error)
	go func() { served <- serveFake(in, address) }()
	t.Cleanup(pstest.ResetMinAckDeadline)
	line := make([]byte, 64)
	if n, err := out.Read(line); err != nil || !strings.HasPrefix(string(line[:n]), "127.0.0.1:") {
		t.Errorf("address %q: %v", line[:n], err)
	}
	end.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestPeakMemoryOfAProcess(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	c := &command{cmd: &exec.Cmd{Process: self}}
	if mib, err := c.peakMemory(); err != nil || mib < 1 || mib > 1<<20 {
		t.Errorf("%v MiB: %v", mib, err)
	}
}

func TestFlagsThatAreWrong(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-only f", `-only "f": want some of a,b,c,d,e`},
		{"-only a,,b", `-only "a,,b": want some of a,b,c,d,e`},
		{"-only ab", `-only "ab": want some of a,b,c,d,e`},
		{"-messages 1", "-messages 1: want at least 2"},
		{"-seconds 1", "-seconds 1: want at least 2"},
		{"-open 0", "-open 0: want at least 1"},
		{"x", `"x": want flags only`},
		{"-only d,a -messages 2 -open 1", ""},
	} {
		_, err := parse(strings.Fields(test.args))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.args, got, test.want)
		}
	}
}
