package peers

import (
	"fmt"
	"os"
	"strings"
)

// usage is what a process has taken so far.
type usage struct {
	cpu    float64 // seconds, of user and system
	memory float64 // peak of the resident set, in MiB
}

// serverUsage returns the usage of a process that runs, or none of process 0. Only
// Linux tells it.
func serverUsage(pid int) (usage, error) {
	if pid == 0 {
		return usage{}, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, err
	}
	return parseUsage(string(stat), string(status))
}

// ticks are those of the times in /proc, a second: 100 on every platform that Go
// runs on, whatever the kernel's own.
const ticks = 100

// parseUsage reads /proc/PID/stat and /proc/PID/status, as in proc(5).
func parseUsage(stat, status string) (u usage, err error) {
	rest := stat[strings.LastIndexByte(stat, ')')+1:] // the name before it may have spaces
	var user, system, kib float64
	if fields := strings.Fields(rest); len(fields) > 12 {
		_, err = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
	} else {
		err = fmt.Errorf("%d fields", len(fields))
	}
	if err != nil {
		return u, fmt.Errorf("got %q, want the times of a process: %w", stat, err)
	}
	_, peak, _ := strings.Cut(status, "\nVmHWM:")
	if _, err := fmt.Sscan(peak, &kib); err != nil {
		return u, fmt.Errorf("got %q, want the memory of a process: %w", status, err)
	}
	return usage{cpu: (user + system) / ticks, memory: kib / 1024}, nil
}
