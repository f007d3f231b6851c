// Package shardtest makes batches of events for tests of what works on shards.
package shardtest

import (
	"fmt"
	"strings"
	"testing"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// Batch returns a batch of events in texts such as "create@1000 o1", an event of order o1
// and of user u. "end@5000" ends the input there, "watermark@4000" promises the watermark
// behind the events, and "first@4000" without any. "point@4000 7" is carry point 7 with
// that watermark, "cut@4000 7" is the last one, and "goOn@0" the first batch behind it.
func Batch(t *testing.T, texts ...string) *shard.Batch {
	t.Helper()
	b := new(shard.Batch)
	for _, text := range texts {
		var typ, id string
		var at int64
		if _, err := fmt.Sscan(strings.Replace(text, "@", " ", 1)+" -", &typ, &at, &id); err != nil {
			t.Fatal(err)
		}
		switch typ {
		case "end":
			b.End(at, at, at)
		case "watermark":
			b.Promise(at)
		case "point", "cut":
			var number int64
			if _, err := fmt.Sscan(id, &number); err != nil {
				t.Fatal(err)
			}
			if typ == "point" {
				b.Point(0, at, number)
			} else {
				b.Cut(at, at, at, number)
			}
		case "goOn":
			b.GoOn(at)
		case "first":
			b.PromiseEmpty(0, at)
		default:
			b.Add(&shard.Event{Key: order.Key("u", id), Event: cep.Event{Type: typ, Time: at, At: at, Data: []byte(text)}})
		}
	}
	return b
}
