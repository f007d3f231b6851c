package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// usualMemory is what the process may take before the collector works harder to
// stay below it, in bytes.
const usualMemory = 768 << 20

// tuneMemory sets the collector for many small live objects, which are the open
// orders. It collects half as often as usual, for less CPU. The price is memory, and
// peaks by chance, so memory is limited: to usualMemory, or to twice what is alive where
// that is more. The variables of the Go runtime, GOGC or GOMEMLIMIT, turn it off.
//
// Samples for a profile of memory cost CPU. None are taken, unless Google's profiler
// wants them, which a worker on Dataflow may start (Beam 2.77.0,
// core/runtime/harness/harness.go:87).
func tuneMemory() {
	if os.Getenv("CLOUD_PROF_JOB_NAME") == "" {
		runtime.MemProfileRate = 0
	}
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(usualMemory)
	go func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for range time.Tick(500 * time.Millisecond) {
			metrics.Read(live)
			debug.SetMemoryLimit(max(usualMemory, int64(2*live[0].Value.Uint64())))
		}
	}()
}
