package main

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ordertimeout/transforms/process"
)

// manager is a service manager: the messages that it gets.
type manager struct {
	socket string
	mu     sync.Mutex
	got    []string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{socket: filepath.Join(t.TempDir(), "notify")}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		for b := make([]byte, 4096); ; {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.got = append(m.got, string(b[:n]))
			m.mu.Unlock()
		}
	}()
	return m
}

// count returns how often a message has come, and where it came first: -1 for never.
func (m *manager) count(message string) (n, first int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, got := range m.got {
		if got == message {
			n++
		}
	}
	return n, slices.Index(m.got, message)
}

func (m *manager) has(message string) func() bool {
	return func() bool { n, _ := m.count(message); return n > 0 }
}

// The protocol with a process: ready though nobody writes to its pipe, so that it has no
// watermark; alive all the time; and stopping.
func TestManagerIsTold(t *testing.T) {
	m := newManager(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, []string{"NOTIFY_SOCKET=" + m.socket, "WATCHDOG_USEC=200000"},
		"-input", pipe, "-live", "-success", "none", "-timeouts", "none")
	p.await("READY=1", 20*time.Second, m.has("READY=1"))
	before, _ := m.count("WATCHDOG=1")
	p.await("three messages of the watchdog more", 10*time.Second, func() bool {
		n, _ := m.count("WATCHDOG=1")
		return n >= before+3
	})
	if n, _ := m.count("STOPPING=1"); n != 0 {
		t.Error("STOPPING=1 before a stop")
	}
	if got := p.stop(); got.status != exitOK {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
	eventually(t, "STOPPING=1", time.Second, m.has("STOPPING=1"))
	if n, _ := m.count("READY=1"); n != 1 {
		t.Errorf("READY=1 came %d times", n)
	}
}

// A manager takes a process that ends without READY=1 for one that has failed to start.
func TestManagerIsToldOfAShortRun(t *testing.T) {
	m := newManager(t)
	p := start(t, []string{"NOTIFY_SOCKET=" + m.socket}, "-input", "../../testdata/orders.jsonl", "-success", "none", "-timeouts", "none")
	if got := p.wait(); got.status != exitOK {
		t.Fatalf("%+v", got)
	}
	eventually(t, "READY=1", time.Second, m.has("READY=1"))
	if n, _ := m.count("WATCHDOG=1"); n != 0 {
		t.Errorf("%d messages for a watchdog that there is none of", n)
	}
}

// The run goes on without its manager, and says so once.
func TestManagerIsAway(t *testing.T) {
	p := start(t, []string{"NOTIFY_SOCKET=" + filepath.Join(t.TempDir(), "none"), "WATCHDOG_USEC=2000"},
		"-input", "demo:?count=100&speed=0", "-success", "none", "-timeouts", "none")
	got := p.wait()
	if n := strings.Count(got.stderr, "ordertimeout: NOTIFY_SOCKET: "); got.status != exitOK || n != 1 {
		t.Errorf("status %d, said %d times:\n%s", got.status, n, got.stderr)
	}
}

func TestWatchdogTimeIsWrong(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", newManager(t).socket)
	run := process.NewRun()
	defer run.Close()
	for _, wrong := range []string{"x", "0", "-1"} {
		t.Setenv("WATCHDOG_USEC", wrong)
		_, err := startNotifier(run, func() {}, journal{w: io.Discard})
		if want := "WATCHDOG_USEC " + wrong + ": want microseconds, more than 0"; !errors.As(err, new(usageError)) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Where /livez would not answer, the watchdog is not told either.
func TestWatchdogGoesByLiveness(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	h := &health{run: run, live: true, now: time.Now}
	sent, tick := make(chan string, 10), make(chan time.Time)
	n := &notifier{run: run, alive: h.alive, send: func(s string) error { sent <- s; return nil }, quit: make(chan struct{})}
	n.told.Go(func() { n.tellAlive(tick) })
	tick <- time.Now()
	receive(t, sent, "WATCHDOG=1")
	h.mu.Lock()
	tick <- time.Now()
	select {
	case got := <-sent:
		t.Errorf("%s while nothing can be taken of the run", got)
	case <-time.After(50 * time.Millisecond):
	}
	h.mu.Unlock()
	receive(t, sent, "WATCHDOG=1")
	n.stop()
}

// receive waits for a message.
func receive(t *testing.T, sent <-chan string, want string) {
	t.Helper()
	select {
	case got := <-sent:
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("no %s", want)
	}
}

// What has happened when the telling ends is told, and nothing else.
func TestManagerIsToldAtTheEnd(t *testing.T) {
	happened, quit := make(chan struct{}), make(chan struct{})
	close(quit)
	told := 0
	n := &notifier{send: func(string) error { told++; return nil }, quit: quit}
	if n.tellOnce(happened, "READY=1"); told != 0 {
		t.Error("told of what has not happened")
	}
	close(happened)
	for range 50 { // select takes either by chance
		n.tellOnce(happened, "READY=1")
	}
	if told != 50 {
		t.Errorf("told %d times, want 50", told)
	}
}

// A file that takes long to write is not ended by the manager.
func TestManagerGivesTimeToWrite(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	sent := make(chan string, 10)
	n := &notifier{run: run, send: func(s string) error { sent <- s; return nil }, quit: make(chan struct{})}
	failed := errors.New("disk")
	err := n.atWork(func() error {
		for range 2 { // at once, and a second later
			receive(t, sent, "EXTEND_TIMEOUT_USEC=15000000")
		}
		return failed
	})
	n.stop()
	if err != failed || len(sent) > 1 {
		t.Errorf("%v, and %d messages after the end", err, len(sent))
	}
	if err := (*notifier)(nil).atWork(func() error { return failed }); err != failed {
		t.Errorf("without a manager: %v", err)
	}
}
