package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/process"
)

// progress is a line on the terminal that says how much of the input is read.
type progress struct{ quit, done chan struct{} }

// startProgress shows the progress of a run, if standard error is a terminal
// that the outcomes do not go to and the user has not asked for silence.
func startProgress(run *process.Run, o options, log journal) *progress {
	f, ok := log.w.(*os.File)
	if !ok || log.structured != nil || o.quiet || !term.IsTerminal(int(f.Fd())) || (writesToStdout(o) && term.IsTerminal(int(os.Stdout.Fd()))) {
		return nil
	}
	p := &progress{make(chan struct{}), make(chan struct{})}
	go p.show(run, f)
	return p
}

func writesToStdout(o options) bool {
	for _, target := range o.plan.Outputs() {
		if target.Name == localfile.Stdout {
			return true
		}
	}
	return false
}

// show draws the line from the first second on, so that a short input has none.
func (p *progress) show(run *process.Run, w io.Writer) {
	defer close(p.done)
	var bar *progressbar.ProgressBar
	for tick := time.Tick(time.Second); ; {
		select {
		case <-tick:
		case <-p.quit:
			if bar != nil {
				_ = bar.Clear()
			}
			return
		}
		if bar == nil {
			size := run.Size.Load()
			if size == 0 {
				size = -1 // not known
			}
			bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(w),
				progressbar.OptionSetDescription("reading"), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set64(run.Read.Load()) // a terminal that cannot be written to is no reason to fail
	}
}

// stop removes the line.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.quit)
	<-p.done
}
