package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// patterns have the same outcomes on a log of the shop, where each amount is 5 or more. So
// they differ by what the engine does alone. The first one is what the others are compared
// with. A window of a link is none that a table knows: such a pattern is run by the machine
// that runs every pattern.
var patterns = []struct{ what, text string }{
	{"two steps", "create followedBy pay within 10m"},
	{"with a condition", "create[amount > 1] followedBy pay within 10m"},
	{"with conditions that compare two events", "create followedBy pay[amount == create.amount] within 10m"},
	{"by the machine, not by a table", "create followedBy within 10m pay within 10m"},
}

// benchPatterns runs the patterns on one log, in turns, and prints a table. What a pattern
// takes more than the first one is the median of the differences of the rounds. It fails
// where a pattern has other outcomes than the first one.
func benchPatterns(dir string, events, rounds int) error {
	l := load{name: "patterns", events: events, within: 10 * time.Minute}
	input := filepath.Join(dir, "orders.jsonl")
	if err := l.write(dir, input); err != nil {
		return err
	}
	runs := make([][]figures, len(patterns))
	more := make([][]figures, len(patterns))
	for range rounds {
		for i, p := range patterns {
			f, err := l.run(dir, input, "-pattern", p.text)
			if err != nil {
				return fmt.Errorf("%s: %w", p.text, err)
			}
			runs[i] = append(runs[i], f)
			base := runs[0][len(runs[0])-1]
			if f.runs != base.runs {
				return fmt.Errorf("%s: got %q, want what %s has: %q", p.text, f.runs, patterns[0].text, base.runs)
			}
			more[i] = append(more[i], figures{cpu: f.cpu - base.cpu})
		}
	}
	million := float64(events) / 1e6
	fmt.Println("| pattern | text | events/s | CPU s per million | more than the first | peak memory |")
	fmt.Println("|---|---|---:|---:|---:|---:|")
	for i, p := range patterns {
		fmt.Printf("| %s | `%s` | %.0f | %.2f | %.2f | %.0f MiB |\n", p.what, p.text,
			float64(events)/median(runs[i], func(f figures) float64 { return f.seconds }),
			median(runs[i], func(f figures) float64 { return f.cpu })/million,
			median(more[i], func(f figures) float64 { return f.cpu })/million,
			median(runs[i], func(f figures) float64 { return float64(f.memory) })/(1<<20))
	}
	return nil
}
