// Package shop simulates a shop: users who create orders and mostly pay them,
// and the events of it as they arrive, some of them late or twice.
//
// A shop is a function of its Config: the same one gives the same events on
// every machine. Only whole numbers are computed with, since the floating point
// of two machines may differ in the last bit.
package shop

import (
	"math"
	"slices"
	"time"

	"ordertimeout/transforms/order"
)

// Arrival is an event and when it arrives.
type Arrival struct {
	// At is the time of the arrival in milliseconds, on the clock of the event
	// times. An event arrives at its own time or later.
	At int64
	// Event has no ID, Source or Line, and is not stamped. A copy has a Raw of
	// its own.
	Event order.Event
}

// Shop is a running shop. It remembers nothing but the events that are still to
// come for the orders so far: as many as there are within about two times
// Within, or B2BWithin.
type Shop struct {
	within, b2bWithin, disorder, start int64 // ms

	seed                                uint64
	users                               uint64
	paid, paidOrLate, late, repeat, hot threshold
	cancelled, early, b2b               threshold
	fails                               uint64
	interval                            uint64 // ns from an order to the next, on average
	orders                              int64  // created so far
	next                                uint64 // when the next one is, in ns after the start
	coming                              queue
	line                                line
	watch                               func(Fate) // nil: nobody watches
}

// New opens a shop.
func New(c Config) (*Shop, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	events := (1 + c.Paid + c.PaidLate + float64(c.Fails) + c.Cancelled) * (1 + c.Repeat) // of an order
	return &Shop{
		within:     c.Within.Milliseconds(),
		b2bWithin:  c.B2BWithin.Milliseconds(),
		disorder:   c.Disorder.Milliseconds(),
		start:      c.Start.UnixMilli(),
		seed:       c.Seed,
		users:      uint64(c.Users),
		paid:       share(c.Paid),
		paidOrLate: share(c.Paid + c.PaidLate),
		late:       share(c.Late),
		repeat:     share(c.Repeat),
		hot:        share(c.Hot),
		cancelled:  share(c.Cancelled),
		early:      share(c.Early),
		b2b:        share(c.B2B),
		fails:      uint64(c.Fails),
		interval:   uint64(math.Round(float64(time.Second) * events / c.Rate)),
	}, nil
}

// Next returns the next arrival; there is always one. No At is less than the
// one before.
func (s *Shop) Next() Arrival {
	for {
		created := s.start + int64(s.next/uint64(time.Millisecond))
		if len(s.coming) > 0 && s.coming[0].at <= created {
			return s.arrival(s.coming.pop())
		}
		first := s.create(created)
		if first.at == created { // nothing comes before it
			return s.arrival(first)
		}
		s.coming.push(first)
	}
}

// create creates an order. It returns the delivery of its first event and puts
// off the others.
func (s *Shop) create(at int64) delivery {
	s.orders++
	r := s.dice(s.orders)
	s.next += r.below(2*s.interval + 1)

	is := s.trait(s.orders)
	fate := Fate{Created: at, Paid: Never, Cancelled: Never, Deadline: at + is.within}
	chance := r.share()
	first := s.deliver(&r, delivery{at: at, time: at, order: s.orders})
	paidAt := at
	if chance < s.paidOrLate {
		paidAt, fate.Paid = s.payment(&r, at, is, chance < s.paid)
		s.coming.push(s.deliver(&r, delivery{at: paidAt, time: fate.Paid, order: s.orders, kind: paid}))
	}
	if s.fails > 0 || s.cancelled > 0 {
		fate.Cancelled = s.between(&r, at, paidAt, is.within)
	}
	s.tell(fate)
	return first
}

// payment returns when an order that is created at a time is paid, in time or too late,
// and what the payment is stamped.
func (s *Shop) payment(r *dice, at int64, is trait, inTime bool) (paidAt, stamp int64) {
	delay := 1 + r.below(uint64(is.within/2))
	if !inTime {
		delay = uint64(is.within) + r.below(uint64(is.within))
	} else if ahead := min(is.ahead, at-s.start); ahead > 0 { // nothing is before the opening
		return at + 1, at - ahead
	}
	return at + int64(delay), at + int64(delay)
}

// between puts off what else happens to an order that is created at a time and paid at
// another: the same one, if it never is. It returns when the order is cancelled, or Never.
func (s *Shop) between(r *dice, at, paidAt, within int64) int64 {
	times := []int64{paidAt}
	if s.fails > 0 {
		span := paidAt - at
		if span == 0 {
			span = within / 2
		}
		n := min(int64(r.below(s.fails+1)), (span-1)/2)
		for i := range 2 * n {
			t := at + span*(i+1)/(2*n+1)
			d := delivery{at: t, time: t, order: s.orders, kind: retried}
			if i%2 == 0 {
				d.kind, d.fail = failed, uint8(i/2+1)
			}
			times = append(times, t)
			s.coming.push(s.deliver(r, d))
		}
	}
	if r.share() >= s.cancelled {
		return Never
	}
	t := at + 1 + int64(r.below(uint64(within/2)))
	for slices.Contains(times, t) {
		t++
	}
	s.coming.push(s.deliver(r, delivery{at: t, time: t, order: s.orders, kind: cancelled}))
	return t
}

// deliver sets when an event that is sent at d.at arrives, and puts off its copy if it
// has one.
func (s *Shop) deliver(r *dice, d delivery) delivery {
	sent := d.at
	if s.disorder > 0 {
		d.at += int64(r.below(uint64(s.disorder) + 1))
	}
	if s.late > 0 && r.share() < s.late {
		d.at = sent + s.disorder + 1 + int64(r.below(uint64(s.within)))
	}
	if s.repeat > 0 && r.share() < s.repeat {
		again := d
		again.at += 1 + int64(r.below(uint64(s.disorder+s.within/10)))
		s.coming.push(again)
	}
	return d
}

// arrival makes the event of a delivery. What the order is about follows from
// its number, so that a copy is the same and nothing has to be remembered.
func (s *Shop) arrival(d delivery) Arrival {
	r := s.dice(^d.order) // not the dice of create
	var user uint64
	if s.hot == 0 || r.share() >= s.hot {
		user = 1 + r.below(s.users)
	}
	cents := 500 + r.below(50_000)
	for range d.fail {
		cents = 500 + r.below(50_000)
	}
	return Arrival{At: d.at, Event: s.line.event(d, user, cents, s.trait(d.order).channel)}
}
