package carry

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// What could not be delivered is in each file until it is delivered, or kept again, and
// never twice.
func TestAFileHasWhatIsNotDeliveredYet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.carry")
	message := func(outcome, id string) order.Message {
		return order.Message{Body: []byte(outcome + id), Outcome: outcome, ID: id}
	}
	timeout, success, reject := message("timeout", "1"), message("success", "1"), message("reject", "2")
	open := func() (*process.Run, *Keeper) {
		run := process.NewRun()
		k, err := Open(run, Config{Path: path, Every: time.Hour, Shards: 1})
		if err != nil {
			t.Fatal(err)
		}
		return run, k
	}
	// written makes a point, and returns what its file has.
	written := func(k *Keeper) []order.Message {
		n := k.Begin(Point{Position: []byte("{}")})
		k.Report(n, 0, State{})
		if err := k.Await(context.Background(), n); err != nil {
			t.Fatal(err)
		}
		f, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return f.Undelivered
	}
	check := func(when string, got []order.Message, want ...order.Message) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", when, diff)
		}
	}

	first, k := open()
	if k.Undelivered() != nil {
		t.Error("there is something before the first file")
	}
	check("nothing is kept", written(k))
	held := timeout
	held.Refs = []uint64{7} // of this process
	k.Keep(held)
	k.Keep(success)
	check("two are kept", written(k), timeout, success)
	k.Keep(reject)
	check("one more", written(k), timeout, success, reject)
	if n := first.Counters()[count.Kept]; n != 3 {
		t.Errorf("%d are counted, want 3", n)
	}
	first.Close()

	second, k := open()
	defer second.Close()
	check("they are to be delivered", k.Undelivered(), timeout, success, reject)
	check("they are on their way", written(k), timeout, success, reject)
	k.Keep(success)
	check("one is refused again", written(k), success, timeout, reject)
	k.Delivered()
	check("the others are delivered", written(k), success)
}
