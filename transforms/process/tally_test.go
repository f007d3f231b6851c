package process

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

func malformed(text, place string) order.Reject {
	return order.Reject{Reason: order.Malformed, Error: text, Source: place, Input: "x" + place}
}

func TestTallyCountsTheReasonsWithoutTheValuesOfEach(t *testing.T) {
	r := NewRun()
	defer r.Close()
	tally := r.Tally()
	if _, ok := tally.FirstMalformed(); ok || len(tally.Reasons()) > 0 {
		t.Error("nothing was put aside, and there is a reason")
	}
	tally.Malformed([]order.Reject{malformed(`time: got "a", want a time`, "f:1"), malformed(`time: got "b", want a time`, "f:2")})
	tally.PutAside(order.Orphan, "pay without an open run", "f", 9, 5)
	tally.PutAside(order.Duplicate, "pay delivered again", "f", 3, 0)
	tally.Malformed([]order.Reject{malformed("type: missing", "f:4"), malformed(`time: got "c", want a time`, "f:5")})
	tally.PutAside(order.Orphan, "pay without an open run", "f", 7, 1)
	want := []Reason{
		{order.Orphan, "pay without an open run", "f:7", 6},
		{order.Malformed, `time: got "a", want a time`, "f:1", 3},
		{order.Malformed, "type: missing", "f:4", 1},
	}
	if diff := cmp.Diff(want, tally.Reasons()); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if first, ok := tally.FirstMalformed(); !ok || first.Input != "xf:1" {
		t.Errorf("the first malformed input is %+v, %t", first, ok)
	}
}

// Whoever writes the input may make up reasons, types and texts of any length.
func TestTallyIsBounded(t *testing.T) {
	r := NewRun()
	defer r.Close()
	tally, long := r.Tally(), strings.Repeat("x", 1<<20)
	for i := range 1000 {
		reject := malformed(strings.Repeat("y", i), long)
		reject.Input = long
		tally.Malformed([]order.Reject{reject})
		tally.Other(strings.Repeat("z", i)+long, 1)
		tally.Other(fmt.Sprint(i), 1)
	}
	var sum int64
	reasons := tally.Reasons()
	for _, reason := range reasons {
		sum += reason.Count
		if len(reason.Text) > maxName || len(reason.Place) > maxName {
			t.Errorf("a reason of %d bytes at a place of %d", len(reason.Text), len(reason.Place))
		}
	}
	if len(reasons) > maxReasons+1 || sum != 1000 || reasons[0].Text != "other reasons" {
		t.Errorf("%d reasons for %d inputs, first %.40q: want at most %d for 1000, most of them other", len(reasons), sum, reasons[0].Text, maxReasons+1)
	}
	if n := len(tally.Others()); n > maxTypes {
		t.Errorf("%d types: want at most %d", n, maxTypes)
	}
	if first, _ := tally.FirstMalformed(); len(first.Input) > maxFirst {
		t.Errorf("%d bytes of the first input: want at most %d", len(first.Input), maxFirst)
	}
}

func TestTallyNamesTheMostFrequentTypeFirst(t *testing.T) {
	var tally Tally
	tally.Other("b", 1)
	tally.Other("a", 1)
	tally.Other("c", 3)
	tally.Other("b", 1)
	if diff := cmp.Diff([]TypeCount{{"c", 3}, {"b", 2}, {"a", 1}}, tally.Others()); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	tally.Orphaned(Orphans{1, 2, 3})
	tally.Orphaned(Orphans{NoUser: 4})
	if got, want := tally.Orphans(), (Orphans{5, 2, 3}); got != want {
		t.Errorf("orphans %+v, want %+v", got, want)
	}
}

func TestTallyKnowsHowFarLateEventsWereBehind(t *testing.T) {
	var tally Tally
	if most, longest := tally.Behind(); most != 0 || longest != 0 {
		t.Errorf("without any: %v, %v", most, longest)
	}
	var behind []int64
	for i := range int64(99) {
		behind = append(behind, 1000+i)
	}
	tally.Late(append(behind, 3_600_000))
	most, longest := tally.Behind()
	if most < 1098*time.Millisecond || most > 1098*time.Millisecond*5/4 || longest != time.Hour {
		t.Errorf("got %v and %v, want 1.1 s, or a fourth more, and 1h", most, longest)
	}
	tally.Late([]int64{math.MaxInt64, -1})
	if _, longest := tally.Behind(); longest < 290*365*24*time.Hour {
		t.Errorf("the longest is %v", longest)
	}
}

func TestBucketsOfAHistogramHoldWhatIsNoLongerThanTheirTop(t *testing.T) {
	for ms := int64(0); ms < 1<<60; ms += 1 + ms/3 {
		b := bucketOf(ms)
		if top := topOf(b); ms > top || b > 0 && ms <= topOf(b-1) || top-ms > max(1, ms/4) {
			t.Errorf("%d is in bucket %d, to %d, after one to %d", ms, b, top, topOf(b-1))
		}
	}
	if b := bucketOf(math.MaxInt64); b >= len(histogram{}.buckets) {
		t.Errorf("no bucket %d", b)
	}
}

func TestNilTallyDoesNothing(t *testing.T) {
	tally := (*Tally)(nil)
	tally.Malformed([]order.Reject{malformed("x", "y")})
	tally.PutAside(order.Late, "x", "y", 1, 1)
	tally.Other("x", 1)
	tally.Late([]int64{1})
	tally.Orphaned(Orphans{1, 1, 1})
	tally.ConditionFailed("x", "y", 1)
	_, failed := tally.FailedCondition()
	_, ok := tally.FirstMalformed()
	if most, longest := tally.Behind(); ok || failed || most != 0 || longest != 0 || tally.Reasons() != nil || tally.Others() != nil || tally.Orphans() != (Orphans{}) {
		t.Error("a nil tally has something to say")
	}
}
