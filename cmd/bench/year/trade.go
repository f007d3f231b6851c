package main

import (
	"bufio"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"ordertimeout/transforms/order"
)

// What happens to orders. Each event arrives up to delay after its time, and one in a
// hundred arrives once more.
const (
	pattern = "create followedBy pay within 10m"
	within  = 10 * time.Minute
	delay   = 4 * time.Second // less than the default of -disorder
	users   = 100_000
)

// first is the first moment of the first day.
var first = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

const dayMillis = int64(24 * time.Hour / time.Millisecond)

// trade makes the events of orders day by day, and knows what is to come of each order.
type trade struct {
	rnd     *rand.Rand
	perDay  int
	orders  int
	events  int
	arrived arrivals // what has happened and is to arrive
	wanted  tally
}

// newTrade returns a trade of so many events a day.
func newTrade(seed uint64, perDay int) *trade {
	return &trade{rnd: rand.New(rand.NewPCG(seed, 1)), perDay: perDay, wanted: tally{}}
}

// arrival is a line of the log, and when it arrives in milliseconds.
type arrival struct {
	at   int64
	line string
}

type arrivals []arrival

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].at < a[j].at }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// write writes what arrives on a day.
func (t *trade) write(path string, day int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	begin := first + int64(day)*dayMillis
	orders := max(1, t.perDay*100/183) // an order has 1.83 events
	for n := range orders {
		created := begin + int64(n)*dayMillis/int64(orders)
		t.order(created)
		for len(t.arrived) > 0 && t.arrived[0].at <= created {
			t.events++
			fmt.Fprintln(w, heap.Pop(&t.arrived).(arrival).line)
		}
	}
	return w.Flush()
}

// order makes an order: four of five are paid in time, one in fifty too late, and the others
// not at all.
func (t *trade) order(created int64) {
	t.orders++
	key := order.Key(fmt.Sprint("u", t.rnd.IntN(users)), fmt.Sprint("o", t.orders))
	t.happen(key, "create", created)
	id := order.OutcomeID(pattern, key, created, "")
	deadline := created + within.Milliseconds()
	switch chance := t.rnd.IntN(100); {
	case chance < 80:
		paid := created + 1 + t.rnd.Int64N(within.Milliseconds()-1)
		t.happen(key, "pay", paid)
		t.wanted.add("success", paid, id)
	case chance < 82:
		t.happen(key, "pay", deadline+t.rnd.Int64N(within.Milliseconds()))
		t.wanted.add("timeout", deadline, id)
	default:
		t.wanted.add("timeout", deadline, id)
	}
}

// happen lets an event arrive, once or twice.
func (t *trade) happen(key, typ string, at int64) {
	user, id, err := order.SplitKey(key)
	if err != nil {
		panic(err) // it is of order.Key
	}
	line := fmt.Sprintf(`{"orderId":%q,"userId":%q,"type":%q,"time":%d,"total":"17.90 EUR"}`, id, user, typ, at)
	for range 1 + boolToInt(t.rnd.IntN(100) == 0) {
		heap.Push(&t.arrived, arrival{at + t.rnd.Int64N(delay.Milliseconds()), line})
	}
}
