package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/process"
)

// stopOnSignal lets the first SIGINT, SIGTERM or SIGHUP end the input, so that all that
// is decided is delivered, and the second one end the process. A closed pipe is
// to be an error of the write and not a silent death, so SIGPIPE is ignored. That holds to
// the end of the process: a signal that comes as it ends does not change how it does.
func stopOnSignal(run *process.Run, log journal) {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup lets it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		first := <-signals
		at := time.Now()
		log.info("%v: stopping; once more to end at once", first)
		run.Stop()
		for s := range signals {
			if !sameStop(first, s, time.Since(at)) {
				os.Exit(exitInterrupted)
			}
		}
	}()
}

// openOutputs opens the outputs of a run. A pipe among them waits for its reader, and a
// stop does not.
func openOutputs(run *process.Run, targets []localfile.Target) (*localfile.Set, error) {
	type opened struct {
		set *localfile.Set
		err error
	}
	done := make(chan opened, 1)
	go func() {
		set, err := localfile.Open(run, targets...)
		done <- opened{set, err}
	}()
	select {
	case o := <-done:
		return o.set, o.err
	case <-run.Stopping():
	}
	select {
	case o := <-done:
		return o.set, o.err
	case <-time.After(time.Second):
		return nil, errors.New("stopped before the start: an output is a pipe that nobody reads")
	}
}

// sameStop reports whether a signal that comes so long after the first one asks for the
// same stop: who stops a group of processes signals some of them twice, a terminal that is
// closed sends SIGHUP by the kernel and by the shell, and systemd sends it after SIGTERM.
func sameStop(first, next os.Signal, after time.Duration) bool {
	return next == syscall.SIGHUP || next == first && after < time.Second
}

// tellWriting says each second of a stop how much of the open orders is written, and that
// the carry file is; the keeper may be nil. They are written to their end, however long it
// takes, and whoever stopped the run waits.
func tellWriting(run *process.Run, outputs *localfile.Set, open string, keeper *carry.Keeper, manager *notifier, log journal) (done func()) {
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
				manager.extend()
				log.info("still writing %s: %d bytes", open, n)
			}
			if keeper != nil && keeper.Writing() {
				manager.extend()
				log.info("still writing the carry file")
			}
		}
	}()
	return func() { close(ended) }
}
