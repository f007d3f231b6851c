package jobserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a Java process of Flink.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   *lines
	ended chan struct{} // closed when it has ended
}

// startJava starts the main class of a jar of the folder lib. It ends with ctx, and
// with this process where the system can do that.
func startJava(ctx context.Context, lib, dir, heap string, env []string, class string, args ...string) (*process, error) {
	tmp := filepath.Join(dir, "tmp")
	args = append([]string{
		"-Xmx" + heap, "-Djava.io.tmpdir=" + tmp, "-cp", lib + string(filepath.Separator) + "*", class,
	}, args...)
	p := &process{name: class[strings.LastIndexByte(class, '.')+1:], cmd: exec.CommandContext(ctx, "java", args...), log: newLines(), ended: make(chan struct{})}
	p.cmd.Dir = tmp
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopTime
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a ctrl-c is for this process, which stops it
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("jobserver: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it has ended, its log tells
		close(p.ended)
	}()
	return p, nil
}

// stopTime is how long a process has to end before it is killed, with all that it
// has started.
const stopTime = 10 * time.Second

// Stop ends the process, if it runs, and the workers that it may have left.
func (p *process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(stopTime):
	}
	p.Kill()
}

// Kill ends the process at once, as a crash does, and all of its process group.
func (p *process) Kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	<-p.ended
}

// PID returns the id of the process.
func (p *process) PID() int { return p.cmd.Process.Pid }

// Log returns what the process has written so far.
func (p *process) Log() string { return p.log.String() }

// startTime is how long a process has to be ready.
const startTime = 2 * time.Minute

// await waits for a line with a text in the log, and returns it.
func (p *process) await(ctx context.Context, text string) (string, error) {
	late := time.NewTimer(startTime)
	defer late.Stop()
	for {
		more := p.log.more()
		for line := range strings.Lines(p.log.String()) {
			if strings.HasSuffix(line, "\n") && strings.Contains(line, text) {
				return strings.TrimSpace(line), nil
			}
		}
		select {
		case <-more:
		case <-p.ended:
			return "", fmt.Errorf("jobserver: %s has ended:\n%s", p.name, p.log)
		case <-late.C:
			return "", fmt.Errorf("jobserver: %s is not ready after %v:\n%s", p.name, startTime, p.log)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// lines is a log that is written and can be waited on.
type lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // closed at the next write
}

func newLines() *lines { return &lines{written: make(chan struct{})} }

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.written)
	l.written = make(chan struct{})
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// more returns what is closed when more is written.
func (l *lines) more() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}
