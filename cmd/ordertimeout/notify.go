package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"ordertimeout/transforms/process"
)

// notifier tells the service manager how the process is, by the protocol of sd_notify(3):
// READY=1 once the input is read, WATCHDOG=1 while the process is alive, and STOPPING=1 at
// a stop. A nil one tells nobody.
type notifier struct {
	run *process.Run
	// alive returns once the process has shown that it is alive, as for /livez. While it
	// does not return, no watchdog message is sent.
	alive func()
	// every is how often the manager wants to hear that the process is alive. Zero: never.
	every time.Duration
	// send sends a message to the manager.
	send func(state string) error

	quit chan struct{}
	told sync.WaitGroup // what is told in the background
}

// startNotifier tells the manager whose socket NOTIFY_SOCKET names, until stop is called.
// Where there is none it returns nil. The error names the variable that is wrong.
func startNotifier(run *process.Run, alive func(), log journal) (*notifier, error) {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return nil, nil
	}
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return nil, usageError{fmt.Errorf("WATCHDOG_USEC %s: want microseconds, more than 0", os.Getenv("WATCHDOG_USEC"))}
	}
	n := &notifier{run: run, alive: alive, every: limit / 2, quit: make(chan struct{})}
	var once sync.Once
	n.send = func(state string) error {
		_, err := daemon.SdNotify(false, state)
		if err != nil { // the run goes on; where its manager ends it, this says why
			once.Do(func() { log.warn("NOTIFY_SOCKET: %s was not told: %v", state, err) })
		}
		return err
	}
	n.told.Go(func() { n.tellOnce(run.Begun(), daemon.SdNotifyReady) })
	n.told.Go(func() { n.tellOnce(run.Stopping(), daemon.SdNotifyStopping) })
	if n.every > 0 {
		n.told.Go(func() {
			ticker := time.NewTicker(n.every)
			defer ticker.Stop()
			n.tellAlive(ticker.C)
		})
	}
	return n, nil
}

// tellOnce tells what has happened once it has, also to the end of a short run: without
// READY=1 its manager takes that for a failure.
func (n *notifier) tellOnce(happened <-chan struct{}, state string) {
	select {
	case <-happened:
	case <-n.quit:
		select {
		case <-happened:
		default:
			return
		}
	}
	_ = n.send(state)
}

// tellAlive tells at each tick that the process is alive.
func (n *notifier) tellAlive(tick <-chan time.Time) {
	for {
		select {
		case <-tick:
			n.alive()
			_ = n.send(daemon.SdNotifyWatchdog)
		case <-n.quit:
			return
		}
	}
}

// moreTime is for how much longer a start or a stop may go on by one message.
const moreTime = 15 * time.Second

// atWork does what takes as long as it takes, such as writing a file to its end, and asks
// the manager each second for time, so that it does not end the process meanwhile.
func (n *notifier) atWork(work func() error) error {
	if n == nil {
		return work()
	}
	done := make(chan struct{})
	n.told.Go(func() {
		for ticker := time.NewTicker(time.Second); ; {
			n.extend()
			select {
			case <-ticker.C:
			case <-done:
				ticker.Stop()
				return
			}
		}
	})
	defer close(done)
	return work()
}

// extend asks the manager for more time to start or to stop.
func (n *notifier) extend() {
	if n != nil {
		_ = n.send(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", moreTime.Microseconds()))
	}
}

// stop ends the telling, once what is being told is told.
func (n *notifier) stop() {
	if n != nil {
		close(n.quit)
		n.told.Wait()
	}
}
