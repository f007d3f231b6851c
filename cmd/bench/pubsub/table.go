package main

import (
	"fmt"
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
