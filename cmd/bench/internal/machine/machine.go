// Package machine says what a benchmark ran on, for the line below its figures.
package machine

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
)

// Describe returns the processor, the number of cores, the memory where the system
// tells it, and the platform: "AMD EPYC, 2 cores, 24 GiB, linux/amd64".
func Describe() string {
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
