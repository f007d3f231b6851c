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
// what is alive where that is more (two and a half times took 900 bytes a further
// open order, and less CPU by no more than could be told from noise). The
// variables of the Go runtime, GOGC or GOMEMLIMIT, turn it off.
func tuneMemory() {
	runtime.MemProfileRate = 0 // no profile of it can be asked for, and samples cost 1 to 3 % of the CPU
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
