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
func Compare(ctx context.Context, dir string, set Settings, q Question, jobsOf func(log string, within time.Duration) ([]Job, error)) (versions string, err error) {
	log := filepath.Join(dir, "orders.jsonl")
	for _, within := range set.Within {
		if err := writeLog(ctx, dir, log, set.Events, within, q.log()); err != nil {
			return "", err
		}
		jobs, err := jobsOf(log, within)
		if err != nil {
			return "", err
		}
		found, err := measure(ctx, jobs, set, q)
		if err != nil {
			return "", fmt.Errorf("%s: %w", q.Text(within), err)
		}
		fmt.Printf("`%s`, %d events: %s\n\n%s\n", q.Text(within), set.Events, found.describe(q), table(jobs))
		for _, j := range jobs {
			versions = cmp.Or(j.Versions, versions)
		}
	}
	return versions, nil
}

// measure runs the jobs in rounds, one after the other in each, so that what else
// the machine does meets them alike. It compares the outcomes of the first round,
// and returns what they are.
func measure(ctx context.Context, jobs []Job, set Settings, q Question) (all found, err error) {
	for round := range set.Rounds {
		for i := range jobs {
			if err := jobs[i].Run(ctx, set.Events); err != nil {
				return found{}, err
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s: %.0f events/s\n", round+1, set.Rounds, jobs[i].Name, jobs[i].Whole[round].Rate)
		}
		if round == 0 {
			if all, err = compare(jobs, q.Events); err != nil {
				return found{}, err
			}
		}
	}
	return all, nil
}
