package localfile

import (
	"errors"
	"os"
)

// Lock is the lock of a file that a process has for itself. Closing it lets go.
type Lock struct{ w *os.File }

// LockFile locks the file at a path, which is made where it is not there, and stays empty.
// It fails where another process has the lock.
func LockFile(path string) (*Lock, error) {
	w, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, plain(err)
	}
	if err := lock(w); err != nil {
		w.Close()
		return nil, errors.New("another process has it")
	}
	return &Lock{w}, nil
}

// Close lets go of the lock. The file stays: were it removed, two processes could each
// have a lock, of the old file and of a new one.
func (l *Lock) Close() error { return l.w.Close() }
