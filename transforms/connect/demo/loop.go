package demo

import (
	"fmt"
	"time"

	"ordertimeout/transforms/connect/demo/shop"
	"ordertimeout/transforms/order"
)

// loop returns what gives the arrivals of Config.Loop: user 1 never pays, user
// 2 always does.
func loop(start time.Time) func() shop.Arrival {
	at := start
	i := -1
	return func() shop.Arrival {
		if i++; i > 0 {
			at = at.Add(time.Second)
		}
		e := order.Event{UserID: "2", Type: "create", Time: at.UnixMilli()}
		switch i % 3 {
		case 0:
			e.UserID = "1"
		case 2:
			e.Type = "pay"
		}
		e.Raw = fmt.Appendf(nil, `{"userId":"%s","type":"%s","time":"%s"}`, e.UserID, e.Type, at.UTC().Format("2006-01-02T15:04:05.000Z"))
		return shop.Arrival{At: e.Time, Event: e}
	}
}
