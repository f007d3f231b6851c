package demo

import "testing"

func TestTrackerGivesUpItsRestToACheckpointOnly(t *testing.T) {
	tr := &tracker{rest: position{7}}
	if !tr.TryClaim(int64(9)) || tr.IsDone() {
		t.Fatal("a claim failed or ended the position")
	}
	if primary, residual, err := tr.TrySplit(0.5); primary != (position{9}) || residual != nil || err != nil || tr.IsDone() {
		t.Errorf("split at half gave %v, %v, %v, done %t", primary, residual, err, tr.IsDone())
	}
	if primary, residual, err := tr.TrySplit(0); primary != (position{9}) || residual != (position{9}) || err != nil || !tr.IsDone() {
		t.Errorf("checkpoint gave %v, %v, %v, done %t", primary, residual, err, tr.IsDone())
	}
	if _, residual, _ := tr.TrySplit(0); residual != nil {
		t.Errorf("a second checkpoint gave %v", residual)
	}
	if tr.TryClaim(int64(10)) || tr.GetError() != nil {
		t.Errorf("a claim after the checkpoint was given, or is an error: %v", tr.GetError())
	}
}

func TestTrackerIsDoneAfterTheWhole(t *testing.T) {
	tr := &tracker{}
	if !tr.TryClaim(whole) || !tr.IsDone() {
		t.Error("the whole is not done")
	}
	if _, residual, _ := tr.TrySplit(0); residual != nil {
		t.Errorf("a checkpoint after the end gave %v", residual)
	}
	if done, left := tr.GetProgress(); done != 1 || left != 0 {
		t.Errorf("progress %v, %v", done, left)
	}
}

func TestTrackerRefusesAClaimOfAnotherType(t *testing.T) {
	tr := &tracker{}
	if tr.TryClaim("x") || tr.GetError() == nil {
		t.Error("no error")
	}
}

func TestEstimatorNeverGoesBack(t *testing.T) {
	e := &estimator{}
	e.advance(5)
	e.advance(3)
	if got := e.CurrentWatermark().UnixMilli(); got != 5 {
		t.Errorf("watermark %d, want 5", got)
	}
}
