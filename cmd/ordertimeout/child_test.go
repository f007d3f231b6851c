package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is a command that runs.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer // complete once ended
	ended  chan struct{}
	err    error
}

// ordersURI is the subscription of the orders, with a lease and a window that let a
// run begin within seconds.
const ordersURI = "pubsub://shop/orders?lease=1s&window=500ms"

// liveFlags are the flags of a command that reads the orders and publishes what
// comes of them.
func liveFlags(within time.Duration, more ...string) []string {
	return append([]string{
		"-input", ordersURI, "-within", within.String(), "-disorder", "500ms",
		"-success", "pubsub://shop/success", "-timeouts", "pubsub://shop/timeouts", "-rejects", "pubsub://shop/rejects",
	}, more...)
}

// start starts the command, with more in its environment.
func start(t *testing.T, environment []string, args ...string) *child {
	t.Helper()
	return startTo(t, nil, environment, args...)
}

// startTo is start of a command whose standard output is a file; nil: it goes nowhere.
func startTo(t *testing.T, stdout *os.File, environment []string, args ...string) *child {
	t.Helper()
	p := &child{t: t, cmd: command(t, args...), ended: make(chan struct{})}
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	p.cmd.Env = append(p.cmd.Env, environment...)
	p.cmd.Stderr = &p.stderr
	p.run()
	return p
}

// run starts a command that is set up.
func (p *child) run() {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	p.t.Cleanup(p.kill)
}

func (p *child) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// wait waits for a command that ends by itself.
func (p *child) wait() result {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it then says where it stands
		<-p.ended
		p.t.Fatalf("the command does not end: %v: %s", p.cmd.Args[1:], &p.stderr)
	}
	return finished(p.t, p.err, new(bytes.Buffer), &p.stderr)
}

// stopTime is how long a command may take to end once it was asked to.
const stopTime = 5 * time.Second

// stop asks the command to end, and checks that it does so in time.
func (p *child) stop() result {
	p.t.Helper()
	start := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	r := p.wait()
	took := time.Since(start)
	p.t.Logf("the command has ended in %v with %d: %s", took.Round(time.Millisecond), r.status, r.stderr)
	if took > stopTime {
		p.t.Errorf("it took %v to stop: want at most %v", took, stopTime)
	}
	return r
}

// stopWell is stop of a command that is to have nothing to complain of, and that
// may leave messages to the next run only where that is said.
func (p *child) stopWell(mayLeave bool) {
	p.t.Helper()
	r := p.stop()
	lines := strings.Count(r.stderr, "\n")
	for _, advice := range []string{"rejects: ", "orphans: ", "late: "} { // there may be any, after a restart
		lines -= strings.Count(r.stderr, "ordertimeout: "+advice)
	}
	lines -= strings.Count(r.stderr, " matches given by ") // of patterns with every
	if mayLeave && strings.Contains(r.stderr, "messages were left to the next run") {
		lines--
	}
	if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 || lines != 3 {
		p.t.Errorf("status %d, want 0 and two lines that add up after one about the signal:\n%s", r.status, r.stderr)
	}
}

// pollEvery is how often a test looks whether something has happened.
const pollEvery = 10 * time.Millisecond

// await waits until something holds, for a limited time, while the command runs.
func (p *child) await(what string, limit time.Duration, holds func() bool) {
	p.t.Helper()
	eventually(p.t, what, limit, func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("the command ended before %s: %v: %s", what, p.err, &p.stderr)
		default:
		}
		return holds()
	})
}

// eventually waits until something holds, for a limited time.
func eventually(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(pollEvery) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
