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
