package beamfix

import (
	"fmt"
	"os"
)

// Where the workers are in its own process the SDK makes an empty file in the directory of
// temporary files, as a binary that nobody runs. It never removes it, and it panics where
// it cannot make it, as on a full disk or in an image that has no such directory
// (runners/universal/runnerlib/execute.go:62). No setting avoids that.

// TemporaryDirectory gives the process a directory of its own for temporary files, below
// the one that it has, until remove is called. Call it before a pipeline is run on the
// embedded runner, and remove once that has begun or failed. The error is a line that
// names TMPDIR. It can be deleted once TestNoTemporaryFile of cmd/ordertimeout passes
// without it.
func TemporaryDirectory() (remove func(), err error) {
	before, was := os.LookupEnv("TMPDIR")
	dir, err := os.MkdirTemp("", "ordertimeout-")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("no directory for temporary files: %w: want one in TMPDIR", err)
	}
	return func() {
		if was {
			_ = os.Setenv("TMPDIR", before) // it was valid before
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
		_ = os.RemoveAll(dir) // nothing more can be done about it
	}, nil
}
