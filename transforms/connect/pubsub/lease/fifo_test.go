package lease

import (
	"math/rand/v2"
	"testing"
)

func TestFifoGivesWhatItGotInOrder(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	var q fifo[int]
	in, out := 0, 0
	for range 10_000 {
		for range dice.IntN(4) {
			q.push(in)
			in++
		}
		for n := dice.IntN(4); n > 0 && q.n > 0; n-- {
			first := *q.first()
			if got := q.pop(); first != out || got != out {
				t.Fatalf("first %d, then %d, want %d", first, got, out)
			}
			out++
		}
		if q.n != in-out {
			t.Fatalf("it has %d, want %d", q.n, in-out)
		}
	}
}
