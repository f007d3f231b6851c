package main

import (
	"fmt"
	"slices"
	"strings"
)

// table returns the figures of a series in Markdown.
func table(s series) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | events/s | CPU s per million events | peak MiB |\n", s.axis)
	b.WriteString("|---:|---:|---:|---:|\n")
	for _, p := range s.points {
		rate, cpu, memory := spreadOf(p.runs, figures.ofRate), spreadOf(p.runs, figures.ofCPU), spreadOf(p.runs, figures.ofMemory)
		fmt.Fprintf(&b, "| %s | %.0f (%.0f-%.0f) | %.2f | %.0f |\n", s.label(p), rate.median, rate.least, rate.most, cpu.median, memory.median)
	}
	return b.String()
}

func (f figures) ofRate() float64   { return f.rate }
func (f figures) ofCPU() float64    { return f.cpu }
func (f figures) ofMemory() float64 { return f.memory }

// spread is what some runs have of a figure. The median is the middle one, or the
// mean of the middle two.
type spread struct{ least, median, most float64 }

func spreadOf(runs []figures, of func(figures) float64) spread {
	var sorted []float64
	for _, f := range runs {
		sorted = append(sorted, of(f))
	}
	slices.Sort(sorted)
	n := len(sorted)
	return spread{least: sorted[0], median: (sorted[(n-1)/2] + sorted[n/2]) / 2, most: sorted[n-1]}
}
