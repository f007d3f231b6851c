package sink

import (
	"errors"
	"io"
	"os"
)

// OpenToAppend is Open for targets of which nothing is replaced: lines are added to
// what is in a file. A last line that was cut is completed by a newline, so that none
// is glued to it.
func OpenToAppend(runID string, targets ...string) (*Set, error) {
	return openSet(runID, (*file).complete, targets)
}

// complete ends the last line of a file. Pipes and devices are left as they are.
func (f *file) complete() error {
	info, err := f.w.Stat()
	if f.standard || err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	r, err := os.Open(f.target) // f.w is for writing alone
	if err != nil {
		return err
	}
	defer r.Close()
	last := make([]byte, 1)
	if _, err := r.ReadAt(last, info.Size()-1); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	_, err = f.w.WriteString("\n")
	return err
}
