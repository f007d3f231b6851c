package syntax

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// day is what a "d" stands for.
const day = 24 * time.Hour

var errDuration = errors.New("want a duration such as 10m, 1h30m or 2d")

// ParseDuration reads a duration as Go writes it, such as 1h30m, or whole days, such as
// 2d. The error, without a prefix, says what is wanted.
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 63)
		if err != nil || n > uint64(math.MaxInt64/day) {
			return 0, errDuration
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errDuration
	}
	return d, nil
}

// FormatDuration is d.String without zero units at its end: 10m, not 10m0s.
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// validWindow reports whether d can be a window: whole milliseconds, at least one.
func validWindow(d time.Duration) bool { return d >= time.Millisecond && d%time.Millisecond == 0 }
