package shard

// AfterTick returns the first tick after a place in time: the one that applies
// an event at that place.
func AfterTick(at, tick int64) int64 { return FloorTick(at, tick) + tick }

// UpToTick returns the first tick at a deadline or after it: the one that
// expires it.
func UpToTick(deadline, tick int64) int64 { return AfterTick(deadline-1, tick) }

// FloorTick returns the last tick at a time or before it.
func FloorTick(at, tick int64) int64 {
	r := at % tick
	if r < 0 {
		r += tick
	}
	return at - r
}

// tickHeap is a binary heap of distinct ticks, the smallest first. Its size is
// the number of ticks with something to do, so its cost is not felt.
type tickHeap []int64

func (h *tickHeap) push(tick int64) {
	*h = append(*h, tick)
	a := *h
	for i := len(a) - 1; i > 0 && a[i] < a[(i-1)/2]; i = (i - 1) / 2 {
		a[i], a[(i-1)/2] = a[(i-1)/2], a[i]
	}
}

func (h *tickHeap) pop() int64 {
	a := *h
	top, n := a[0], len(a)-1
	a[0] = a[n]
	a = a[:n]
	*h = a
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < n && a[c+1] < a[c] {
			c++
		}
		if c >= n || a[i] <= a[c] {
			return top
		}
		a[i], a[c] = a[c], a[i]
		i = c
	}
}
