package main

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const webhookSecret = "0123456789abcdef0123456789abcdef"

// receiver is a webhook that accepts what is signed, but for the orders that it
// refuses.
type receiver struct {
	*httptest.Server
	refuses string // begins the ids of orders

	mu    sync.Mutex
	told  map[string]string // outcome by order
	wrong []string          // what is wrong with a request
}

func newReceiver(t *testing.T, refuses string) *receiver {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(webhookSecret))
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{refuses: refuses, told: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err == nil {
			err = verifier.Verify(body, request.Header)
		}
		var alert struct{ ID, Outcome, OrderID string }
		if err == nil {
			err = json.Unmarshal(body, &alert)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case err != nil:
			r.wrong = append(r.wrong, err.Error())
		case request.Method != http.MethodPost || request.Header.Get("webhook-id") != alert.ID:
			r.wrong = append(r.wrong, request.Method+" "+request.Header.Get("webhook-id"))
		case strings.HasPrefix(alert.OrderID, r.refuses):
			http.Error(w, "not mine", http.StatusGone)
		default:
			r.told[alert.OrderID] += alert.Outcome
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// alerts returns the outcomes that were accepted, by order.
func (r *receiver) alerts() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.told)
}

// A webhook gets each timeout once, signed. What it refuses is a reject, and its
// messages are acknowledged like all others.
func TestTimeoutsGoToTheWebhook(t *testing.T) {
	f := newFake(t)
	r := newReceiver(t, "refused")
	accepted, refused := map[string]string{}, map[string]int{}
	for orderID, outcome := range f.publishWave("told") {
		if outcome == "timeout" {
			accepted[orderID] = outcome
		}
	}
	for orderID, outcome := range f.publishWave("refused") {
		if outcome == "timeout" {
			refused[orderID] = 1
		}
	}
	// The last of two flags counts.
	p := start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret}, liveFlags(3*time.Second, "-timeouts", r.URL+"/alerts")...)
	p.await("an acknowledgement of every message", 60*time.Second, func() bool { return f.acked()[0] == 0 })
	stopped := p.stop()
	if stopped.status != 0 || !strings.Contains(stopped.stderr, "ordertimeout: 10 outcomes were refused by a webhook: see -rejects\n") || strings.Contains(stopped.stderr, webhookSecret) {
		t.Errorf("status %d, want 0 and a line about 10 refusals, without the secret: %s", stopped.status, stopped.stderr)
	}
	if diff := cmp.Diff(accepted, r.alerts()); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string(nil), r.wrong); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	f.checkRefused(refused)
}

// checkRefused checks which outcomes are rejects.
func (f *fake) checkRefused(want map[string]int) {
	f.t.Helper()
	got := map[string]int{}
	var last notice
	collected := func() bool { // they come to this process a little after they were published
		clear(got)
		for _, n := range f.notices("rejects") {
			var reject struct{ Reason, Error, Input string }
			var outcome struct{ OrderID string }
			if json.Unmarshal(n.body, &reject) == nil && reject.Reason == "undelivered" && json.Unmarshal([]byte(reject.Input), &outcome) == nil {
				got[outcome.OrderID]++
				last = n
			}
		}
		return len(got) >= len(want)
	}
	eventually(f.t, "the rejects of what was refused", 30*time.Second, collected)
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(string(last.body), "410") {
		f.t.Errorf("refused outcomes (-want +got), the last being %s:\n%s", last.body, diff)
	}
}

// hush begins all that no line may show of a webhook in these tests.
const hush = "hush"

// What is wrong with a webhook is said in one line before the start, without its URL.
func TestWrongWebhooksAreToldWithoutTheirURL(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0))
	empty := write(t, dir, "empty", "\n")
	const secret = "ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret
	const url = "ORDERTIMEOUT_WEBHOOK_URL="
	for _, test := range []struct {
		args, environment string
		status            int
		want              string
	}{
		{"-timeouts https:/hooks.example/hush -rejects -", "", 2, "-timeouts: webhook: the address has no host"},
		{"-timeouts HTTPS://hooks.example/hush#hush -rejects -", "", 2, "-timeouts: webhook: https://hooks.example: what follows #"},
		{"-rejects https://hooks.example/hush", "", 2, "-rejects: a webhook is told of outcomes"},
		{"-input https://hooks.example/hush", "", 2, `-input "https://hooks.example": unknown kind of source`},
		{"-timeouts= https://hooks.example/hush", "", 2, `unexpected argument "https://hooks.example"`},
		{"-timeouts webhook -rejects -", "", 1, "-timeouts: webhook: no URL to post to: set ORDERTIMEOUT_WEBHOOK_URL or ORDERTIMEOUT_WEBHOOK_URL_FILE"},
		{"-timeouts webhook -rejects -", url + "hooks.example/hush", 1, "-timeouts: webhook: ORDERTIMEOUT_WEBHOOK_URL: the address is no https URL"},
		{"-timeouts webhook -rejects -", "ORDERTIMEOUT_WEBHOOK_URL_FILE=" + dir + "/hush", 1, "ORDERTIMEOUT_WEBHOOK_URL_FILE: the file that it names: no such file or directory"},
		{"-timeouts webhook -rejects -", "ORDERTIMEOUT_WEBHOOK_URL_FILE=" + empty, 1, "ORDERTIMEOUT_WEBHOOK_URL_FILE: the address is no https URL"},
	} {
		p := start(t, []string{secret, test.environment}, append([]string{"-input", in, "-success", "none"}, strings.Fields(test.args)...)...)
		r := p.wait()
		first, rest, _ := strings.Cut(r.stderr, "\n")
		lines := 0 // after the first
		if test.status == exitUsage {
			lines = 1
		}
		if r.status != test.status || !strings.HasPrefix(first, "ordertimeout: ") || !strings.Contains(first, test.want) || strings.Count(rest, "\n") != lines || strings.Contains(r.stderr, hush) {
			t.Errorf("%s %s: status %d, stderr:\n%swant %d, one line with: %s", test.environment, test.args, r.status, r.stderr, test.status, test.want)
		}
	}
}

// The URL of a run that is refused is in no reject, summary or log, not even in that
// of the SDK.
func TestTheURLOfAWebhookIsShownNowhere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, q.RequestURI+"/hush", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0)+line("o2", "create", 700))
	url := write(t, dir, "url", strings.Replace(server.URL, "http://", "http://hush:hush@", 1)+"/services/hush?hush\n")
	p := start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=hushhushhushhushhushhushhush", "ORDERTIMEOUT_WEBHOOK_URL_FILE=" + url},
		"-input", in, "-v", "-timeouts", "webhook", "-rejects", dir+"/rejects", "-summary", dir+"/summary")
	r := p.wait()
	rejects := read(t, dir+"/rejects")
	if want := `"error":"webhook: ` + server.URL + `: 307 Temporary Redirect"`; strings.Count(rejects, "\n") != 1 || !strings.Contains(rejects, want) {
		t.Errorf("rejects %s, want one with %s", rejects, want)
	}
	for what, text := range map[string]string{"stderr": r.stderr, "a reject": rejects, "the summary": read(t, dir+"/summary")} {
		if strings.Contains(text, hush) {
			t.Errorf("%s shows a secret: %s", what, text)
		}
	}
}

// hanging is a webhook that does not answer.
type hanging struct {
	*httptest.Server
	asked chan struct{} // has one for each request
}

func newHanging(t *testing.T) *hanging {
	h := &hanging{asked: make(chan struct{}, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		h.asked <- struct{}{}
		<-q.Context().Done()
	}))
	t.Cleanup(h.Close)
	return h
}

// A receiver that hangs does not hold up a stop, and costs neither the summary nor the
// open orders: what it was not told is a reject, whole.
func TestAStopWhileTheWebhookHangs(t *testing.T) {
	server := newHanging(t)
	dir := t.TempDir()
	p := start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret, "ORDERTIMEOUT_WEBHOOK_URL=" + server.URL + "/hush"},
		"-input", "demo:?speed=0&count=2000&rate=1000&paid=0", "-within", "1s", "-disorder", "0s", "-success", "none", "-timeouts", "webhook",
		"-rejects", dir+"/rejects", "-open", dir+"/open", "-summary", dir+"/summary")
	p.await("a request", 60*time.Second, func() bool { return len(server.asked) > 0 })
	r := p.stop()
	if want := "ordertimeout: webhook: " + server.URL + ": stopped before all outcomes could be delivered"; r.status != 1 || strings.Count(r.stderr, want) != 1 || strings.Count(r.stderr, "(adds up)") != 2 {
		t.Errorf("status %d, want 1, a summary that adds up, and a line with %s:\n%s", r.status, want, r.stderr)
	}
	var figures struct{ Timeout, Open int }
	if err := json.Unmarshal([]byte(read(t, dir+"/summary")), &figures); err != nil {
		t.Fatal(err)
	}
	undelivered := 0
	for line := range strings.Lines(read(t, dir+"/rejects")) {
		var reject struct{ Reason, Input string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil {
			t.Fatal(err)
		}
		if reject.Reason == "undelivered" && json.Valid([]byte(reject.Input)) {
			undelivered++
		}
	}
	if undelivered != figures.Timeout || undelivered == 0 {
		t.Errorf("%d rejects of %d timeouts that nobody was told", undelivered, figures.Timeout)
	}
	if open := strings.Count(read(t, dir+"/open"), "\n"); open < figures.Open {
		t.Errorf("%d events of %d open orders", open, figures.Open)
	}
}
