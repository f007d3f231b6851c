package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// layers are the benchmarks of single layers, in the order in which an event meets
// them. Each is a Go benchmark, whose time is that of one event: its ns/event if
// it has one, else its ns/op.
var layers = []struct{ what, packages, benchmark string }{
	{"decode a line of JSON", "./transforms/order", "BenchmarkJSON"},
	{"read, decode and stamp", "./transforms/connect/files", "BenchmarkRead/f.jsonl"},
	{"the same from CSV", "./transforms/connect/files", "BenchmarkRead/f.csv"},
	{"encode into a batch, compression included", "./transforms/shard", "BenchmarkBatch"},
	{"the pattern's step alone", "./transforms/cep", "BenchmarkStep"},
	{"a shard: unpack, look up, step, expire", "./transforms/shard", "BenchmarkShard"},
	{"format an outcome", "./transforms/order", "BenchmarkOutcomeJSON"},
	{"a message of Pub/Sub: hold and acknowledge it", "./transforms/connect/pubsub/lease", "BenchmarkHeld"},
}

// benchLayers runs them in the module of the folder root, and prints a table.
func benchLayers(root string) error {
	fmt.Println("| layer | ns per event |")
	fmt.Println("|---|---:|")
	for _, l := range layers {
		ns, err := benchLayer(root, l.packages, l.benchmark)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.0f |\n", l.what, ns)
	}
	fmt.Println()
	return nil
}

func benchLayer(root, packages, benchmark string) (ns float64, err error) {
	pattern := "^" + strings.ReplaceAll(benchmark, "/", "$/^") + "$"
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", pattern, packages)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w: %s", packages, benchmark, err, out)
	}
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		for _, unit := range []string{"ns/event", "ns/op"} {
			for i := 1; i < len(fields) && strings.HasPrefix(fields[0], "Benchmark"); i++ {
				if fields[i] == unit {
					return strconv.ParseFloat(fields[i-1], 64)
				}
			}
		}
	}
	return 0, fmt.Errorf("%s has no %s", packages, benchmark)
}
