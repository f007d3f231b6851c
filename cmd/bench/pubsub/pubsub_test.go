package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
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

// fake returns the library's fake in this process.
func fake(t *testing.T) *server {
	s, _ := fakeWithMessages(t)
	return s
}

// fakeWithMessages returns what tells of the messages, too.
func fakeWithMessages(t *testing.T) (*server, func() []*pstest.Message) {
	f := pstest.NewServer()
	t.Cleanup(func() { f.Close() })
	t.Setenv("PUBSUB_EMULATOR_HOST", f.Addr)
	client, err := pubsub.NewClient(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return &server{lease: 10 * time.Second, client: client}, f.Messages
}

func TestPullAllAcknowledgesEverythingOnce(t *testing.T) {
	s := fake(t)
	for _, when := range []time.Duration{atOnce, whenAll, 50 * time.Millisecond} {
		q, n, err := s.preload(t.Context(), 1500, 1)
		if err != nil || n != 3000 {
			t.Fatalf("%d messages: %v", n, err)
		}
		if took, err := q.pullAll(t.Context(), n, when, new(tally)); err != nil || took <= max(0, when) {
			t.Fatalf("acknowledged %v later: took %v: %v", when, took, err)
		}
		if left, err := q.pull(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("acknowledged %v later: %d messages are left: %v", when, len(left), err)
		}
		if err := q.delete(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := q.pullAll(t.Context(), 1, when, new(tally)); err == nil {
			t.Error("pulled from a queue that is deleted")
		}
	}
}

// A client that acknowledges nothing before all is read has nothing acknowledged until
// then.
func TestPullAllHoldsWhatItIsTo(t *testing.T) {
	q, n, err := fake(t).preload(t.Context(), 500, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var count tally
	ended := make(chan error, 1)
	go func() {
		_, err := q.pullAll(ctx, n+1, whenAll, &count)
		ended <- err
	}()
	for count.pulled.Load() < int64(n) {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if acked := count.acked.Load(); acked != 0 {
		t.Errorf("%d messages are acknowledged, with one to come", acked)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAStreamIsReadToItsEnd(t *testing.T) {
	s := fake(t)
	s.cmd = &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}
	var used cost
	if rate, err := s.libraryStream(t.Context(), 1500, atOnce, &used); err != nil || rate <= 0 || len(used[0]) != 1 {
		t.Errorf("%v messages a second, %v of CPU: %v", rate, used, err)
	}
}

// The rate is that of what comes between the first and the last fifth, or of all where
// nothing was seen in between.
func TestFlowRate(t *testing.T) {
	for _, test := range []struct {
		reason string
		acked  []int64 // by look, one a 20 ms
		least  float64
		most   float64
	}{
		{"seen in between", []int64{100, 200, 500, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000}, 1, 600 / 0.04},
		{"seen at the end only", []int64{0, 0, 0, 0, 1000}, 1, 1000 / 0.08},
	} {
		ended := make(chan error, 2)
		looks := 0
		rate, err := flowRate(t.Context(), 1000, ended, func() int64 {
			time.Sleep(20 * time.Millisecond)
			if looks++; looks == len(test.acked) {
				ended <- nil
				ended <- nil
			}
			return test.acked[min(looks, len(test.acked))-1]
		})
		if err != nil || rate < test.least || rate > test.most {
			t.Errorf("%s: %v a second, want %v to %v: %v", test.reason, rate, test.least, test.most, err)
		}
	}
}

// Where nobody reads, the publisher stops before it has filled the server.
func TestAStreamWaitsForItsReader(t *testing.T) {
	s, messages := fakeWithMessages(t)
	q, err := s.newQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	published := make(chan error)
	go func() { published <- q.publishFlow(ctx, maxUnread, func() int64 { return 0 }) }()
	for len(messages()) < maxUnread {
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case err := <-published:
		t.Fatalf("ended: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if n := len(messages()); n > maxUnread {
		t.Errorf("%d messages, want %d", n, maxUnread)
	}
	cancel()
	if err := <-published; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPullAllEndsWithItsContext(t *testing.T) {
	q, err := fake(t).newQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.pullAll(ctx, 1, atOnce, new(tally)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Alerts come in any order. The first publication of one counts, and none of an order
// of earlier.
func TestAlertsThatComeTwiceCountOnce(t *testing.T) {
	s, messages := fakeWithMessages(t)
	q, err := s.newQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alert := func(order string, late time.Duration) []byte {
		return []byte(`{"orderId":"` + order + `","deadline":"` + time.Now().Add(-late).UTC().Format(time.RFC3339Nano) + `"}`)
	}
	alerts := [][]byte{alert("o6", 9*time.Hour), alert("o7", time.Hour)}
	for range 50 {
		alerts = append(alerts, alert("o7", 3*time.Hour))
	}
	if err := q.publish(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	go func() { // the fake delivers in any order, and the last order ends the wait
		for slices.ContainsFunc(messages(), func(m *pstest.Message) bool { return m.Acks == 0 }) {
			time.Sleep(10 * time.Millisecond)
		}
		if err := q.publish(t.Context(), [][]byte{alert("o8", 2*time.Hour)}); err != nil {
			t.Error(err)
		}
	}()
	ms, err := q.receiveLatencies(t.Context(), 7, 10, 2)
	if err != nil || len(ms) != 2 {
		t.Fatalf("got %v, %v", ms, err)
	}
	slices.Sort(ms)
	for i, late := range ms {
		if want := float64(i+1) * float64(time.Hour.Milliseconds()); late < want || late > want+60_000 {
			t.Errorf("got %v ms, want %v and a little", late, want)
		}
	}
}

func TestAnAlertIsOfANumberedOrder(t *testing.T) {
	number, deadline, err := parseAlert([]byte(`{"id":"x","orderId":"o17","deadline":"2026-03-01T09:00:00.250Z"}`))
	if want := time.Date(2026, 3, 1, 9, 0, 0, 250e6, time.UTC); err != nil || number != 17 || !deadline.Equal(want) {
		t.Errorf("got %d, %v, %v", number, deadline, err)
	}
	for _, line := range []string{"o17", `{"orderId":"17"}`, `{"deadline":"2026-03-01T09:00:00.250Z"}`} {
		if _, _, err := parseAlert([]byte(line)); err == nil || !strings.HasPrefix(err.Error(), "alert ") {
			t.Errorf("%s: got %v", line, err)
		}
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
