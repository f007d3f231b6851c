package shop

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"
)

// lively is an unruly shop where all happens to orders that can.
func lively() Config {
	c := unruly()
	c.PaidLate, c.Cancelled, c.Early = 0.1, 0.1, 0.1
	c.B2B, c.B2BWithin, c.Rate = 0.2, 20*time.Minute, 10
	return c
}

// watched returns the first n arrivals of a shop, and the fates of the orders so far.
func watched(t *testing.T, c Config, n int) (all []Arrival, fates []Fate) {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.Watch(func(f Fate) { fates = append(fates, f) })
	for range n {
		all = append(all, s.Next())
	}
	return all, fates
}

// linesOf returns the different lines of each order, without the channel.
func linesOf(all []Arrival) map[string][]string {
	lines := map[string][]string{}
	for _, a := range all {
		line, _, _ := bytes.Cut(a.Event.Raw, []byte(`,"channel"`))
		line = bytes.TrimSuffix(line, []byte("}"))
		if id := a.Event.OrderID; !slices.Contains(lines[id], string(line)) {
			lines[id] = append(lines[id], string(line))
		}
	}
	for _, of := range lines {
		slices.Sort(of)
	}
	return lines
}

// What is new of some orders must not change the others, so that two logs can be compared.
func TestTraitsLeaveTheOtherOrdersAlone(t *testing.T) {
	c := lively()
	traits, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	now, _ := watched(t, c, 50_000)
	c.Early, c.B2B = 0, 0
	before, fates := watched(t, c, 50_000)
	with, without := linesOf(now), linesOf(before)
	end := min(now[len(now)-1].At, before[len(before)-1].At) - 3*c.Within.Milliseconds()
	same := 0
	for i, f := range fates {
		if is := traits.trait(int64(i + 1)); is.channel == "b2b" || is.ahead > 0 || f.Created > end {
			continue
		}
		same++
		if !slices.Equal(with[f.OrderID], without[f.OrderID]) {
			t.Fatalf("order %s: %q, and without traits %q", f.OrderID, with[f.OrderID], without[f.OrderID])
		}
	}
	if same < 1000 {
		t.Errorf("%d orders: too few to test anything", same)
	}
}

// A fate is what the events of the order say.
func TestAFateIsWhatHappens(t *testing.T) {
	all, fates := watched(t, lively(), 100_000)
	byID := map[string]Fate{}
	for _, f := range fates {
		byID[f.OrderID] = f
	}
	seen := map[string]Fate{}
	for _, a := range all {
		f, ok := seen[a.Event.OrderID]
		if !ok {
			f = Fate{OrderID: a.Event.OrderID, Created: Never, Paid: Never, Cancelled: Never, Deadline: byID[a.Event.OrderID].Deadline}
		}
		switch a.Event.Type {
		case "create":
			f.Created = a.Event.Time
		case "pay":
			f.Paid = a.Event.Time
		case "cancel":
			f.Cancelled = a.Event.Time
		}
		seen[a.Event.OrderID] = f
	}
	// All events of an order are there when an hour has passed: 40 minutes to pay, and a way.
	end := all[len(all)-1].At - time.Hour.Milliseconds()
	whole := 0
	for id, got := range seen {
		if got.Created > end {
			continue
		}
		whole++
		if got != byID[id] {
			t.Fatalf("order %s: events %+v, fate %+v", id, got, byID[id])
		}
	}
	if whole < 1000 {
		t.Errorf("%d orders: too few to test anything", whole)
	}
}

func TestSharesOfEarlyAndB2B(t *testing.T) {
	c := lively()
	all, fates := watched(t, c, 200_000)
	b2b := map[string]bool{}
	for _, a := range all {
		channel := bytes.Contains(a.Event.Raw, []byte(`"channel":"b2b"`))
		if !channel && !bytes.Contains(a.Event.Raw, []byte(`,"channel":"web"}`)) {
			t.Fatalf("%s: no channel", a.Event.Raw)
		}
		if was, ok := b2b[a.Event.OrderID]; ok && was != channel {
			t.Fatalf("%s: an event before had another channel", a.Event.Raw)
		}
		b2b[a.Event.OrderID] = channel
	}
	var paid, early, isB2B, orders, latest float64
	least, most := int64(math.MaxInt64), int64(0)
	for _, f := range fates {
		of, ok := b2b[f.OrderID]
		if !ok {
			continue // its first event is still to come
		}
		orders++
		within := c.Within.Milliseconds()
		if of {
			isB2B++
			within = c.B2BWithin.Milliseconds()
		}
		if f.Deadline != f.Created+within {
			t.Fatalf("%+v: want a deadline %d ms after it is created", f, within)
		}
		switch delay := f.Paid - f.Created; {
		case delay < 0:
			early++
			least, most = min(least, -delay), max(most, -delay)
			if f.Paid < c.Start.UnixMilli() {
				t.Fatalf("%+v: before the opening", f)
			}
			fallthrough
		case f.Paid < f.Deadline:
			paid++
			if delay == 0 || delay > within/2 {
				t.Fatalf("%+v: in time, but not before half of it", f)
			}
		case f.Paid != Never:
			latest = max(latest, float64(delay))
			if delay >= 2*within {
				t.Fatalf("%+v: too late for a late one", f)
			}
		}
	}
	if least > 5 || least < 1 || most < maxAhead-5 || most >= maxAhead {
		t.Errorf("early payments are stamped %d to %d ms before their order, want 1 to %d", least, most, maxAhead-1)
	}
	for _, want := range []struct {
		figure    string
		got, want float64
	}{
		{"early", early / paid, c.Early}, {"b2b", isB2B / orders, c.B2B}, {"paid in time", paid / orders, c.Paid},
		{"the latest of b2b", latest, 2 * float64(c.B2BWithin.Milliseconds())},
	} {
		if math.Abs(want.got/want.want-1) > 0.05 {
			t.Errorf("%s: got %.4g, want %.4g", want.figure, want.got, want.want)
		}
	}
}

func TestNoPaymentIsStampedBeforeTheOpening(t *testing.T) {
	c := Default()
	c.Paid, c.PaidLate, c.Early = 1, 0, 1
	all, fates := watched(t, c, 10_000)
	for _, a := range all {
		if a.Event.Time < c.Start.UnixMilli() {
			t.Fatalf("%s: the shop opened at %s", a.Event.Raw, c.Start)
		}
	}
	// The first order has nothing before it; none of the others is paid behind itself.
	for i, f := range fates {
		if f.Paid > f.Created != (f.Created == c.Start.UnixMilli()) {
			t.Fatalf("order %d: %+v", i+1, f)
		}
	}
}
