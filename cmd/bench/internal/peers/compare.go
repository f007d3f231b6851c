package peers

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Compare writes a log into dir for each time to pay, measures the jobs that jobsOf
// gives for it, and prints their table. It returns the Versions of the last log's jobs.
func Compare(ctx context.Context, dir string, set Settings, jobsOf func(log string, within time.Duration) ([]Job, error)) (versions string, err error) {
	log := filepath.Join(dir, "orders.jsonl")
	for _, within := range set.Within {
		if err := writeLog(ctx, dir, log, set.Events, within); err != nil {
			return "", err
		}
		jobs, err := jobsOf(log, within)
		if err != nil {
			return "", err
		}
		open, err := measure(ctx, jobs, set)
		if err != nil {
			return "", fmt.Errorf("%v to pay: %w", within, err)
		}
		fmt.Printf("%d events, %v to pay: up to %d orders open\n\n%s\n", set.Events, within, open, table(jobs))
		for _, j := range jobs {
			versions = cmp.Or(j.Versions, versions)
		}
	}
	return versions, nil
}

// measure runs the jobs in rounds, one after the other in each, so that what else
// the machine does meets them alike. It compares the outcomes of the first round,
// and returns how many orders were open at a time at most.
func measure(ctx context.Context, jobs []Job, set Settings) (open int, err error) {
	for round := range set.Rounds {
		for i := range jobs {
			if err := jobs[i].Run(ctx, set.Events); err != nil {
				return 0, err
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s: %.0f events/s\n", round+1, set.Rounds, jobs[i].Name, jobs[i].Whole[round].Rate)
		}
		if round == 0 {
			if open, err = compare(jobs); err != nil {
				return 0, err
			}
		}
	}
	return open, nil
}
