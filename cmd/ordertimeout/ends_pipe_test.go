package main

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// However a run of a pipe ends, the next one goes on with what it left open and the rest
// of the pipe, and together they tell what the whole would. What a kill loses, and what
// stands in a pipe that someone closed, is said in the README.
func TestEndsOfAPipe(t *testing.T) {
	for _, end := range endings(t) {
		t.Run(end.name, func(t *testing.T) {
			for round := range *rounds {
				rnd := rand.New(rand.NewPCG(uint64(round), rand.Uint64()))
				log := newEndLog(rnd, 6000)
				e := &ended{T: t, dir: t.TempDir(), end: end}
				e.pipe(rnd, log)
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
		})
	}
}

// pipe reads a log from a pipe in three runs. The first two are ended, so that the second
// goes on with what the first has left open and leaves that in its place.
func (e *ended) pipe(rnd *rand.Rand, log endLog) {
	text := []byte(strings.Join(log.lines, "\n") + "\n")
	open := []string{"-input", "-", "-input-if-any", e.dir + "/open", "-open", e.dir + "/open"}
	var stdout []string
	for range 2 {
		told, left := e.piece(rnd, text, e.args(false, open...))
		stdout = append(stdout, told...)
		e.checkLeft(log, append(stdout, e.told()...), left)
		if e.end.signal == syscall.SIGKILL {
			log.missing(e.T, append(stdout, e.told()...)) // what was told is right
			return
		}
		text = left
	}
	e.end = ending{name: "well"}
	f, err := os.Open(write(e.T, e.dir, "rest", string(text)))
	if err != nil {
		e.Fatal(err)
	}
	defer f.Close()
	e.run(f, time.Hour, append(e.args(true), "-input", "-", "-input-if-any", e.dir+"/open"))
	missing := log.missing(e.T, append(stdout, e.told()...))
	if unread := 2 * (64 << 10) / 300; len(stdout) > 0 && len(missing) <= unread {
		return // they stood in the pipe when it was closed
	}
	if len(missing) > 0 {
		e.Errorf("%d of %d outcomes are missing, %q among them", len(missing), len(log.want), missing[0])
	}
}

// piece runs the command over a text that is written to a pipe in pieces, which end
// anywhere, and returns what is left of the text once the command has ended.
func (e *ended) piece(rnd *rand.Rand, text []byte, args []string) (stdout []string, left []byte) {
	r, w, err := os.Pipe()
	if err != nil {
		e.Fatal(err)
	}
	defer r.Close()
	var writing sync.WaitGroup
	ended := make(chan struct{})
	writing.Go(func() {
		defer w.Close()
		for len(text) > 0 {
			n := min(len(text), 1+rnd.IntN(20_000))
			if _, err := w.Write(text[:n]); err != nil {
				return
			}
			text = text[n:]
			select {
			case <-ended:
			case <-time.After(time.Duration(rnd.IntN(20)) * time.Millisecond):
			}
		}
	})
	stdout = e.run(r, time.Duration(rand.Int64N(int64(700*time.Millisecond))), args)
	close(ended)
	left, err = io.ReadAll(r)
	if err != nil {
		e.Fatal(err)
	}
	writing.Wait()
	if len(left) > 0 && left[0] != '{' && e.end.signal != syscall.SIGKILL {
		e.Errorf("the run ended inside a line: the next one begins with %.60q", left)
	}
	return stdout, left
}

// checkLeft checks that what was read of a pipe was not read for nothing.
func (e *ended) checkLeft(log endLog, told []string, left []byte) {
	read := len(log.lines) - bytes.Count(left, []byte("\n"))
	e.Logf("%s: %d of %d lines were read, %d outcomes told", e.end.name, read, len(log.lines), len(told))
	if e.end.signal == syscall.SIGKILL {
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			e.Fatal(err)
		}
		if want := "What was read of a pipe is lost in a `kill -9`, and only then"; !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), want) {
			e.Errorf("the README does not say %q", want)
		}
		return
	}
	open := map[string]bool{}
	for _, line := range e.lines("open") {
		open[line] = true
	}
	if len(open) == 0 && read > 0 && read < len(log.lines) {
		e.Error("nothing is open in the middle of the log")
	}
	for _, line := range slices.Sorted(maps.Keys(open)) {
		if !slices.Contains(log.lines[:read], line) {
			e.Errorf("open has a line that was not read: %s", line)
			return
		}
	}
}
