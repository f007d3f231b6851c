package process

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in milliseconds, in four buckets for each power of two,
// so that a quantile is known to a fourth.
type histogram struct {
	buckets [4 * 64]int64
	count   int64
	max     int64 // milliseconds
}

// maxMillis is the longest that a time.Duration can be.
const maxMillis = math.MaxInt64 / int64(time.Millisecond)

// add adds a duration; one below zero counts as zero, one above maxMillis as that.
func (h *histogram) add(ms int64) {
	ms = min(max(ms, 0), maxMillis)
	h.buckets[bucketOf(ms)]++
	h.count++
	h.max = max(h.max, ms)
}

// bucketOf returns the bucket of a duration: below 4 its value, above that its leading
// bit and the two bits behind it.
func bucketOf(ms int64) int {
	if ms < 4 {
		return int(ms)
	}
	n := bits.Len64(uint64(ms)) - 3
	return 4*(n+1) + int(ms>>n)&3
}

// topOf returns the longest duration of a bucket.
func topOf(bucket int) int64 {
	if bucket < 4 {
		return int64(bucket)
	}
	n := bucket/4 - 1
	return (int64(4+bucket%4)+1)<<n - 1
}

// longest returns the longest duration.
func (h *histogram) longest() time.Duration { return time.Duration(h.max) * time.Millisecond }

// within returns a duration that a share of all, 0 to 1, do not exceed.
func (h *histogram) within(part float64) time.Duration {
	want, sum := part*float64(h.count), int64(0)
	for i, n := range h.buckets {
		if sum += n; n > 0 && float64(sum) >= want {
			return time.Duration(min(topOf(i), h.max)) * time.Millisecond
		}
	}
	return 0
}
