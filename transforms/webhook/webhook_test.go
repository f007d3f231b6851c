package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn2x0[[]byte, func(beam.EventTime, order.Message)](&messagesFn{})
	register.Emitter2[beam.EventTime, order.Message]()
	register.Function2x1(showReject)
}

func TestMain(m *testing.M) {
	*jobopts.Experiments = "prism_disable_sdf_split"
	ptest.MainWithDefault(m, "prism")
}

// messagesFn gives a message an ID, at 1000 ms, 2000 ms, and so on.
type messagesFn struct{ IDs []string }

func (fn *messagesFn) ProcessElement(_ []byte, emit func(beam.EventTime, order.Message)) {
	for i, id := range fn.IDs {
		emit(beam.EventTime(1000*(i+1)), *testMessage(id))
	}
}

// testMessage is a message with two Refs, the ID's last digit and ten times that.
func testMessage(id string) *order.Message {
	ref := uint64(id[len(id)-1] - '0')
	return &order.Message{Body: fmt.Appendf(nil, `{"id":%q}`, id), Outcome: "timeout", ID: id, UserID: "u", Refs: []uint64{ref, 10 * ref}}
}

func showReject(at beam.EventTime, r order.Reject) string {
	return fmt.Sprintf("%d %s [%s] %s %s %v", at, r.Reason, r.Error, r.Source, r.Input, r.Refs)
}

// receiver is a server that answers each message as the text before the digit of
// its ID says, and remembers what it accepted.
type receiver struct {
	*httptest.Server
	t      *testing.T
	signer *standardwebhooks.Webhook
	onHang func() // called when a message is not answered

	mu       sync.Mutex
	attempts map[string][]time.Time // by ID
	accepted []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	t.Setenv(SecretVariable, sharedSecret)
	t.Setenv(SecretFileVariable, "")
	r := &receiver{t: t, signer: testSigner(t), onHang: func() {}, attempts: map[string][]time.Time{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Server.Close)
	return r
}

func testSigner(t *testing.T) *standardwebhooks.Webhook {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(sharedSecret)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender has given up
	}
	id := q.Header.Get("webhook-id")
	if err := r.signer.Verify(body, q.Header); err != nil {
		r.t.Errorf("%s: %v", id, err)
	}
	if want := string(testMessage(id).Body); q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/json" || string(body) != want {
		r.t.Errorf("%s: got a %s of %q, %q", id, q.Method, q.Header.Get("Content-Type"), body)
	}
	r.mu.Lock()
	r.attempts[id] = append(r.attempts[id], time.Now())
	first := len(r.attempts[id]) == 1
	r.mu.Unlock()
	switch kind := strings.TrimRight(id, "0123456789"); {
	case kind == "hang":
		r.onHang()
		<-q.Context().Done()
		return
	case kind == "down", first && kind == "down-once":
		w.WriteHeader(500)
		return
	case first && kind == "busy":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(429)
		return
	case kind == "busy-for-long":
		w.Header().Set("Retry-After", "301")
		w.WriteHeader(503)
		return
	case kind == "moved":
		http.Redirect(w, q, "/elsewhere", http.StatusPermanentRedirect)
		return
	case kind == "bad":
		http.Error(w, "the secret is "+sharedSecret, 400)
		return
	case kind == "gone":
		w.WriteHeader(410)
		return
	case kind == "never":
		w.WriteHeader(501)
		return
	case kind == "odd":
		w.WriteHeader(299)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted = append(r.accepted, id)
}

// config posts to a receiver and waits little.
func (r *receiver) config() Config {
	c := Default(strings.Replace(r.URL, "http://", "http://user:hush@", 1) + "/alerts?token=hush")
	c.RetryWait, c.Retries = time.Millisecond, 2
	return c
}

// newRun returns a run and what was done of it so far, sorted.
func newRun(t *testing.T) (run *live.Run, done func() []uint64) {
	t.Helper()
	run = live.NewRun()
	var mu sync.Mutex
	var all []uint64
	run.OnDone(func(refs []uint64) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, refs...)
	})
	t.Cleanup(func() {
		Close(run.ID)
		run.Close()
	})
	return run, func() []uint64 {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(slices.Values(all))
	}
}

// bundle posts messages as one bundle, and returns the rejects as text, sorted.
func bundle(ctx context.Context, run *live.Run, c Config, messages ...*order.Message) (rejects []string, err error) {
	fn := &postFn{RunID: run.ID, Config: c}
	defer fn.Teardown()
	if err := fn.Setup(); err != nil {
		return nil, err
	}
	emit := func(at beam.EventTime, r order.Reject) { rejects = append(rejects, showReject(at, r)) }
	fn.StartBundle(ctx, emit)
	for _, m := range messages {
		if err := fn.ProcessElement(ctx, 0, *m, emit); err != nil {
			return nil, err
		}
	}
	err = fn.FinishBundle(ctx, emit)
	slices.Sort(rejects)
	return rejects, err
}

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
	counted := result.Metrics().Query(func(m beam.MetricResult) bool { return m.Name() == UndeliveredCounter }).Counters()
	if len(counted) != 1 || counted[0].Result() != 2 || run.Counters()[UndeliveredCounter] != 2 {
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
		{"bad\n1", c, 0, `net/http: invalid header field value for "Webhook-Id"`},
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

// After a stop, attempts go on for a while. What is not decided then is left to
// the next run if the source holds it, and else fails this one.
func TestStopLeavesWhatIsHeld(t *testing.T) {
	r := newReceiver(t)
	free := testMessage("hang1")
	free.Refs = nil
	c := r.config()
	patient := c
	patient.Retries, patient.RetryWait = 100, time.Second // between attempts when the time is over
	narrow := c
	narrow.Concurrency = 1 // the second message never gets its turn
	var all sync.WaitGroup
	for _, test := range []struct {
		reason   string
		config   Config
		messages []*order.Message
		left     int64
		rejects  int
		want     string
	}{
		{"held, no answer", c, []*order.Message{testMessage("hang1"), testMessage("ok2"), testMessage("bad3")}, 1, 1, ""},
		{"held, between attempts", patient, []*order.Message{testMessage("down1")}, 1, 0, ""},
		{"held, not begun", narrow, []*order.Message{testMessage("hang1"), testMessage("ok2")}, 2, 0, ""},
		{"not held", c, []*order.Message{free, testMessage("ok2"), testMessage("hang3")}, 0, 0,
			"webhook: " + c.String() + ": stopped before 1 messages could be delivered"},
	} {
		run, _ := newRun(t)
		run.Stop()
		all.Go(func() {
			got := ""
			rejects, err := bundle(t.Context(), run, test.config, test.messages...)
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" || run.Err() != err {
				t.Errorf("%s: the run has %v, (-want +got)\n%s", test.reason, run.Err(), diff)
			}
			if left := run.Counters()[live.LeftCounter]; left != test.left || len(rejects) != test.rejects {
				t.Errorf("%s: %d left, want %d, and %d rejects, want %d: %v", test.reason, left, test.left, len(rejects), test.rejects, rejects)
			}
		})
	}
	all.Wait()
}

// A runner that gives up a bundle has its own reason, which is no failure.
func TestCancelledBundleIsNoFailureOfTheRun(t *testing.T) {
	r := newReceiver(t)
	run, done := newRun(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.onHang = cancel
	rejects, err := bundle(ctx, run, r.config(), testMessage("hang1"))
	if err != context.Canceled || run.Err() != nil || rejects != nil || len(done()) > 0 {
		t.Errorf("got %v, %v, of the run %v, done %v", rejects, err, run.Err(), done())
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

func TestCloseForgetsTheRun(t *testing.T) {
	r := newReceiver(t)
	one, _ := newRun(t)
	two, _ := newRun(t)
	for _, run := range []*live.Run{one, two} {
		if _, err := bundle(t.Context(), run, r.config(), testMessage("ok1")); err != nil {
			t.Error(err)
		}
	}
	Close(one.ID)
	for key := range senders.byKey {
		if key.runID != two.ID {
			t.Errorf("%v is there", key.config)
		}
	}
	if len(senders.byKey) != 1 {
		t.Errorf("%d senders are left, want 1", len(senders.byKey))
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
