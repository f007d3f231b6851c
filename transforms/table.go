package transforms

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
)

func init() {
	register.Function1x1(formatRow)
}

// FormatTable writes outcomes as rows of a table that a person reads on a terminal, of
// 80 columns where what is waited for is short:
//
//	time (UTC)           outcome  order             user          age     waits for
//	2026-03-02 09:10:30  timeout  o-1002            bob           10m0s   pay
//
// time is the deadline of a timeout, and of a success when it ended; age is how old the
// order was then, and "waits for" are the steps that a timeout lacks, any of which could
// have come next. Each row stands by itself, so columns have fixed widths, and what is
// longer is cut in the middle. Ids and types come from outside and are written as package
// screen has it. TableHeader is the first line, to be written once.
//
// PCollection<*order.Outcome> -> PCollection<order.Message>
func FormatTable(s beam.Scope, outcomes beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatTable")
	return beam.ParDo(s, formatRow, outcomes)
}

// The widths of the columns but the last, which ends where its text does.
const (
	outcomeWidth = 7
	orderWidth   = 16
	userWidth    = 12
	ageWidth     = 7
	waitsWidth   = 20
	between      = "  "
)

// tableTime is how a table writes a time, in UTC as all other output.
const tableTime = time.DateTime

// TableHeader returns the line above the rows of FormatTable, without a line break.
func TableHeader() string {
	return row(screen.Fit("time (UTC)", len(tableTime)), "outcome", "order", "user", "age", "waits for")
}

// row returns a line of the table. at takes its columns already.
func row(at, outcome, orderID, user, age, waits string) string {
	line := strings.Join([]string{
		at, screen.Fit(outcome, outcomeWidth), screen.Fit(orderID, orderWidth), screen.Fit(user, userWidth),
		screen.Fit(age, ageWidth), screen.Fit(waits, waitsWidth),
	}, between)
	return strings.TrimRight(line, " ")
}

// tableWords are what the table calls kinds of outcome that are longer than their column.
var tableWords = map[order.Kind]string{order.Reminder: "remind", order.Resolved: "resolve", order.Cancelled: "cancel"}

func formatRow(o *order.Outcome) order.Message {
	at := o.At
	if o.Kind == order.Success {
		at = o.EndedAt // and not when it was let go of
	}
	text := row(time.UnixMilli(at).UTC().Format(tableTime), cmp.Or(tableWords[o.Kind], string(o.Kind)), o.OrderID, o.UserID, age(at-o.StartedAt), strings.Join(o.WaitingFor, " or "))
	return order.Message{Body: []byte(text), Outcome: string(o.Kind), ID: o.ID, UserID: o.UserID, OrderID: o.OrderID, Refs: o.Refs}
}

// age returns milliseconds as people say them, in no more than its columns: 850ms, 2.5s,
// 10m0s, 3h5m, 12d4h.
func age(ms int64) string {
	const day = 24 * time.Hour
	d := time.Duration(min(ms, int64(time.Duration(1<<63-1)/time.Millisecond))) * time.Millisecond
	switch {
	case d < time.Second:
		return d.String()
	case d < 10*time.Second:
		return d.Truncate(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Truncate(time.Second).String()
	case d < day:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}
