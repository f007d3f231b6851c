package main

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// defaultMaxStall is the -max-stall of who sets none.
const defaultMaxStall = 5 * time.Minute

// health says whether a run works: whether it has a watermark, and that moves on. A run
// of files or of a pipe, which has none of its own, works while events are read or worked.
type health struct {
	run  *process.Run
	plan pipeline.Plan
	// live says that the input never ends and follows the clock.
	live bool
	// maxStall (-max-stall) is how long nothing may move. Zero: for ever.
	maxStall time.Duration
	now      func() time.Time

	mu    sync.Mutex
	seen  map[string]int64 // what is to move, as it was when it last did
	since time.Time        // when that was
}

func newHealth(run *process.Run, p pipeline.Plan, maxStall time.Duration) *health {
	return &health{run: run, plan: p, live: p.Live, maxStall: maxStall, now: time.Now}
}

// bytesRead is the name, among the figures that are to move, of the bytes of input.
const bytesRead = "bytes"

// figures returns what is to move: nothing before anything has happened.
func (h *health) figures() map[string]int64 {
	counters := h.run.Counters()
	if w, known := counters[count.WatermarkTime]; known {
		return map[string]int64{count.WatermarkTime: w}
	}
	if h.live {
		return nil
	}
	if n := h.run.Read.Load(); n > 0 {
		counters[bytesRead] = n
	}
	return counters
}

// look notes whether something has moved, and returns the figures and for how long
// they are what they are.
func (h *health) look() (figures map[string]int64, stands time.Duration) {
	figures = h.figures()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if h.since.IsZero() || !maps.Equal(figures, h.seen) {
		h.seen, h.since = figures, now
	}
	return figures, now.Sub(h.since)
}

// lookEvery is how often somebody looks, whether or not anybody asks.
const lookEvery = time.Second

// watch looks at each tick until quit is closed.
func (h *health) watch(tick <-chan time.Time, quit <-chan struct{}) {
	for {
		h.look()
		select {
		case <-tick:
		case <-quit:
			return
		}
	}
}

// fault returns in a line why the run does not work, or "".
func (h *health) fault() string {
	figures, stands := h.look()
	w, known := figures[count.WatermarkTime]
	stalled := h.maxStall > 0 && stands > h.maxStall
	switch err := h.run.Err(); {
	case err != nil:
		return err.Error()
	case h.run.Stopped():
		return "stopping"
	case len(figures) == 0 && h.live:
		return "there is no watermark yet"
	case len(figures) == 0:
		return "nothing is read yet"
	case stalled && known:
		return fmt.Sprintf("the watermark stands at %s for %v: more than -max-stall %v", order.FormatTime(w), stands.Truncate(time.Second), h.maxStall)
	case stalled:
		return fmt.Sprintf("nothing is read or worked for %v: more than -max-stall %v", stands.Truncate(time.Second), h.maxStall)
	}
	return ""
}

// ServeHTTP answers 200, or 503 with the fault.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	status, text := http.StatusOK, "ok"
	if fault := h.fault(); fault != "" {
		status, text = http.StatusServiceUnavailable, fault
	}
	say(w, status, text)
}

// alive returns once the process has shown that it is alive, whatever its run does: who
// restarts a process by it does so only where that may help. It takes the figures of the
// run, so that a process in which nothing can be taken any more is silent.
func (h *health) alive() { h.look() }

// serveAlive answers that the process is alive.
func (h *health) serveAlive(w http.ResponseWriter, _ *http.Request) {
	h.alive()
	say(w, http.StatusOK, "alive")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
