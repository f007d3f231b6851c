package jobserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Workers returns the worker processes that a process has started, a task manager or
// a job server, through an ordertimeout-boot. Only Linux tells them.
func Workers(pid int) (workers []int, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("jobserver: %w", err)
	}
	parents := map[int]int{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		_, rest, _ := strings.Cut(string(text), ") ") // the name may have spaces
		if fields := strings.Fields(rest); len(fields) > 1 {
			parents[child], _ = strconv.Atoi(fields[1])
		}
	}
	for child, parent := range parents {
		if parents[parent] == pid {
			workers = append(workers, child)
		}
	}
	return workers, nil
}
