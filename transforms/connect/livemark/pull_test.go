package livemark

import (
	"testing"
	"time"
)

// tail is a watermark without disorder, settled, 20 s after the start: an event that
// was 0.2 s behind has come, and the pull after it, which begins then, stays out.
func tail(t *testing.T) *wmTest {
	w := newWatermark(t)
	w.Disorder, w.Stale = 0, time.Hour
	w.pulls(20)
	w.event(seconds(19.8))
	w.Next(new(Pull), true)
	return w
}

// probe is a probe that finds nothing.
func (w *wmTest) probe(begun, answered float64) {
	w.clock = seconds(answered)
	w.Pulled()
	w.Probed(seconds(begun))
}

func TestProbesMoveAPullThatIsOutToTheOneBeforeTheLast(t *testing.T) {
	w := tail(t)
	w.clock = seconds(20.249)
	w.wantDoubt("no pull of a moment is in doubt", false)
	w.clock = seconds(20.25)
	w.wantDoubt("it is out for a while", true)
	w.probe(20.3, 20.31)
	w.want("what the server had given to the pull may come yet", 19.8)
	w.probe(20.81, 20.82)
	w.want("it would have by now", 20.1)
	w.clock = seconds(21.3)
	w.want("nothing is known of later", 20.1)
	w.wantDoubt("and a probe to be made", true)
	w.probe(21.32, 21.33)
	w.want("the next one", 20.61)
	w.clock = seconds(30)
	w.want("10 s out", 20.61)
	w.clock = seconds(30.001)
	w.want("longer, which is longer than the lag counts", 30.001)
	w.wantDoubt("it waits for a message to be published", false)
}

func (w *wmTest) wantDoubt(reason string, want bool) {
	w.t.Helper()
	if got := w.InDoubt(); got != want {
		w.t.Errorf("%s: in doubt: %t", reason, got)
	}
}

// While a server is frozen no probe is answered; when it goes on, the answers may
// come in any order.
func TestFrozenServerHoldsTheWatermarkInSpiteOfProbes(t *testing.T) {
	w := tail(t)
	w.probe(20.3, 20.31)
	w.clock = seconds(24.49)
	w.want("the second one began at 20.81, when the server was frozen", 19.8)
	w.probe(20.81, 24.5)
	w.want("it goes on and answers, the pull not yet", 19.8)
	w.probe(25.01, 25.02)
	w.want("the first prompt answer after that", 19.8)
	w.event(seconds(20.5)) // 4.52 s behind
	w.want("the message that the pull had got when the server froze", 19.8)
	w.probe(25.53, 25.54)
	w.want("it is the worst lag, and proofs before it count no more", 19.8)
	w.probe(26.05, 26.06)
	w.want("a row after it counts, with this lag", 25.53-4.52)
}

func TestProbesProveNothingAfterASlowOneALagOrAFailure(t *testing.T) {
	for reason, between := range map[string]func(*wmTest){
		"a worse lag":   func(w *wmTest) { w.event(seconds(20.1)) },
		"a slow answer": func(w *wmTest) { w.probe(20.2, 20.2+promptly.Seconds()+0.001) },
		"a failure":     func(w *wmTest) { w.Failed() },
	} {
		w := tail(t)
		w.Settle = 0
		w.probe(20.15, 20.16)
		w.clock = seconds(20.31)
		between(w)
		w.Pulled()
		w.probe(20.81, 20.82)
		w.want(reason+" ends the row", 19.8)
		w.probe(21.32, 21.33)
		if got := w.Value(); got <= seconds(19.8).UnixMilli() {
			t.Errorf("%s: the next row did not count", reason)
		}
	}
}

func TestProbesMoveNoPullThatWentOutAfterThem(t *testing.T) {
	w := tail(t)
	w.probe(20.3, 20.31)
	w.event(seconds(20.2))
	w.Next(new(Pull), true)
	w.probe(20.81, 20.82)
	w.want("the first pull is moved to 20.3", 20.1)
	w.probe(21.32, 21.33)
	w.want("now both are, to 20.81", 20.61)
}

func TestProbesMoveNoPullWhoseAnswerHasBegunToCome(t *testing.T) {
	w := tail(t)
	r := new(Pull)
	w.Next(r, true)
	w.Answering(r)
	w.Answering(new(Pull)) // of an idle pull, which holds nothing
	w.probe(20.3, 20.31)
	w.probe(20.81, 20.82)
	w.want("it brings what the server had when the probes began", 19.8)
	w.Next(r, true)
	w.probe(21.32, 21.33)
	w.probe(21.84, 21.85)
	w.want("it has come, and the next one is out", 21.12)
}

func TestNoDoubtWhereTheWatermarkStandsAnywayOrIsNotHeld(t *testing.T) {
	for reason, change := range map[string]func(*wmTest){
		"it is frozen":        func(w *wmTest) { w.Freeze() },
		"a pull has failed":   func(w *wmTest) { w.Failed() },
		"it has not settled":  func(w *wmTest) { w.Settle = time.Hour },
		"the disorder covers": func(w *wmTest) { w.Disorder = time.Second },
	} {
		w := tail(t)
		change(w)
		w.clock = seconds(25)
		w.wantDoubt(reason, false)
	}
}
