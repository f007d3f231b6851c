package livemark

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// idleTail is a source with one pull, and its service, in the time of a synctest bubble.
// The service holds a pull until there is an event.
type idleTail struct {
	events chan time.Time
	probes int
	ctx    context.Context

	mu    sync.Mutex
	works chan struct{} // closed while the service is not frozen
	mark  Watermark
	got   []time.Duration // how late each event was
}

// startTail returns a source without disorder. An event that was 0.3 s behind has come a
// while after the start, and the pull after it stays out.
func startTail(t *testing.T) *idleTail {
	s := &idleTail{works: make(chan struct{}), events: make(chan time.Time, 9)}
	close(s.works)
	s.mark.Config = Config{Now: time.Now, Window: 10 * time.Second, MaxLag: time.Hour, Stale: time.Hour}
	s.mark.Pulled()
	var stop context.CancelFunc
	s.ctx, stop = context.WithCancel(t.Context())
	go s.pull()
	go Probe(s.ctx, s.inDoubt, s.probe)
	t.Cleanup(stop)
	s.events <- time.Now().Add(-300 * time.Millisecond)
	synctest.Wait()
	return s
}

func (s *idleTail) pull() {
	var p Pull
	for {
		select {
		case at := <-s.events:
			<-s.working()
			s.take(&p, at)
		case <-s.ctx.Done():
			return
		}
	}
}

// take takes an event in.
func (s *idleTail) take(p *Pull, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, max(0, time.UnixMilli(s.mark.Value()).Sub(at)))
	s.mark.Pulled()
	s.mark.Saw(at.UnixMilli(), at.UnixMilli(), time.Now().UnixMilli())
	s.mark.Next(p, true)
}

func (s *idleTail) inDoubt() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark.InDoubt()
}

// probe is answered within 10 ms, or when the service goes on.
func (s *idleTail) probe() bool {
	begun := time.Now()
	s.probes++
	time.Sleep(10 * time.Millisecond)
	<-s.working()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark.Pulled()
	s.mark.Probed(begun)
	return s.ctx.Err() == nil
}

// working returns what is closed while the service is not frozen, and freeze sets it.
func (s *idleTail) working() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.works
}

func (s *idleTail) freeze(works chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.works = works
}

// behind returns how far the watermark is behind the clock.
func (s *idleTail) behind() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(time.UnixMilli(s.mark.Value()))
}

func TestProbesKeepTheWatermarkASecondBehindTheLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startTail(t)
		for range 90 {
			time.Sleep(100 * time.Millisecond)
			if got := s.behind(); got > 2*time.Second {
				t.Fatalf("%v behind the clock, want a lag of 0.3 s and two probes", got)
			}
		}
		if s.probes < 2 || s.probes > 18 {
			t.Errorf("%d probes in 9 s, want two a second at most", s.probes)
		}
	})
}

// What was published when the service froze is on time when it goes on.
func TestFrozenServiceHoldsTheWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startTail(t)
		time.Sleep(3 * time.Second)
		s.freeze(make(chan struct{}))
		froze := time.Now()
		s.events <- froze
		time.Sleep(4 * time.Second)
		if got := time.Now().Add(-s.behind()); got.After(froze) {
			t.Errorf("the watermark passed the event by %v", got.Sub(froze))
		}
		close(s.working())
		synctest.Wait()
		if len(s.got) != 2 || s.got[1] > 0 {
			t.Errorf("the events were late by %v, want two that are not", s.got)
		}
	})
}

// A service that takes no probes is not asked again, and the watermark waits.
func TestProbesEndWhereTheyAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		Probe(t.Context(), func() bool { return true }, func() bool { n++; return n < 3 })
		if n != 3 {
			t.Errorf("%d probes, want none after the third, which was refused", n)
		}
	})
}

func TestProbesEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	Probe(ctx, func() bool { t.Error("asked after the end"); return false }, nil)
}
