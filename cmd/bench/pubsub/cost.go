package main

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// meter measures the CPU that a process and the server use from a moment on.
type meter struct {
	pids [2]int // of the process and of the server
	from [2]time.Duration
}

// meter returns a meter of now.
func (s *server) meter(pid int) meter { return meter{pids: [2]int{pid, s.cmd.Process.Pid}}.again() }

// again returns the same meter of now.
func (m meter) again() meter {
	for i, pid := range m.pids {
		m.from[i] = cpuTime(pid)
	}
	return m
}

// since returns what was used.
func (m meter) since() (used [2]time.Duration) {
	for i, pid := range m.pids {
		used[i] = cpuTime(pid) - m.from[i]
	}
	return used
}

// clockTick is the unit of times in /proc, which Linux has for all programs.
const clockTick = 10 * time.Millisecond

// cpuTime returns the CPU time of a process so far, 0 where the system does not
// tell.
func cpuTime(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // without it there is no figure
	_, fields, ok := bytes.Cut(text, []byte(") "))
	if !ok {
		return 0
	}
	var user, system time.Duration
	if columns := bytes.Fields(fields); len(columns) > 12 {
		_, _ = fmt.Sscan(string(columns[11]), &user)
		_, _ = fmt.Sscan(string(columns[12]), &system)
	}
	return (user + system) * clockTick
}

// cost is the CPU in microseconds a message, of each round, of a process and of the
// server.
type cost [2][]float64

func (c *cost) add(used [2]time.Duration, messages int) {
	for i, u := range used {
		c[i] = append(c[i], float64(u.Microseconds())/float64(messages))
	}
}

// String returns two cells of a table.
func (c cost) String() string { return spread("%.1f", c[0]) + " | " + spread("%.1f", c[1]) }
