package sequence

import "testing"

func TestTrackerGivesUpItsRestToACheckpointOnly(t *testing.T) {
	tr := NewTracker(Rest{Start: 7})
	if !tr.TryClaim(int64(9)) || tr.IsDone() {
		t.Fatal("a claim failed or ended the sequence")
	}
	if primary, residual, err := tr.TrySplit(0.5); primary != (Rest{Start: 9}) || residual != nil || err != nil || tr.IsDone() {
		t.Errorf("split at half gave %v, %v, %v, done %t", primary, residual, err, tr.IsDone())
	}
	if primary, residual, err := tr.TrySplit(0); primary != (Rest{Start: 9}) || residual != (Rest{Start: 9}) || err != nil || !tr.IsDone() {
		t.Errorf("checkpoint gave %v, %v, %v, done %t", primary, residual, err, tr.IsDone())
	}
	if _, residual, _ := tr.TrySplit(0); residual != nil {
		t.Errorf("a second checkpoint gave %v", residual)
	}
	if tr.TryClaim(int64(10)) || tr.GetError() != nil {
		t.Errorf("a claim after the checkpoint was given, or is an error: %v", tr.GetError())
	}
}

func TestTrackerIsDoneAtTheEnd(t *testing.T) {
	tr := NewTracker(Rest{})
	if done, left := tr.GetProgress(); done != 0 || left != 1 {
		t.Errorf("progress %v, %v at the start", done, left)
	}
	if !tr.TryClaim(End) || !tr.IsDone() {
		t.Error("the claim of the end does not end the sequence")
	}
	if _, residual, _ := tr.TrySplit(0); residual != nil {
		t.Errorf("a checkpoint after the end gave %v", residual)
	}
	if done, left := tr.GetProgress(); done != 1 || left != 0 {
		t.Errorf("progress %v, %v at the end", done, left)
	}
}

func TestTrackerRefusesClaimsThatMakeNoSense(t *testing.T) {
	for _, claim := range []any{"x", 5, int64(2)} {
		tr := NewTracker(Rest{Start: 3})
		if tr.TryClaim(claim) || tr.GetError() == nil {
			t.Errorf("claim of %v (%[1]T) from 3 on: no error", claim)
		}
	}
}

func TestWatermarkNeverGoesBack(t *testing.T) {
	w := NewWatermark(1)
	w.Advance(5)
	w.Advance(3)
	if got := w.CurrentWatermark().UnixMilli(); got != 5 || w.Millis() != 5 {
		t.Errorf("watermark %d, want 5", got)
	}
}
