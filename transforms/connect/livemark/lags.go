package livemark

import "time"

// lags are in the order of time, each larger than all that follow. So the first one is
// the worst, also when those before it are forgotten.
type lags []lag

type lag struct {
	seen   time.Time
	behind time.Duration
}

func (l *lags) saw(now time.Time, behind time.Duration) {
	rest := *l
	for n := len(rest); n > 0 && rest[n-1].behind <= behind; n-- {
		rest = rest[:n-1]
	}
	*l = append(rest, lag{now, behind})
}

// forget drops those that were seen before a time.
func (l *lags) forget(before time.Time) {
	for len(*l) > 0 && (*l)[0].seen.Before(before) {
		*l = (*l)[1:]
	}
}

// worst returns the largest, 0 where there is none.
func (l lags) worst() time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[0].behind
}
