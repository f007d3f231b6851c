package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The log that all series start from: that of the command layers.
const (
	baseEvents = 2_000_000
	baseRate   = 1000 // events a second of event time
	baseWithin = 10 * time.Minute
	baseUsers  = 100_000
)

// series is some logs of which one thing grows.
type series struct {
	name   string // of the picture's file
	title  string
	axis   string // what grows
	points []point

	grown func(point) float64 // how much of it a point has, at least 1
	label func(point) string  // the same in the table
}

// point is a log of a series, and what was measured with it.
type point struct {
	events int
	rate   float64 // events a second of event time
	within time.Duration
	users  int
	hot    float64 // share of the orders of one more user

	open int64     // orders that are open at the end of the log, once it was run
	runs []figures // one a round
}

// allSeries returns the series for logs of so many events, the longest of at most
// maxLength times as many. The rate grows with the events, so that all logs but
// longer ones are of the same time, and windows, ticks and disorder are the same
// parts of it; so do the users, so that a user has as many orders.
//
// The open orders grow by the time to pay. What follows from it by default is left
// to follow: how long ended orders are remembered, and the tick. With the longest
// time, which is longer than the log, no order is overdue and fewer are paid, so
// that more of the events are new orders: three quarters, and not 55 %.
func allSeries(events int, maxLength float64) []series {
	scale := float64(events) / baseEvents
	users := func(n float64) int { return max(1, int(math.Round(n*scale))) }
	base := point{events: events, rate: baseRate * scale, within: baseWithin, users: users(baseUsers)}

	open := series{
		name: "open", title: "Growth with the open orders", axis: "orders open at the end of the log",
		grown: func(p point) float64 { return float64(max(1, p.open)) },
		label: func(p point) string { return fmt.Sprintf("%d (%s to pay)", p.open, short(p.within)) },
	}
	for _, within := range []time.Duration{46 * time.Second, 138 * time.Second, baseWithin, 30 * time.Minute, 110 * time.Minute} {
		p := base
		p.within = within
		open.points = append(open.points, p)
	}

	length := series{
		name: "length", title: "Growth with the length of the log", axis: "events",
		grown: func(p point) float64 { return float64(p.events) },
		label: func(p point) string { return strconv.Itoa(p.events) },
	}
	for _, factor := range []float64{1, 2.5, 5, 10, 25} {
		if factor <= maxLength {
			p := base
			p.events = int(math.Round(factor * float64(events)))
			length.points = append(length.points, p)
		}
	}

	many := series{
		name: "users", title: "Growth with the users", axis: "users, besides one with a tenth of the orders",
		grown: func(p point) float64 { return float64(p.users) },
		label: func(p point) string { return strconv.Itoa(p.users) },
	}
	for _, n := range []float64{0, 100, 10_000, 100_000, 1_000_000} {
		p := base
		p.users, p.hot = users(n), 0.1
		many.points = append(many.points, p)
	}
	return []series{open, length, many}
}

// short is a duration without seconds that are zero: 10m and not 10m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}
