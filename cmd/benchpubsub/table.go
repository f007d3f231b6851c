package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
)

// spread returns the median of some numbers, and where there are several the least
// and the largest.
func spread(format string, numbers []float64) string {
	text := fmt.Sprintf(format, percentile(numbers, 50))
	if len(numbers) > 1 {
		text += fmt.Sprintf(" ("+format+"-"+format+")", slices.Min(numbers), slices.Max(numbers))
	}
	return text
}

// percentile returns the number that p per cent are not above.
func percentile(numbers []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// machine says what this runs on.
func machine() string {
	cpu := field("/proc/cpuinfo", "model name")
	if cpu == "" {
		cpu = "unknown processor"
	}
	text := fmt.Sprintf("%s, %d cores, ", cpu, runtime.NumCPU())
	var kib float64
	if n, _ := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%f kB", &kib); n == 1 {
		text += fmt.Sprintf("%.0f GiB, ", kib/(1<<20))
	}
	return text + runtime.GOOS + "/" + runtime.GOARCH
}

// field returns the first value of a name in a file of "name: value" lines, or "".
func field(path, name string) string {
	text, _ := os.ReadFile(path) // other systems have no such file
	for line := range bytes.Lines(text) {
		if key, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(key)) == name {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
