package livemark

import (
	"math"
	"testing"
	"time"
)

// wmTest is a watermark with a clock that is set by hand: disorder 1 s, window
// 10 s, and 11 s to settle.
type wmTest struct {
	Watermark
	t     *testing.T
	clock time.Time
}

const start = 1_000_000 // s

func newWatermark(t *testing.T) *wmTest {
	w := &wmTest{t: t, clock: time.Unix(start, 0)}
	w.Config = Config{
		Now: func() time.Time { return w.clock }, Disorder: time.Second,
		Window: 10 * time.Second, MaxLag: time.Hour, Settle: 11 * time.Second, Stale: 3 * time.Second,
	}
	return w
}

// pulls lets a pull succeed each second up to a time in seconds from the start.
func (w *wmTest) pulls(until float64) {
	for {
		w.Pulled()
		next := w.clock.Add(time.Second)
		if end := seconds(until); next.After(end) {
			w.clock = end
			return
		}
		w.clock = next
	}
}

func seconds(s float64) time.Time {
	return time.Unix(start, 0).Add(time.Duration(math.Round(s*1000)) * time.Millisecond)
}

// want compares the watermark with a time in seconds from the start.
func (w *wmTest) want(reason string, s float64) {
	w.t.Helper()
	if got := w.Value(); got != seconds(s).UnixMilli() {
		w.t.Errorf("%s: watermark %v, want %v", reason, time.UnixMilli(got).Sub(time.Unix(start, 0)), s)
	}
}

// event lets an event come that was published just now.
func (w *wmTest) event(at time.Time) { w.message(at, w.clock) }

// message lets an event come that was published at a time.
func (w *wmTest) message(at, published time.Time) {
	w.Saw(at.UnixMilli(), at.UnixMilli(), published.UnixMilli())
}

func (w *wmTest) wantNone(reason string) {
	w.t.Helper()
	if got := w.Value(); got != 0 {
		w.t.Errorf("%s: watermark %v, want none", reason, time.UnixMilli(got).Sub(time.Unix(start, 0)))
	}
}

func TestWatermarkIsUnknownUntilPullsHaveSucceededForAWhile(t *testing.T) {
	w := newWatermark(t)
	w.wantNone("before the first pull")
	w.pulls(10.999)
	w.wantNone("1 ms before pulls have settled")
	w.pulls(11)
	w.want("pulls have settled", 10)
}

func TestWatermarkMovesOnWhileNothingComes(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20)
	w.want("idle", 19)
	w.pulls(20.5)
	w.want("and on", 19.5)
}

func TestWatermarkFollowsTheWorstLagOfTheWindow(t *testing.T) {
	w := newWatermark(t)
	w.pulls(5)
	w.event(seconds(-15)) // 20 s behind
	w.pulls(9)
	w.event(seconds(4)) // 5 s behind
	w.event(seconds(8.5))
	w.event(seconds(60)) // from the future
	w.pulls(15)
	w.want("the worst lag is 10 s old", -5)
	w.pulls(15.001)
	w.want("it is older; the next one counts", 10.001)
	w.pulls(19.001)
	w.want("and is older, too; what is left is less than the disorder", 18.001)
}

// In a backlog each message is behind by more than the disorder. The events among them
// may be as much before one another as anywhere.
func TestWatermarkAllowsForTheDisorderOfABacklog(t *testing.T) {
	w := newWatermark(t)
	w.pulls(5)
	w.message(seconds(-15), seconds(-15)) // 20 s behind
	w.message(seconds(-15.5), seconds(-14))
	w.message(seconds(-14), seconds(60)) // by a clock that is wrong
	w.message(seconds(-14), seconds(5-3600.001))
	w.pulls(15)
	w.want("published 20 s ago, and the disorder", -6)
	w.pulls(15.001)
	w.want("that is long ago", 14.001)
	w.event(seconds(15))
	w.message(seconds(12), seconds(13.501))
	w.pulls(20)
	w.want("an event is further behind than that", 16.999)
}

// Where all events are published long after they happened, the disorder is that among
// them.
func TestWatermarkAllowsForTheDisorderOfWhatIsPublishedLate(t *testing.T) {
	w := newWatermark(t)
	w.pulls(5)
	w.Saw(seconds(-5.5).UnixMilli(), seconds(-5).UnixMilli(), seconds(5).UnixMilli()) // 10.5 to 10 s behind
	w.pulls(9)
	w.event(seconds(-0.9)) // 9.9 s behind
	w.event(seconds(9 - 3600.001))
	w.pulls(15)
	w.want("all are behind by 9.9 s, and the disorder", 4.1)
	w.pulls(15.001)
	w.event(seconds(5.501)) // 9.5 s behind
	w.want("this one by less: by 9.5 s, and the disorder", 4.501)
	w.event(seconds(60)) // from the future
	w.pulls(15.4)
	w.want("so not all are: the worst lag is 9.9 s", 5.5)
	w.pulls(19.001)
	w.want("the worst lag is long ago", 9.501)
	w.pulls(25.002)
	w.want("so are all", 24.002)
}

func TestWatermarkStandsWhereALagWouldTakeItBack(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20)
	w.want("settled", 19)
	w.event(seconds(10))
	w.pulls(25)
	w.want("it would be at 15", 19)
}

func TestLagOfMoreThanTheLargestHoldsNothingBack(t *testing.T) {
	w := newWatermark(t)
	w.pulls(5)
	w.event(seconds(5 - 3600.001))
	w.pulls(12)
	w.want("an hour and 1 ms", 11)
	w = newWatermark(t)
	w.pulls(5)
	w.event(seconds(5 - 3600))
	w.pulls(12)
	w.want("an hour, and the disorder", 12-3600-1)
}

func TestWatermarkDoesNotPassWhatIsHeld(t *testing.T) {
	w := newWatermark(t)
	early, late := w.Hold(seconds(5).UnixMilli()), w.Hold(seconds(8).UnixMilli())
	w.pulls(20)
	w.want("both are held", 5)
	w.Release(early)
	w.want("one is handed out", 8)
	w.Release(late)
	w.want("all are", 19)
}

func TestWatermarkStandsWhilePullsFailAndForTheLeaseAfter(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20)
	w.want("settled", 19)
	w.Failed()
	w.clock = seconds(24)
	w.want("a pull failed", 19)
	w.pulls(34.999)
	w.want("1 ms before what it had leased is back for sure", 19)
	w.Failed()
	w.pulls(45.998)
	w.want("it failed again", 19)
	w.pulls(46)
	w.want("settled again", 45)
}

func TestWatermarkStandsWhileNoPullEnds(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20) // the last one at 20, say
	w.Pulled()
	w.clock = seconds(23)
	w.want("the last pull is as old as it may be", 22)
	w.clock = seconds(23.001)
	w.want("it is older", 22)
	w.pulls(34)
	w.want("pulls go on, and have not settled", 22)
	w.pulls(34.001)
	w.want("they have", 33.001)
}

// A server that is slow to answer, and a publisher that is faster than the pulls:
// each pull brings events that are further behind than all before.
func TestWatermarkStandsWhileAPullOfABacklogIsOut(t *testing.T) {
	w := newWatermark(t)
	a, b := new(Pull), new(Pull)
	w.pulls(20)
	w.event(seconds(19.9))
	w.event(seconds(17))
	w.Next(a, true)
	w.clock = seconds(20.2)
	w.Pulled()
	w.event(seconds(17.1)) // 3.1 s behind
	w.Next(b, true)
	w.want("the first pull to go out has seen 3 s", 17)
	w.clock = seconds(22.9)
	w.want("both are out", 17)
	w.Pulled()
	w.event(seconds(17.05))
	w.Next(a, true)
	w.want("one has come back, 5.85 s behind; the other one had seen 3.1 s", 17.05)
	w.Pulled()
	w.Next(b, false)
	w.want("the other one, with nothing; the first one is out again", 17.05)
	w.clock = seconds(23.4)
	w.want("it may bring more", 17.05)
	w.Pulled()
	w.Next(a, false)
	w.want("it brought nothing, so pulls wait for what is not published yet", 17.55)
}

func TestLagIsNotForgottenWhileAPullOfABacklogIsOut(t *testing.T) {
	w := newWatermark(t)
	w.Window = time.Second
	r := new(Pull)
	w.pulls(20)
	w.want("settled", 19)
	w.event(seconds(10)) // 10 s behind
	w.Next(r, true)
	w.clock = seconds(22.5)
	w.want("for 2.5 s, more than the window, no pull came back", 19)
	w.Pulled()
	w.event(seconds(10.1))
	w.Next(r, true)
	w.want("it brings more", 19)
	w.clock = seconds(24)
	w.Pulled()
	w.Next(r, false)
	w.want("a second after the last lag a pull brought nothing", 23)
}

func TestPullOfNoBacklogHoldsNothing(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20)
	w.event(seconds(19.5))
	w.Next(new(Pull), true)
	w.clock = seconds(22)
	w.want("the last event was half a second behind", 20.5)
	w = newWatermark(t)
	w.pulls(20)
	w.event(seconds(10))
	w.Next(new(Pull), true)
	w.Stale = time.Hour
	w.clock = seconds(30)
	w.want("10 s out, behind by 10 s", 9)
	w.clock = seconds(30.001)
	w.want("longer: it waits for a message to be published", 29.001)
}

func TestFrozenWatermarkStands(t *testing.T) {
	w := newWatermark(t)
	w.pulls(20)
	w.Freeze()
	w.pulls(40)
	w.want("it was frozen at 20", 19)
	w = newWatermark(t)
	w.Freeze()
	w.pulls(40)
	w.wantNone("it was frozen at the start")
}
