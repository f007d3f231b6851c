package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ordertimeout/transforms/live"
	"ordertimeout/transforms/sink"
)

// stopOnSignal lets the first SIGINT, SIGTERM or SIGHUP end the input, so that all that
// is decided is delivered, and the second one end the process. A closed pipe is
// to be an error of the write and not a silent death, so SIGPIPE is ignored.
func stopOnSignal(run *live.Run, stderr io.Writer) (stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup lets it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for first := true; ; first = false {
			s, ok := <-signals
			if !ok {
				return
			}
			if !first {
				os.Exit(exitInterrupted)
			}
			fmt.Fprintf(stderr, "ordertimeout: %v: stopping; once more to end at once\n", s)
			run.Stop()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

// tellWriting says each second of a stop how much of the open orders is written. They
// are written to their end, however long it takes, and whoever stopped the run waits.
func tellWriting(run *live.Run, outputs *sink.Set, open string, stderr io.Writer) (done func()) {
	ended := make(chan struct{})
	go func() {
		select {
		case <-run.Stopping():
		case <-ended:
			return
		}
		for tick := time.Tick(time.Second); ; {
			select {
			case <-tick:
			case <-ended:
				return
			}
			if n := outputs.Written(open); n > 0 {
				fmt.Fprintf(stderr, "ordertimeout: still writing %s: %d bytes\n", open, n)
			}
		}
	}()
	return func() { close(ended) }
}
