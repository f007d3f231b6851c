package webhook

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

func TestWriteRejectsWhatIsNotAccepted(t *testing.T) {
	r := newReceiver(t)
	run, done := newRun(t)
	c := r.config()
	p, s := beam.NewPipelineWithRoot()
	ids := &messagesFn{[]string{"ok1", "bad2", "down-once3", "gone4", "odd5"}}
	rejects := Write(s, run.ID, c, beam.ParDo(s, ids, beam.Impulse(s)))
	passert.EqualsList(s, beam.ParDo(s, showReject, rejects), []string{
		`2000 undelivered [webhook: ` + c.String() + `: 400 Bad Request] timeout bad2 {"id":"bad2"} [2 20]`,
		`4000 undelivered [webhook: ` + c.String() + `: 410 Gone] timeout gone4 {"id":"gone4"} [4 40]`,
	})
	result, err := beam.Run(t.Context(), "prism", p)
	if err != nil || run.Err() != nil {
		t.Fatalf("run gave %v, %v", err, run.Err())
	}
	counted := result.Metrics().Query(func(m beam.MetricResult) bool { return m.Name() == count.Undelivered }).Counters()
	if len(counted) != 1 || counted[0].Result() != 2 || run.Counters()[count.Undelivered] != 2 {
		t.Errorf("counted %v and live %v, want 2", counted, run.Counters())
	}
	slices.Sort(r.accepted)
	if diff := cmp.Diff([]string{"down-once3", "odd5", "ok1"}, r.accepted); diff != "" {
		t.Errorf("accepted (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]uint64{1, 3, 5, 10, 30, 50}, done()); diff != "" {
		t.Errorf("done (-want +got)\n%s", diff)
	}
}

func TestAttemptsAreRepeatedWhereThatMayHelp(t *testing.T) {
	r := newReceiver(t)
	run, _ := newRun(t)
	c := r.config()
	gone := httptest.NewServer(nil)
	gone.Close()
	nowhere := c
	nowhere.URL = gone.URL + "/?token=hush"
	hasty := c
	hasty.Timeout = 50 * time.Millisecond
	for _, test := range []struct {
		id       string
		config   Config
		attempts int
		want     string // the reason of the reject; "": it is accepted
	}{
		{"ok1", c, 1, ""},
		{"down-once1", c, 2, ""},
		{"busy1", c, 2, ""},
		{"down1", c, 3, "500 Internal Server Error, at the last of 3 attempts"},
		{"hang1", hasty, 3, "no answer within 50ms, at the last of 3 attempts"},
		{"busy-for-long1", c, 1, "503 Service Unavailable, and asks for a wait of more than 5m0s"},
		{"moved1", c, 1, "308 Permanent Redirect"},
		{"never1", c, 1, "501 Not Implemented"},
		{"bad\n1", c, 0, "the id of the outcome has characters that no header may have"},
		{"close1", c, 3, "the connection was closed before an answer, at the last of 3 attempts"},
		{"close-in-header1", c, 3, "the connection was closed before an answer, at the last of 3 attempts"},
		{"close-in-body1", c, 1, ""},
		{"babble1", c, 3, "the connection gave no answer of HTTP, at the last of 3 attempts"},
		{"endless1", c, 1, ""},
		{"endless-down1", c, 3, "500 Internal Server Error, at the last of 3 attempts"},
		{"stuck1", c, 1, ""},
		{"stuck-down1", hasty, 3, "500 Internal Server Error, at the last of 3 attempts"},
		{"ok2", nowhere, 0, "dial tcp " + gone.Listener.Addr().String() + ": connect: connection refused, at the last of 3 attempts"},
	} {
		rejects, err := bundle(t.Context(), run, test.config, testMessage(test.id))
		var want []string
		if test.want != "" {
			m := testMessage(test.id)
			want = []string{fmt.Sprintf("0 undelivered [webhook: %s: %s] timeout %s %s %v", test.config, test.want, test.id, m.Body, m.Refs)}
		}
		if diff := cmp.Diff(want, rejects); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", test.id, err, diff)
		}
		r.mu.Lock()
		if got := len(r.attempts[test.id]); got != test.attempts {
			t.Errorf("%s: got %d attempts, want %d", test.id, got, test.attempts)
		}
		r.mu.Unlock()
	}
	if at := r.attempts["busy1"]; at[1].Sub(at[0]) < time.Second {
		t.Errorf("repeated after %v, before the second it was asked for", at[1].Sub(at[0]))
	}
}

func TestBackoffDoublesWithJitterAndNeverComesTooEarly(t *testing.T) {
	after := func(status int, text string) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {text}}}
	}
	for _, test := range []struct {
		reason      string
		repeat      int
		answer      *http.Response
		least, most time.Duration
	}{
		{"the first", 0, nil, 250 * time.Millisecond, 500 * time.Millisecond},
		{"the second is twice as long", 1, nil, 500 * time.Millisecond, time.Second},
		{"the longest", 6, nil, 15 * time.Second, 30 * time.Second},
		{"far beyond the longest", 100, nil, 15 * time.Second, 30 * time.Second},
		{"as asked for", 0, after(429, "60"), time.Minute, 66 * time.Second},
		{"as asked for, of a server that is not there", 6, after(503, "60"), time.Minute, 66 * time.Second},
		{"another answer may not ask", 0, after(500, "60"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"not a time", 0, after(429, "soon"), 250 * time.Millisecond, 500 * time.Millisecond},
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			got := backoff(500*time.Millisecond, 30*time.Second, test.repeat, test.answer)
			if got < test.least || got > test.most {
				t.Errorf("%s: wait %v, want %v to %v", test.reason, got, test.least, test.most)
			}
			seen[got] = true
		}
		if len(seen) < 2 {
			t.Errorf("%s: always the same wait", test.reason)
		}
	}
}

func TestConcurrencyIsThatOfAllBundles(t *testing.T) {
	const limit = 3
	t.Setenv(SecretVariable, sharedSecret)
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		now++
		if most = max(most, now); now == limit && most == limit {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full // so many are under way at a time at least once
		mu.Lock()
		now--
		mu.Unlock()
	}))
	defer server.Close()
	run, _ := newRun(t)
	c := Default(server.URL)
	c.Concurrency = limit
	var bundles sync.WaitGroup
	for range 4 {
		bundles.Go(func() {
			var messages []*order.Message
			for range 20 {
				messages = append(messages, testMessage("ok1"))
			}
			if rejects, err := bundle(t.Context(), run, c, messages...); err != nil || rejects != nil {
				t.Errorf("got %v, %v", rejects, err)
			}
		})
	}
	bundles.Wait()
	if most != limit {
		t.Errorf("%d requests at a time, want %d", most, limit)
	}
}

func TestPipelineFailsWithoutASecretAndShowsNoneOfTheURL(t *testing.T) {
	r := newReceiver(t)
	t.Setenv(SecretVariable, "whsec_hush!")
	run, _ := newRun(t)
	p, s := beam.NewPipelineWithRoot()
	Write(s, run.ID, r.config(), beam.ParDo(s, &messagesFn{[]string{"ok1"}}, beam.Impulse(s)))
	_, err := beam.Run(t.Context(), "prism", p)
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("the pipeline gave %v", err)
	}
	if want := "webhook: " + SecretVariable + ": what follows whsec_ is not base64"; run.Err() == nil || run.Err().Error() != want {
		t.Errorf("the run gave %v, want %s", run.Err(), want)
	}
}

func TestWritePanicsOnWrongSettings(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, s := beam.NewPipelineWithRoot()
	Write(s, "", Config{}, beam.ParDo(s, &messagesFn{}, beam.Impulse(s)))
}
