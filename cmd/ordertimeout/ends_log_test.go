package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ordertimeout/transforms/cep/ceptest"
)

// endLog is a log, and what is to come of it.
type endLog struct {
	lines []string
	want  []string // "success o1", sorted
}

// newEndLog makes a log of so many orders, out of order within the default disorder.
func newEndLog(rnd *rand.Rand, orders int) endLog {
	const noon, minute = int64(1772366400000), int64(60_000)
	type arrival struct {
		at    int64
		event ceptest.Event
	}
	var all []arrival
	add := func(order, typ string, at int64) {
		e := ceptest.Event{Key: order, Type: typ, ID: fmt.Sprint(len(all)), Time: at}
		e.Data = fmt.Sprintf(`{"orderId":%q,"userId":"u","type":%q,"time":%d,"id":%q}`, order, typ, at, e.ID)
		all = append(all, arrival{at + rnd.Int64N(5000), e})
	}
	for o := range orders {
		at := noon + int64(o)*200 + rnd.Int64N(minute)
		order := fmt.Sprint("o", o)
		add(order, "create", at)
		if rnd.IntN(3) > 0 {
			add(order, "pay", at+rnd.Int64N(11*minute))
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	var l endLog
	var events []ceptest.Event
	for _, a := range all {
		events = append(events, a.event)
		l.lines = append(l.lines, a.event.Data)
	}
	p := ceptest.Pattern{Steps: []string{"create", "pay"}, Strict: []bool{false, false}, Within: 10 * minute, Remember: 10 * minute}
	stamped, last := ceptest.Stamp(events, 5000, 0)
	for _, r := range p.Run(stamped, ceptest.AtEnd(last)).Outcomes {
		l.want = append(l.want, r.How+" "+r.Key)
	}
	slices.Sort(l.want)
	return l
}

// missing returns what of the wanted outcomes was not told, and complains of what was
// told wrongly: an outcome that is not wanted, or two ids of one.
func (l endLog) missing(t *testing.T, told []string) (missing []string) {
	t.Helper()
	ids := map[string]string{}
	for _, line := range told {
		var o struct{ Outcome, OrderID, ID string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		name := o.Outcome + " " + o.OrderID
		if _, ok := slices.BinarySearch(l.want, name); !ok {
			t.Errorf("false: %s", line)
		}
		if id, ok := ids[name]; ok && id != o.ID {
			t.Errorf("%s has the ids %s and %s", name, id, o.ID)
		}
		ids[name] = o.ID
	}
	for _, name := range l.want {
		if _, ok := ids[name]; !ok {
			missing = append(missing, name)
		}
	}
	return missing
}
