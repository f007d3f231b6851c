package process

import (
	"testing"
	"time"
)

func TestTallyKnowsHowLongThePausesWere(t *testing.T) {
	var tally Tally
	if got := tally.Pauses(); got != (Pauses{}) {
		t.Errorf("without any: %v", got)
	}
	for i := range 100 {
		tally.Paused(time.Duration(i/99*70+2) * time.Millisecond)
	}
	if got, want := tally.Pauses(), (Pauses{100, 2 * time.Millisecond, 2 * time.Millisecond, 72 * time.Millisecond}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
