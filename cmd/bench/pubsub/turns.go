package main

import (
	"fmt"
	"os"
)

// row is one of those that are compared in a table.
type row struct {
	name string
	// turn measures it once, adds what it costs, and returns the events a second.
	turn func(*cost) (float64, error)

	rates  []float64
	ratios [2][]float64 // of its rate to that of the first and the second row in the same round
	cost   cost
}

// takeTurns measures rows in turn, another one first in each round, so that what else
// the machine does meets them alike. Round 0 does not count, and warms the server up: the
// emulator takes twice as long for its first messages as for later ones.
func takeTurns(part string, rounds int, rows []row) error {
	for round := range rounds + 1 {
		rates := make([]float64, len(rows))
		for turn := range rows {
			i := (round + turn) % len(rows)
			var err error
			if rates[i], err = rows[i].turn(&rows[i].cost); err != nil {
				return err
			}
		}
		if round == 0 {
			for i := range rows {
				rows[i].cost = cost{}
			}
			continue
		}
		fmt.Fprintf(os.Stderr, "%s, round %d of %d: %.0f events/s\n", part, round, rounds, rates)
		for i := range rows {
			r := &rows[i]
			r.rates = append(r.rates, rates[i])
			for to := range r.ratios {
				r.ratios[to] = append(r.ratios[to], rates[i]/rates[to])
			}
		}
	}
	return nil
}

// printRows prints the table of some rows, two or more.
func printRows(rows []row) {
	fmt.Print("| | events/s | of the first row's | of the second row's | CPU a message, µs | of the server |\n|---|---:|---:|---:|---:|---:|\n")
	for _, r := range rows {
		fmt.Printf("| %s | %s | %s | %s | %s |\n", r.name, spread("%.0f", r.rates), spread("%.2f", r.ratios[0]), spread("%.2f", r.ratios[1]), r.cost)
	}
	fmt.Println()
}
