package replica

import (
	"slices"
	"testing"

	"ordertimeout/transforms/shard"
)

// numbers returns the points that a worker has come to, and forgets them.
func (w *worker) numbers() (numbers []int64) {
	for _, p := range w.points {
		numbers = append(numbers, p.Number)
	}
	w.points = nil
	return numbers
}

func (w *worker) wantPoints(when string, want ...int64) {
	w.t.Helper()
	got := w.numbers()
	if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
		w.t.Errorf("%s: points %v, want %v", when, got, want)
	}
}

// A shard has come to a point when all that is due before it is worked and emitted, also
// what was begun early.
func TestAShardComesToAPointBehindItsTicks(t *testing.T) {
	w := newWorker(t, newStore())
	w.batch("point@0 1")
	w.fire(0)
	w.wantPoints("a shard without anything", 1)
	w.batch("create@1000 o1", "watermark@4500", "point@4500 2")
	w.wantPoints("a tick is to come, and begun")
	w.want(w.fire(4500))
	w.wantPoints("its tick is worked", 2)
	w.batch("pay@5200 o1", "point@4700 3")
	w.want(w.fire(4700))
	w.wantPoints("nothing is due before it", 3)
	w.batch("point@9999 4")
	w.want(w.fire(1000)) // a timer that has nothing to do any more
	w.wantPoints("the tick of a former batch is due, too")
	w.want(w.fire(9999), "success o1")
	w.wantPoints("it is worked", 4)
	w.batch("create@9999 o2", "watermark@10500")
	w.want(w.fire(10500))
	w.wantPoints("there is no point")
}

// What a shard has not changed need not be written again.
func TestAPointTellsWhetherTheShardHasChanged(t *testing.T) {
	w := newWorker(t, newStore())
	for _, test := range []struct {
		what  string
		batch []string
		want  bool
	}{
		{"nothing was there", []string{"point@0 1"}, false},
		{"an event", []string{"create@1500 o1", "point@1200 2"}, true},
		{"nothing", []string{"point@1300 3"}, false},
	} {
		w.points = nil
		w.batch(test.batch...)
		w.fire(1400)
		if len(w.points) != 1 || (w.points[0].State != nil) != test.want {
			t.Errorf("%s: got %v, want a state: %v", test.what, w.points, test.want)
		}
	}
	w.points = nil
	w.batch("point@2000 4")
	w.want(w.fire(2000))
	if len(w.points) != 1 || w.points[0].State == nil {
		t.Errorf("a tick: got %v, want a state", w.points)
	}
}

// Another shard goes on with the state of a point, in its timers, too: from one in the middle of
// a log, and from its end.
func TestAShardGoesOnWithTheStateOfAPoint(t *testing.T) {
	for _, test := range []struct {
		where string
		come  func(w *worker)
		begun []shard.Standing
	}{
		{"in the middle", func(w *worker) {
			w.batch("create@1000 o1", "create@5000 o2", "pay@6200 o2", "point@6100 1")
			w.want(w.tick(6000))
		}, []shard.Standing{{Open: 2, Waiting: 1}}},
		{"at the end", func(w *worker) {
			w.batch("create@1000 o1", "create@5000 o2", "pay@6200 o2", "cut@6100 1")
			w.want(w.tick(7000), "open o1", "open o2", "open ")
		}, []shard.Standing{{Open: 2, Waiting: 1}}},
	} {
		before := newWorker(t, newStore())
		test.come(before)
		if len(before.points) != 1 {
			t.Fatalf("%s: came to %v", test.where, before.points)
		}
		record := shard.Pack(before.points[0].State)
		after := newWorkerOf(t, newStore(), Config{Start: func(int64) []byte { return record }})
		after.batch("goOn@0")
		if !slices.Equal(after.begun, test.begun) {
			t.Errorf("%s: it begins with %v, want %v", test.where, after.begun, test.begun)
		}
		next := after.timers[len(after.timers)-1]
		if next.Tick != 7000 {
			t.Errorf("%s: timers %v, want one at 7000", test.where, after.timers)
		}
		again := newWorker(t, after.store.copy()) // the log has it, too
		for _, w := range []*worker{after, again} {
			w.want(w.tick(next.Tick), "success o2")
			w.want(w.tick(11000), "timeout o1")
		}
	}
}

// A shard that goes on from nothing, and one whose settings know of nothing, are empty.
func TestAShardGoesOnFromNothing(t *testing.T) {
	for _, c := range []Config{{}, {Start: func(int64) []byte { return nil }}} {
		w := newWorkerOf(t, newStore(), c)
		w.batch("goOn@0", "create@1000 o1", "watermark@12000")
		w.want(w.tick(12000), "timeout o1")
	}
}
