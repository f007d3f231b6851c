package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pipe is a standard output that is read until it is closed.
type pipe struct {
	t    *testing.T
	r, w *os.File
	text bytes.Buffer
	read chan struct{} // closed once nothing is read any more
}

func newPipe(t *testing.T) *pipe {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &pipe{t: t, r: r, w: w, read: make(chan struct{})}
	t.Cleanup(func() { r.Close() })
	go func() {
		defer close(p.read)
		_, _ = p.text.ReadFrom(r) // until it is closed, by either end
	}()
	return p
}

// closeAtOnce closes the pipe with nothing in it: what stands in a pipe that is closed is
// lost, and nobody can know of it. So the process stands still meanwhile.
func (p *pipe) closeAtOnce(writer *child) {
	signal := func(s syscall.Signal) { _ = writer.cmd.Process.Signal(s) } // may have ended
	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT)
	for !stands(writer.cmd.Process.Pid) {
		time.Sleep(time.Millisecond)
	}
	_ = p.r.SetReadDeadline(time.Now())
	<-p.read
	_ = p.r.SetReadDeadline(time.Time{})
	raw, err := p.r.SyscallConn()
	if err != nil {
		p.t.Error(err)
		return
	}
	block := make([]byte, 64<<10)
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.Read(int(fd), block)
			if n <= 0 && !errors.Is(err, syscall.EINTR) { // empty, or nobody writes any more
				return true
			}
			p.text.Write(block[:max(n, 0)])
		}
	})
	p.r.Close()
}

// stands reports whether a process has been stopped, or has ended.
func stands(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return len(state) == 0 || bytes.IndexByte([]byte("TZX"), state[0]) >= 0
}

// lines are the whole lines that were read.
func (p *pipe) lines() (lines []string) {
	<-p.read
	for line := range strings.Lines(p.text.String()) {
		if whole, ok := strings.CutSuffix(line, "\n"); ok {
			lines = append(lines, whole)
		}
	}
	return lines
}
