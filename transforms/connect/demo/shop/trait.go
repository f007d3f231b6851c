package shop

// maxAhead bounds what a payment is stamped before its order, in ms: 3 s are enough to
// wait for it.
const maxAhead = 3000

// trait is what an order is besides its fate.
type trait struct {
	channel string // "" in a shop that has none
	within  int64  // its time to pay, ms
	ahead   int64  // what a payment in time is stamped before the order, ms; 0: it is behind it
}

// trait returns what an order is like. The dice are its own, not those of create and
// arrival: a shop that has traits has the same orders otherwise.
func (s *Shop) trait(order int64) trait {
	t := trait{within: s.within}
	if s.b2b == 0 && s.early == 0 {
		return t
	}
	r := s.dice(order | 1<<62)
	isB2B, isEarly := r.share() < s.b2b, r.share() < s.early
	if isEarly {
		t.ahead = 1 + int64(r.below(maxAhead-1))
	}
	switch {
	case isB2B:
		t.channel, t.within = "b2b", s.b2bWithin
	case s.b2b > 0:
		t.channel = "web"
	}
	return t
}
