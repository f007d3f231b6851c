package beamfix

import "testing"

func TestNoiseIsToldFromWarnings(t *testing.T) {
	for message, want := range map[string]bool{
		"Control done":                    true,
		"[SDK] Control done: worker-1":    true,
		"Error creating GCS client: none": true,
		"bundle failed: Control done":     false,
		"[SDK] the disk is full":          false,
	} {
		if got := IsNoise(message); got != want {
			t.Errorf("%q is noise: %t, want %t", message, got, want)
		}
	}
}
