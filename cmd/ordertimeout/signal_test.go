package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal ends the input: what is decided is out, the rest is open, and the
// status is 0.
func TestSignalStops(t *testing.T) {
	heedHangup(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd, in, out, stderr := startPiped(t, "-input", "-", "-at-end", "timeout", "-disorder", "0s")
		_, _ = io.WriteString(in, line("o1", "create", 0)+line("o1", "pay", 1)+line("o2", "create", 2)+line("o3", "view", 30))
		first := make([]byte, len(`{"outcome":"success"`))
		if _, err := io.ReadFull(out, first); err != nil || string(first) != `{"outcome":"success"` {
			t.Fatalf("%v: the first outcome must come while the input is open: %q, %v, %s", sig, first, err, stderr.String())
		}
		_ = cmd.Process.Signal(sig)
		rest, _ := io.ReadAll(out)
		r := finished(t, cmd.Wait(), bytes.NewBuffer(rest), stderr)
		if r.status != 0 || strings.Contains(r.stdout, "timeout") || !strings.Contains(r.stderr, "2 orders started = 1 success + 0 timeout + 0 broken + 1 open (adds up)") {
			t.Errorf("%v: %+v", sig, r)
		}
	}
}

// startPiped starts the command with its standard input and output as pipes.
func startPiped(t *testing.T, args ...string) (cmd *exec.Cmd, in io.WriteCloser, out io.ReadCloser, stderr *bytes.Buffer) {
	t.Helper()
	cmd, stderr = command(t, args...), new(bytes.Buffer)
	cmd.Stderr = stderr
	var err error
	if in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if out, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in, out, stderr
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	cmd := command(t, "-input", "demo:?speed=0&count=2000000&rate=1000", "-quiet") // writes to a pipe that nobody reads
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	if _, err := io.ReadFull(stderr, make([]byte, 1)); err != nil {
		t.Fatal("no word about the first signal")
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if r := finished(t, cmd.Wait(), new(bytes.Buffer), new(bytes.Buffer)); r.status != 130 {
		t.Errorf("status %d, want 130", r.status)
	}
}

// Standard input may be a file, too.
func TestOutputThatIsStandardInput(t *testing.T) {
	path := write(t, t.TempDir(), "in.jsonl", line("o1", "create", 0))
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := command(t, "-input", "-", "-success", path)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &stderr
	r := finished(t, cmd.Run(), new(bytes.Buffer), &stderr)
	if r.status != 2 || !strings.Contains(r.stderr, "is also an input") || read(t, path) != line("o1", "create", 0) {
		t.Errorf("%+v, file %q", r, read(t, path))
	}
}

// A reader that goes away ends the run with a word and a status.
func TestClosedPipe(t *testing.T) {
	cmd := command(t, "-input", "demo:?speed=0&count=200000", "-quiet")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadFull(out, make([]byte, 100))
	out.Close()
	if r := finished(t, cmd.Wait(), new(bytes.Buffer), &stderr); r.status != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "ordertimeout: localfile: -: broken pipe (") {
		t.Errorf("%+v, want status 1 and one line about a broken pipe", r)
	}
}

// Who stops a group of processes, or closes a terminal, signals twice and means once.
func TestOneStopMayBeSeveralSignals(t *testing.T) {
	for _, test := range []struct {
		first, next syscall.Signal
		after       time.Duration
		same        bool
	}{
		{syscall.SIGTERM, syscall.SIGTERM, 999 * time.Millisecond, true},
		{syscall.SIGTERM, syscall.SIGTERM, time.Second, false},
		{syscall.SIGINT, syscall.SIGTERM, 0, false},
		{syscall.SIGTERM, syscall.SIGHUP, time.Hour, true},
		{syscall.SIGHUP, syscall.SIGHUP, 0, true},
		{syscall.SIGHUP, syscall.SIGINT, 0, false},
	} {
		if got := sameStop(test.first, test.next, test.after); got != test.same {
			t.Errorf("%v and %v after %v: same %t, want %t", test.first, test.next, test.after, got, test.same)
		}
	}
}

// A pipe among the outputs waits for its reader, but a stop does not.
func TestAStopWhileAnOutputWaitsForItsReader(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Skip(err)
	}
	p := start(t, nil, "-input", write(t, dir, "log", line("o1", "create", 0)), "-timeouts", dir+"/fifo", "-success", dir+"/success")
	p.await("the other output is open", 20*time.Second, func() bool {
		_, err := os.Stat(dir + "/success")
		return err == nil
	})
	if r := p.stop(); r.status != 1 || !strings.Contains(r.stderr, "stopped before the start: an output is a pipe that nobody reads") {
		t.Errorf("%+v", r)
	}
}
