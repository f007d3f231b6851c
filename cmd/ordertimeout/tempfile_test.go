package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run leaves no temporary file, as a service that is started again and again would many.
// Where it can make none, as in an image without a directory for them, it says so.
func TestNoTemporaryFile(t *testing.T) {
	dir := t.TempDir()
	in := func(temp string, args ...string) result {
		return start(t, []string{"TMPDIR=" + temp}, args...).wait()
	}
	rejects := filepath.Join(t.TempDir(), "rejects")
	read := []string{"-input", "../../testdata/orders.jsonl", "-success", "none", "-timeouts", "none", "-rejects", rejects, "-quiet"}
	again := []string{"resend", "-from", rejects, "-success", "none", "-timeouts", "-", "-quiet"}
	for _, args := range [][]string{read, {"-input", "demo:?count=10&speed=0", "-success", "none", "-timeouts", "none", "-quiet"}, again} {
		if r := in(dir, args...); r.status != exitOK || r.stderr != "" {
			t.Errorf("%v: %+v", args, r)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v: %v, and left %v", args, err, left)
		}
		r := in(filepath.Join(dir, "nonesuch"), args...)
		if r.status != exitFailed || !strings.HasPrefix(r.stderr, "ordertimeout: no directory for temporary files: stat "+dir) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%v: without a directory: %+v", args, r)
		}
	}
}
