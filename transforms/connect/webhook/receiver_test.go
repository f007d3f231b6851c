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
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn2x0[[]byte, func(beam.EventTime, order.Message)](&messagesFn{})
	register.Emitter2[beam.EventTime, order.Message]()
	register.Function2x1(showReject)
}

func TestMain(m *testing.M) {
	beamfix.ForPrism()
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
	onHang func()        // called when a message is not answered
	slow   chan struct{} // closed when slow messages are to be answered

	mu       sync.Mutex
	attempts map[string][]time.Time // by ID
	accepted []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	t.Setenv(SecretVariable, sharedSecret)
	t.Setenv(SecretFileVariable, "")
	r := &receiver{t: t, signer: testSigner(t), onHang: func() {}, slow: make(chan struct{}), attempts: map[string][]time.Time{}}
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
	case strings.HasPrefix(kind, "close"): // before, in or after the header
		r.hijack(w, map[string]string{"close": "", "close-in-header": "HTTP/1.1 200 O", "close-in-body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"}[kind])
		return
	case kind == "babble": // repeats what it was sent, which no HTTP is
		r.hijack(w, "I got "+q.RequestURI+" for "+q.Header.Get("Authorization")+"\r\n\r\n")
		return
	case strings.HasPrefix(kind, "endless"):
		if kind == "endless-down" {
			w.WriteHeader(500)
		}
		for q.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
		return
	case strings.HasPrefix(kind, "stuck"): // after the header
		if kind == "stuck-down" {
			w.WriteHeader(500)
		}
		_ = http.NewResponseController(w).Flush()
		<-q.Context().Done()
		if kind == "stuck-down" {
			return
		}
	case kind == "slow":
		select {
		case <-r.slow:
		case <-q.Context().Done():
			return
		}
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

// hijack answers with some bytes and closes the connection.
func (r *receiver) hijack(w http.ResponseWriter, answer string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		r.t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, answer) // to a sender that may be gone
	conn.Close()
}

// config posts to a receiver and waits little.
func (r *receiver) config() Config {
	c := Default(strings.Replace(r.URL, "http://", "http://user:hush@", 1) + "/hush/alerts?token=hush")
	c.RetryWait, c.Retries = time.Millisecond, 2
	return c
}

// newRun returns a run and what was done of it so far, sorted.
func newRun(t *testing.T) (run *process.Run, done func() []uint64) {
	t.Helper()
	run = process.NewRun()
	letGo := ledgertest.Hold(t, run, 1000)
	t.Cleanup(func() { run.Close() })
	return run, func() []uint64 { return slices.Sorted(slices.Values(slices.Concat(letGo()...))) }
}

// bundle posts messages as one bundle, and returns the rejects as text, sorted.
func bundle(ctx context.Context, run *process.Run, c Config, messages ...*order.Message) (rejects []string, err error) {
	senders, err := sendersOf(run.ID)
	if err != nil {
		return nil, err
	}
	senders.mu.Lock()
	fn := &postFn{RunID: run.ID, Receiver: senders.reserve(c).name}
	senders.mu.Unlock()
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
