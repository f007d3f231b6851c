package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"
)

// ticking returns the loop at a speed of 2, and the wall when it opened.
func ticking(t *testing.T, taken, w int64) (*session, time.Time) {
	t.Helper()
	c := defaults()
	c.Loop, c.Speed, c.Disorder = true, 2, 5*time.Second
	c.Shop.Start = time.UnixMilli(100_000)
	wall := time.Unix(5_000_000, 0)
	s, err := newSession(c, taken, w, wall)
	if err != nil {
		t.Fatal(err)
	}
	return s, wall
}

// The events of the loop are at 100, 101, 102... s. At a speed of 2 they arrive
// every 500 ms of the wall; the watermark is 5 s behind.
func TestABundleHasWhatHasArrived(t *testing.T) {
	s, wall := ticking(t, 0, 95_000)
	steps := []struct {
		reason    string
		at        time.Duration // of the wall
		events    int
		watermark int64
	}{
		{"the first is there at once", 0, 1, 95_000},
		{"1 ms before the second: time goes on, 2 ms short of it", 499 * time.Millisecond, 0, 95_998},
		{"the second", 500 * time.Millisecond, 1, 96_000},
		{"no second passes on the wall", 500 * time.Millisecond, 0, 96_000},
		{"three at once, and half a second more", 2250 * time.Millisecond, 3, 99_500},
	}
	for _, step := range steps {
		events, w := s.bundle(1000, wall.Add(step.at))
		if len(events) != step.events || w != step.watermark {
			t.Errorf("%s: %d events and %d, want %d and %d", step.reason, len(events), w, step.events, step.watermark)
		}
	}
	// The next arrives at 105 s.
	if got, want := s.clock.until(s.coming.At, wall.Add(2250*time.Millisecond)), 250*time.Millisecond; got != want {
		t.Errorf("the next is to come in %s, want %s", got, want)
	}
}

func TestABundleThatIsFullEndsAtItsLastEvent(t *testing.T) {
	s, wall := ticking(t, 0, 95_000)
	events, w := s.bundle(3, wall.Add(time.Hour))
	if len(events) != 3 || w != 97_000 {
		t.Errorf("%d events and %d, want 3 and 97000", len(events), w)
	}
}

func TestTheClockGoesOnFromTheWatermark(t *testing.T) {
	// Three were taken, then the watermark went on to 97.8 s with the clock.
	s, wall := ticking(t, 3, 97_800)
	if events, w := s.bundle(1000, wall); len(events) != 0 || w != 97_800 {
		t.Errorf("%d events and %d, want 0 and 97800", len(events), w)
	}
	if events, w := s.bundle(1000, wall.Add(100*time.Millisecond)); len(events) != 1 || w != 98_000 {
		t.Errorf("%d events and %d, want 1 and 98000", len(events), w)
	}
}

// Whoever tries a demo again is to see the same orders: its bytes are pinned.
func TestTheEventsOfAURINeverChange(t *testing.T) {
	for uri, want := range map[string]string{ // SHA-256
		"demo:?start=2026-01-01T00:00:00Z": "2a1bdb706755bc76df8914504fec94e5d51234941cb1fc0fc7a24f0a7d41e363",
		"demo:?start=2026-01-01T00:00:00Z&seed=7&rate=5&paid=0.5&paid-late=0.2&delay=9s&late=0.05&repeat=0.05&hot=0.2": "366cb40413efb67856b3d85fac72d604d321c327fba46a83100a81a02c5c593b",
	} {
		c, err := Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		c.Shop = c.shop(time.Time{})
		s, err := newSession(c, 0, 0, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		for range 10_000 {
			sum.Write(append(s.take().Raw, '\n'))
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("%s: hash %s, want %s", uri, got, want)
		}
	}
}
