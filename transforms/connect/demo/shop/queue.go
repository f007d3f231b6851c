package shop

// delivery is an event that is still to come.
type delivery struct {
	at    int64 // when it arrives, ms
	time  int64 // when it happened, ms
	order int64 // number of the order, from 1
	kind  kind
	fail  uint8 // the number of a failure, from 1; 0: it is none
}

// kind is what happens to an order.
type kind uint8

const (
	created kind = iota
	paid
	failed
	retried
	cancelled
)

// types are the types of events by kind.
var types = [...]string{created: "create", paid: "pay", failed: "fail", retried: "retry", cancelled: "cancel"}

// queue holds deliveries, the next one first: a heap with four children a node,
// which are one or two cache lines. Deliveries of the same time leave in an
// order that depends on nothing but the order of the calls.
type queue []delivery

func (q *queue) push(d delivery) {
	*q = append(*q, d)
	h := *q
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if h[parent].at <= d.at {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = d
}

// pop takes the first delivery out of a queue that is not empty.
func (q *queue) pop() delivery {
	h := *q
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	i := 0
	for {
		least := 4*i + 1
		if least >= len(h) {
			break
		}
		for child := least + 1; child < min(4*i+5, len(h)); child++ {
			if h[child].at < h[least].at {
				least = child
			}
		}
		if last.at <= h[least].at {
			break
		}
		h[i] = h[least]
		i = least
	}
	if len(h) > 0 {
		h[i] = last
	}
	return first
}
