package peers

import (
	"fmt"
	"slices"
	"strings"
)

// table returns the figures of the jobs in Markdown. The first job is the one that
// the others are compared with, round by round: by their own clocks, which leave
// out what it takes a JVM to start, while nothing of the first job is left out.
func table(jobs []Job) string {
	var b strings.Builder
	b.WriteString("| job | events/s | CPU s per million | peak memory | events/s of ordertimeout to it |\n")
	b.WriteString("|---|---:|---:|---:|---:|\n")
	for i, j := range jobs {
		if i == 0 {
			row(&b, j.Name, j.Whole, "")
			continue
		}
		var ratios []float64
		for round := range j.Own {
			ratios = append(ratios, jobs[0].Whole[round].Rate/j.Own[round].Rate)
		}
		row(&b, j.Name+", from its first event", j.Own, fmt.Sprintf("%.2f (%.2f-%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios)))
		row(&b, j.Name+", whole process", j.Whole, "")
	}
	return b.String()
}

func row(b *strings.Builder, name string, runs []Figures, ratio string) {
	var rates, cpu, memory []float64
	for _, f := range runs {
		rates, cpu, memory = append(rates, f.Rate), append(cpu, f.CPU), append(memory, f.Memory)
	}
	fmt.Fprintf(b, "| %s | %.0f (%.0f-%.0f) | %.1f | %.0f MiB | %s |\n",
		name, median(rates), slices.Min(rates), slices.Max(rates), median(cpu), median(memory), ratio)
}

// median returns the middle one of some numbers, or the mean of the middle two.
func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
