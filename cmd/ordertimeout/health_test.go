package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// clock is a time that tests move.
type clock struct{ time.Time }

func (c *clock) now() time.Time          { return c.Time }
func (c *clock) advance(d time.Duration) { c.Time = c.Add(d) }

// askHealth asks for a path, and returns the status and the answer.
func askHealth(t *testing.T, h *health, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	metricsHandler(h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestHealthIsThatTheWatermarkMoves(t *testing.T) {
	const start = 1_700_000_000_000
	run := process.NewRun()
	defer run.Close()
	c := &clock{time.UnixMilli(start)}
	h := &health{run: run, live: true, maxStall: 5 * time.Minute, now: c.now}
	for _, step := range []struct {
		reason string
		do     func()
		want   string
	}{
		{"at the start", func() {}, "there is no watermark yet"},
		{"what is read is no watermark", func() { run.Count("read", 1) }, "there is no watermark yet"},
		{"for long", func() { c.advance(time.Hour) }, "there is no watermark yet"},
		{"the first watermark", func() { run.Set(count.WatermarkTime, start) }, "ok"},
		{"it stands", func() { c.advance(5 * time.Minute) }, "ok"},
		{"it stands too long, whatever is read", func() { c.advance(time.Second); run.Count("read", 1) },
			"the watermark stands at 2023-11-14T22:13:20.000Z for 5m1s: more than -max-stall 5m0s"},
		{"and longer", func() { c.advance(1500 * time.Millisecond) },
			"the watermark stands at 2023-11-14T22:13:20.000Z for 5m2s: more than -max-stall 5m0s"},
		{"it moves", func() { run.Set(count.WatermarkTime, start+1) }, "ok"},
		{"it stands without a limit", func() { c.advance(time.Hour); h.maxStall = 0 }, "ok"},
		{"a stop", func() { run.Stop() }, "stopping"},
		{"a failure", func() { _ = run.Fail(errors.New("sink: out: no space left on device")) }, "sink: out: no space left on device"},
	} {
		step.do()
		wantStatus := 503
		if step.want == "ok" {
			wantStatus = 200
		}
		status, body := askHealth(t, h, "/healthz")
		if diff := cmp.Diff(step.want+"\n", body); diff != "" || status != wantStatus {
			t.Errorf("%s: status %d, want %d (-want +got)\n%s", step.reason, status, wantStatus, diff)
		}
		if status, body := askHealth(t, h, "/livez"); status != 200 || body != "alive\n" {
			t.Errorf("%s: alive is %d, %q", step.reason, status, body)
		}
	}
}

// A file or a pipe has no watermark of the clock: it works while it is read, and then
// while what was read is worked and delivered.
func TestHealthOfALogIsThatItIsRead(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	c := &clock{time.UnixMilli(0)}
	h := &health{run: run, maxStall: time.Minute, now: c.now}
	later := func(f func()) func() { return func() { c.advance(50 * time.Second); f() } }
	for _, step := range []struct {
		reason string
		do     func()
		want   string
	}{
		{"at the start", func() {}, "nothing is read yet"},
		{"it is read", func() { run.Read.Store(1) }, "ok"},
		{"and read on", later(func() { run.Read.Store(2) }), "ok"},
		{"its events are worked", later(func() { run.Count("timeout", 1) }), "ok"},
		{"they are delivered", later(func() { run.Count(count.Accepted, 1) }), "ok"},
		{"nothing moves", later(func() {}), "ok"},
		{"for long", later(func() {}), "nothing is read or worked for 1m40s: more than -max-stall 1m0s"},
		{"it has a watermark of its own", func() { run.Set(count.WatermarkTime, 0) }, "ok"},
		{"which stands", later(func() { c.advance(time.Minute) }), "the watermark stands at 1970-01-01T00:00:00.000Z for 1m50s: more than -max-stall 1m0s"},
	} {
		step.do()
		if got := h.fault(); got != step.want && !(got == "" && step.want == "ok") {
			t.Errorf("%s: got %q, want %s", step.reason, got, step.want)
		}
	}
}

// Somebody looks between two questions: a watermark that moved and then stood is told
// by when it moved.
func TestHealthIsWatchedWhenNobodyAsks(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	c := &clock{time.UnixMilli(0)}
	h := &health{run: run, live: true, maxStall: time.Minute, now: c.now}
	tick, quit, done := make(chan time.Time), make(chan struct{}), make(chan struct{})
	run.Set(count.WatermarkTime, 1)
	go func() { h.watch(tick, quit); close(done) }()
	tick <- c.Time // it has looked once
	run.Set(count.WatermarkTime, 2)
	tick <- c.Time
	tick <- c.Time
	close(quit)
	<-done
	c.advance(61 * time.Second)
	if want := "the watermark stands at 1970-01-01T00:00:00.002Z for 1m1s: more than -max-stall 1m0s"; h.fault() != want {
		t.Errorf("got %q, want %s", h.fault(), want)
	}
}

func TestMethodsOfThePagesForMonitors(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	server := httptest.NewServer(metricsHandler(&health{run: run, live: true, now: time.Now}))
	defer server.Close()
	for _, test := range []struct {
		method, path string
		status       int
		empty        bool
	}{
		{"GET", "/livez", 200, false},
		{"HEAD", "/livez", 200, true},
		{"GET", "/healthz", 503, false},
		{"HEAD", "/healthz", 503, true},
		{"GET", "/metrics", 200, false},
		{"HEAD", "/metrics", 200, true},
		{"POST", "/healthz", 405, false},
		{"DELETE", "/livez", 405, false},
		{"PUT", "/metrics", 405, false},
		{"GET", "/", 404, false},
		{"GET", "/debug/pprof/", 404, false},
	} {
		q, err := http.NewRequest(test.method, server.URL+test.path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != test.status || (len(body) == 0) != test.empty {
			t.Errorf("%s %s: got %d with %d bytes, %v, want %d", test.method, test.path, answer.StatusCode, len(body), err, test.status)
		}
	}
}

// counting is a listener that knows how many of its connections are open.
type counting struct {
	net.Listener
	mu        sync.Mutex
	now, most int
}

func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now++
	l.most = max(l.most, l.now)
	return &counted{Conn: conn, of: l}, nil
}

type counted struct {
	net.Conn
	of   *counting
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.of.now--
	})
	return c.Conn.Close()
}

// serveLimited serves with short limits, and returns the address.
func serveLimited(t *testing.T) *counting {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run := process.NewRun()
	t.Cleanup(func() { run.Close() })
	counter := &counting{Listener: l}
	short := 50 * time.Millisecond
	t.Cleanup(serve(counter, &health{run: run, now: time.Now}, limits{ask: short, answer: time.Minute, idle: short, header: 1 << 10, connections: 2}))
	return counter
}

// dialRaw sends the beginning of a question, and fails where it is waited for longer
// than the server may.
func dialRaw(t *testing.T, l net.Listener, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Clients that say nothing, or say it slowly, are let go of: two at a time are served,
// the others wait, and a client that asks gets its answer.
func TestSlowClientsDoNotKeepOthersOut(t *testing.T) {
	l := serveLimited(t)
	var slow []net.Conn
	for i := range 12 {
		slow = append(slow, dialRaw(t, l, []string{"", "GET /livez HT", "GET /livez HTTP/1.1\r\nHost: a\r\nX: ", "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"}[i%4]))
	}
	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Get("http://" + l.Addr().String() + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Errorf("status %d, want 200", answer.StatusCode)
	}
	for i, conn := range slow {
		if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("connection %d is still open: %v", i, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most != 2 {
		t.Errorf("%d connections at a time, want 2", l.most)
	}
}

func TestLongQuestionsAreRefused(t *testing.T) {
	l := serveLimited(t)
	conn := dialRaw(t, l, "GET /livez HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 16<<10)+"\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want %d", answer.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	}
}

func TestMaxStallIsWrong(t *testing.T) {
	r := run1(t, "", "-input", "-", "-max-stall", "-1s")
	if want := "ordertimeout: -max-stall -1s: want at least 0s\n"; r.status != exitUsage || !strings.HasPrefix(r.stderr, want) {
		t.Errorf("%+v, want %s", r, want)
	}
}
