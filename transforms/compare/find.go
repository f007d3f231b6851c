package compare

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
)

// Find compares the runs, and returns the first orders that differ, at most limit; zero: all.
func (s *Store) Find(limit int) (Found, error) {
	found := Found{ByRule: map[string]int64{}}
	if limit <= 0 {
		limit = math.MaxInt
	}
	for i := range s.files {
		orders, err := s.part(i)
		if err != nil {
			return Found{}, err
		}
		for _, o := range orders {
			found.Total++
			found.ByRule[o.Rule]++
		}
		found.Orders = append(found.Orders, orders...)
		slices.SortFunc(found.Orders, s.compare)
		found.Orders = slices.Clip(found.Orders[:min(limit, len(found.Orders))])
	}
	return found, nil
}

// compare compares orders by rule, time and id.
func (s *Store) compare(a, b Order) int {
	return cmp.Or(cmp.Compare(s.index[a.Rule], s.index[b.Rule]), cmp.Compare(a.Differences[0].At, b.Differences[0].At),
		cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.UserID, b.UserID))
}

// part returns the orders of a file that differ, in no order.
func (s *Store) part(i int) ([]Order, error) {
	left, err := s.left(i)
	if err != nil {
		return nil, err
	}
	differ := map[key][]Difference{}
	for r, more := range left {
		d := Difference{New, r.Outcome}
		if more < 0 {
			d.Side, more = Old, -more
		}
		for range more {
			differ[r.key] = append(differ[r.key], d)
		}
	}
	var orders []Order
	for k, differences := range differ {
		slices.SortFunc(differences, func(a, b Difference) int { return a.compare(b.Outcome) }) // those of both runs differ
		r := &s.rules[k.rule]
		orders = append(orders, Order{r.Name, k.userID, k.id, r.ByOrder, differences})
	}
	return orders, nil
}

// left returns the outcomes of a file that one run has given more often, and how much more the
// new one has.
func (s *Store) left(i int) (map[record]int, error) {
	err := s.out[i].Flush()
	if err == nil {
		_, err = s.files[i].Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("compare: a temporary file: %w", err)
	}
	left := map[record]int{}
	for in := bufio.NewReaderSize(s.files[i], 64<<10); ; {
		r, side, err := readRecord(in)
		switch {
		case err == io.EOF: // and not within a record
			return left, nil
		case err != nil:
			return nil, err
		}
		more := 1
		if side == Old {
			more = -1
		}
		if left[r] += more; left[r] == 0 {
			delete(left, r)
		}
	}
}
