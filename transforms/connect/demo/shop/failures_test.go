package shop

import (
	"math"
	"testing"

	"ordertimeout/transforms/order"
)

func TestOrdersWithFailuresAndCancellations(t *testing.T) {
	c := small()
	c.Fails, c.Cancelled = 3, 0.1
	all := arrivals(t, c, 200_000)
	orders := map[string][]order.Event{}
	half := (c.Start.UnixMilli() + all[len(all)-1].At) / 2
	for _, a := range all {
		if id := a.Event.OrderID; a.Event.Type != "create" && orders[id] != nil || a.Event.Type == "create" && a.At < half {
			orders[id] = append(orders[id], a.Event)
		}
	}
	fails := make([]float64, 5)
	var cancels float64
	for id, events := range orders {
		var n, retries int
		for i, e := range events {
			if i > 0 && e.Time <= events[i-1].Time {
				t.Fatalf("order %s: %s is not after %s", id, e.Raw, events[i-1].Raw)
			}
			switch e.Type {
			case "fail":
				n++
			case "retry":
				if retries++; retries != n {
					t.Fatalf("order %s: %d retries after %d failures", id, retries, n)
				}
			case "cancel":
				cancels++
			case "pay":
				if i < len(events)-1 && events[len(events)-1].Type != "cancel" {
					t.Fatalf("order %s: a %s after the payment", id, events[i+1].Type)
				}
			}
		}
		if n != retries {
			t.Fatalf("order %s: %d failures, %d retries", id, n, retries)
		}
		fails[n]++
	}
	n := float64(len(orders))
	for _, want := range []struct {
		figure    string
		got, want float64
	}{
		{"without failures", fails[0] / n, 0.25}, {"with one", fails[1] / n, 0.25}, {"with two", fails[2] / n, 0.25}, {"with three", fails[3] / n, 0.25},
		{"cancelled", cancels / n, 0.1},
	} {
		if math.Abs(want.got/want.want-1) > 0.05 {
			t.Errorf("%s: got %.4g, want %.4g", want.figure, want.got, want.want)
		}
	}
}
