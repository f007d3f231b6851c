package files

import (
	"fmt"
	"strings"
	"testing"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// A line about an open event that was a row gives that event, and one for people ends the
// reading with its place; among rows of CSV such lines are rows.
func TestLinesOfOpenEvents(t *testing.T) {
	event := strings.TrimSuffix(line("a", 1), "\n")
	write(t, map[string]string{
		"rows":   `{"rule":"","event":` + event + `,"row":true}` + "\n" + line("b", 2) + `{"rule":"","event":{},"row":true}` + "\n",
		"people": line("b", 2) + `{"rule":"","event":` + event + "}\n" + line("c", 3),
		"f.csv":  "orderId,type,time\n" + `{"rule":"","event":{}},a,1` + "\n",
	})
	for _, test := range []struct {
		path, want, err string
	}{
		{"rows", "a row, b, malformed 3", "EOF"},
		{"people", "b", "files: people:2: the event of an open order, written for people: no run can go on with it: want -carry for that, or the input that it is of, as a whole"},
		{"f.csv", "malformed 2", "EOF"},
	} {
		c := Config{Inputs: []string{test.path}}
		s := session{config: c, run: process.Of(""), decoder: c.Decoder(), ctx: t.Context()} // nothing reads in its background
		in, err := s.openInput(0, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for {
			var e entry
			if e, err = in.next(); err != nil {
				break
			}
			switch {
			case e.malformed != nil:
				got = append(got, fmt.Sprint("malformed ", e.line))
			case (e.event.Mark == order.MarkRow):
				got = append(got, e.event.OrderID+" row")
			default:
				got = append(got, e.event.OrderID)
			}
		}
		in.stream.Close()
		if text := strings.Join(got, ", "); text != test.want || err.Error() != test.err {
			t.Errorf("%s: got %s and %v, want %s and %s", test.path, text, err, test.want, test.err)
		}
	}
}
