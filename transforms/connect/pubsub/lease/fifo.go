package lease

// fifo is a queue. It keeps its memory where a slice that is cut at its front copies
// what it has whenever it grows at its end.
type fifo[T any] struct {
	ring    []T // its size is a power of two
	head, n int
}

func (q *fifo[T]) push(v T) {
	if q.n == len(q.ring) {
		ring := make([]T, max(64, 2*len(q.ring)))
		copy(ring[copy(ring, q.ring[q.head:]):], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = v
	q.n++
}

// first returns the first of the queue, which is not empty.
func (q *fifo[T]) first() *T { return &q.ring[q.head] }

// pop takes the first out.
func (q *fifo[T]) pop() T {
	var none T
	v := q.ring[q.head]
	q.ring[q.head] = none
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return v
}
