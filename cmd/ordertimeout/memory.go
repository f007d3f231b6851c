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
// orders: half as many collections as usual take 15 % off a run's CPU. The price
// is memory, and peaks by chance, so that is limited: to usualMemory, or to twice
// what is alive where that is more: with two and a quarter times as much a run took no
// less CPU that could be told from noise. The variables of the Go runtime, GOGC or
// GOMEMLIMIT, turn it off.
//
// Samples for a profile of memory cost 1 to 3 % of the CPU, so none are taken, unless
// Google's profiler, which a worker on Dataflow may start (Beam 2.77.0,
// core/runtime/harness/harness.go:87), is to have them.
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
