package shop

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// arrivals returns the first n arrivals of a shop.
func arrivals(t *testing.T, c Config, n int) []Arrival {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]Arrival, n)
	for i := range all {
		all[i] = s.Next()
	}
	return all
}

// small is the default shop at a tenth of its size, so that a test of its mix
// has the same shares with a tenth of the events.
func small() Config {
	c := Default()
	c.Rate /= 10
	return c
}

// unruly is a small shop with some of everything that can go wrong.
func unruly() Config {
	c := small()
	c.Disorder, c.Late, c.Repeat, c.Hot = 5*time.Second, 0.01, 0.02, 0.1
	return c
}

func TestTheFirstEventsOfADefaultShop(t *testing.T) {
	var got []string
	for _, a := range arrivals(t, Default(), 3) {
		got = append(got, string(a.Event.Raw))
	}
	want := []string{
		`{"orderId":"o1","userId":"u75153","type":"create","time":"2026-01-01T00:00:00.000Z","amount":224.64}`,
		`{"orderId":"o2","userId":"u51908","type":"create","time":"2026-01-01T00:00:00.001Z","amount":193.84}`,
		`{"orderId":"o3","userId":"u31380","type":"create","time":"2026-01-01T00:00:00.004Z","amount":504.44}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAShopIsAFunctionOfItsConfig(t *testing.T) {
	one := arrivals(t, unruly(), 20_000)
	for i, same := range arrivals(t, unruly(), 20_000) {
		if !reflect.DeepEqual(same, one[i]) {
			t.Fatalf("arrival %d of the same shop (-first +second):\n%s", i, cmp.Diff(one[i], same))
		}
	}
	c := unruly()
	c.Seed++
	if reflect.DeepEqual(one, arrivals(t, c, 20_000)) {
		t.Error("another seed gave the same arrivals")
	}
}

func TestAnEventIsWhatItsLineSays(t *testing.T) {
	for _, a := range arrivals(t, unruly(), 20_000) {
		var line struct {
			OrderID, UserID, Type string
			Time                  time.Time
			Amount                json.Number
		}
		d := json.NewDecoder(strings.NewReader(string(a.Event.Raw)))
		d.DisallowUnknownFields()
		if err := d.Decode(&line); err != nil {
			t.Fatalf("%s: %v", a.Event.Raw, err)
		}
		want := order.Event{OrderID: line.OrderID, UserID: line.UserID, Type: line.Type, Time: line.Time.UnixMilli(), Raw: a.Event.Raw}
		if !reflect.DeepEqual(want, a.Event) {
			t.Fatalf("%s (-line +event):\n%s", a.Event.Raw, cmp.Diff(want, a.Event))
		}
		if amount, err := line.Amount.Float64(); err != nil || amount < 5 || amount >= 505 {
			t.Fatalf("%s: amount %s, want 5.00 to 504.99", a.Event.Raw, line.Amount)
		}
	}
}

func TestArrivalsComeInOrderAndNotBeforeTheyHappen(t *testing.T) {
	c := lively()
	last := c.Start.UnixMilli()
	for i, a := range arrivals(t, c, 100_000) {
		if a.At < last {
			t.Fatalf("arrival %d is at %d, after one at %d", i, a.At, last)
		}
		if a.Event.Time > a.At || a.Event.Time < c.Start.UnixMilli() {
			t.Fatalf("arrival %d at %d is of %d, in a shop that opened at %d", i, a.At, a.Event.Time, c.Start.UnixMilli())
		}
		last = a.At
	}
}

// The figures are those that Default states, a tenth of them where they count
// events: 200,000 events at 100 a second. There are 182 events for 100 orders, so 549.5 orders
// come in 10 s.
func TestTheDefaultMix(t *testing.T) {
	c := small()
	within := c.Within.Milliseconds()
	created := map[string]int64{}
	var creates, paid, paidLate, delays, open, end float64
	all := arrivals(t, c, 200_000)
	users := map[string]bool{}
	for i, a := range all {
		if a.At != a.Event.Time || i > 0 && a.At < all[i-1].At {
			t.Fatalf("event %d of %d came at %d", i, a.Event.Time, a.At)
		}
		end = float64(a.At)
		users[a.Event.UserID] = true
		if a.Event.Type == "create" {
			creates++
			created[a.Event.OrderID] = a.Event.Time
			continue
		}
		at, ok := created[a.Event.OrderID]
		if !ok {
			t.Fatalf("%s: paid before it is created, or twice", a.Event.Raw)
		}
		delete(created, a.Event.OrderID)
		switch delay := a.Event.Time - at; {
		case delay >= 1 && delay <= within/2:
			paid++
			delays += float64(delay)
		case delay >= within && delay < 2*within:
			paidLate++
		default:
			t.Fatalf("%s: paid after %d ms of %d", a.Event.Raw, delay, within)
		}
	}
	for _, at := range created {
		if int64(end)-at < within {
			open++
		}
	}
	for _, want := range []struct {
		figure    string
		got, want float64
	}{
		{"orders", creates, 114_000},
		{"open at the end", open, 13_200},
		{"time of a payment in ms", delays / paid, float64(within) / 4},
		// 0.8*150 s of the 2,076 s have payments that are still to come.
		{"paid in time", paid / creates, 0.8 * (1 - 150.0/2076)},
		{"paid too late", paidLate / creates, 0.02 * (1 - 900.0/2076)},
		{"duration in s", (end - float64(c.Start.UnixMilli())) / 1000, 2076},
		{"users", float64(len(users)), 100_000 * (1 - math.Exp(-1.14))},
	} {
		if math.Abs(want.got/want.want-1) > 0.03 {
			t.Errorf("%s: got %.4g, want %.4g", want.figure, want.got, want.want)
		}
	}
}

func TestSharesOfDisorderLateRepeatAndHot(t *testing.T) {
	const n = 200_000
	c := unruly()
	disorder, within := c.Disorder.Milliseconds(), c.Within.Milliseconds()
	seen := map[string]int64{} // line -> arrival
	var normal, delays, late, repeats, hot float64
	for _, a := range arrivals(t, c, n) {
		if a.Event.UserID == "u0" {
			hot++
		}
		if first, ok := seen[string(a.Event.Raw)]; ok {
			repeats++
			if after := a.At - first; after < 1 || after > disorder+within/10 {
				t.Fatalf("%s: its copy came %d ms after it", a.Event.Raw, after)
			}
			continue
		}
		seen[string(a.Event.Raw)] = a.At
		delay := a.At - a.Event.Time
		if delay > disorder {
			late++
			if delay > disorder+within {
				t.Fatalf("%s: came after %d ms", a.Event.Raw, delay)
			}
			continue
		}
		normal++
		delays += float64(delay)
	}
	for _, want := range []struct {
		figure    string
		got, want float64
	}{
		{"delay in ms", delays / normal, 2500},
		// Those of the last 305 s of 2,076 s are, on average, still to come.
		{"late", late / (normal + late), 0.01 * (1 - 305.0/2076)},
		{"repeated", repeats / (normal + late), 0.02},
		{"of the hot user", hot / n, 0.1},
	} {
		if math.Abs(want.got/want.want-1) > 0.1 {
			t.Errorf("%s: got %.4g, want %.4g", want.figure, want.got, want.want)
		}
	}
}

// With a Within of 10 ms each of the few delays that there are is seen.
func TestTheBoundsOfEachDelay(t *testing.T) {
	tests := []struct {
		reason      string
		paid        float64
		late        float64
		arrival     bool // of an event after it happened, else of a payment after the order
		least, most int64
	}{
		{"paid in time", 1, 0, false, 1, 5},
		{"paid too late", 0, 0, false, 10, 19},
		{"on its way normally", 1, 0, true, 0, 7},
		{"on its way for longer", 1, 1, true, 8, 17},
	}
	for _, test := range tests {
		c := Default()
		c.Within, c.Disorder = 10*time.Millisecond, 7*time.Millisecond
		c.Paid, c.PaidLate, c.Late = test.paid, 1-test.paid, test.late
		created := map[string]int64{}
		seen := map[int64]bool{}
		var pays []order.Event
		for _, a := range arrivals(t, c, 10_000) {
			if test.arrival {
				seen[a.At-a.Event.Time] = true
			} else if a.Event.Type == "create" {
				created[a.Event.OrderID] = a.Event.Time
			} else {
				pays = append(pays, a.Event)
			}
		}
		for _, pay := range pays {
			if at, ok := created[pay.OrderID]; ok { // else it comes later still
				seen[pay.Time-at] = true
			}
		}
		got := slices.Sorted(maps.Keys(seen))
		if want := test.most - test.least + 1; got[0] != test.least || got[len(got)-1] != test.most || int64(len(got)) != want {
			t.Errorf("%s: delays of %v ms, want each from %d to %d", test.reason, got, test.least, test.most)
		}
	}
}
