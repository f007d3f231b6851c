package transforms_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// carried runs Match over a stream in a run with a carry file, for which the source has begun
// point 1. It returns the error of the run.
func carried(t *testing.T, path string, c transforms.MatchConfig, final bool, want expectation, items ...any) {
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	k, err := carry.Open(run, carry.Config{Path: path, Every: time.Hour, Shards: c.Shards})
	if err != nil {
		t.Fatal(err)
	}
	if start := k.Start(); start != nil && len(start.Shards) != c.Shards {
		shards, removed, err := transforms.GoOn(start.Shards, c)
		if err != nil {
			t.Fatal(err)
		}
		k.GoOn(shards, removed)
	}
	k.Begin(carry.Point{Final: final, Watermark: 6000, Position: []byte("{}")})
	c.Run = run.ID
	p, s := beam.NewPipelineWithRoot()
	check(t, p, s, stream(s, items...), c, want)
	if err := k.Finish(); err != nil {
		t.Error(err)
	}
}

// The state of a point, in the middle of the input or at its end, is what another run goes on
// with, also with other shards.
func TestARunGoesOnWithWhatAnotherHasCarried(t *testing.T) {
	before := []any{"goOn", "create@1000/1000 o1 u1", "create@1000/1000 o2 u2", "create@2000/2000 o3 u3", 3000, "pay@5000/5000 o3 u3", "pay@6500/6500 o2 u2"}
	for _, test := range []struct {
		where string
		final bool
		items []any
		want  expectation
	}{
		{"in the middle", false, []any{"point/6000 1", 6000, "create@7000/7000 o7 u7", 9000, "end@9000/9000"},
			expectation{
				successes: []any{"success u2 o2 at 6500", "success u3 o3 at 5000"}, open: []any{"create u1 o1 at 1000", "create u7 o7 at 7000"},
				counters: "4 started, 2 advanced, 2 success, 2 open",
			}},
		{"at the end", true, []any{"cut@6500/6000 1"},
			expectation{
				successes: []any{"success u3 o3 at 5000"},
				counters:  "3 started, 1 advanced, 1 success, 2 open, 1 carriedOut",
			}},
	} {
		for _, shards := range []int{3, 2} {
			path := filepath.Join(t.TempDir(), "orders.carry")
			c := config
			if test.final {
				c.OpenUnread = true
			}
			carried(t, path, c, test.final, test.want, append(before[:len(before):len(before)], test.items...)...)
			file, err := carry.Read(path)
			if err != nil {
				t.Fatalf("%s: %v", test.where, err)
			}
			if had, waiting, err := transforms.Leave(file.Shards, config); err != nil || !slices.Equal(had, []shard.Removed{{Runs: 2}}) || waiting != 1 {
				t.Errorf("%s: the file has %v and %d undecided events (%v)", test.where, had, waiting, err)
			}
			if got, want := openOrders(t, file.Shards), "u1 o1 open from 1000 to 11000 waits for [pay], u2 o2 open from 1000 to 11000 waits for [pay], 1 undecided"; got != want {
				t.Errorf("%s: the open orders are %s, want %s", test.where, got, want)
			}
			c = config
			c.Shards = shards
			carried(t, path, c, false, expectation{
				successes: []any{"success u2 o2 at 6500"}, timeouts: []any{"timeout u1 o1 at 11000"},
				rejects:  []any{"duplicate: create delivered again"},
				counters: "1 advanced, 1 duplicate, 1 success, 1 timeout, 2 openAtStart, 1 carriedIn",
			}, "goOn", 6000, "create@1000/6000 o2 u2", 12000, "end@12000/12000")
		}
	}
}

// openOrders returns the open orders of snapshots as text.
func openOrders(t *testing.T, snapshots [][]byte) (text string) {
	t.Helper()
	open, undecided, err := transforms.OpenOrders(snapshots, config)
	transforms.SortOpen(open)
	if err != nil {
		t.Error(err)
	}
	for _, o := range open {
		text += fmt.Sprintf("%s %s %s from %d to %d waits for %s, ", o.UserID, o.OrderID, o.Kind, o.StartedAt, o.Deadline, o.WaitingFor)
	}
	return fmt.Sprintf("%s%d undecided", text, undecided)
}

// A snapshot that is none is an error, and an order without a run is none.
func TestOpenOrdersOfWhatIsNoSnapshot(t *testing.T) {
	if open, _, err := transforms.OpenOrders([][]byte{nil, {}}, config); err != nil || len(open) > 0 {
		t.Errorf("of empty shards: %v, %v", open, err)
	}
	if _, _, err := transforms.OpenOrders([][]byte{[]byte("S\x01broken")}, config); err == nil {
		t.Error("a broken snapshot is read")
	}
}

// A pipeline that has not come to its end leaves the file as it was.
func TestAnEndThatDidNotComeLeavesTheFile(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	path := filepath.Join(t.TempDir(), "orders.carry")
	k, err := carry.Open(run, carry.Config{Path: path, Every: time.Hour, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	number := k.Begin(carry.Point{Final: true})
	k.Report(number, 1, carry.State{})
	if got := k.Finish(); got == nil || got.Error() != "-carry "+path+": 1 of 2 shards have not come to the end: the file is left as it was" {
		t.Errorf("got %v", got)
	}
	if _, err := carry.Read(path); err == nil {
		t.Error("there is a file")
	}
}
