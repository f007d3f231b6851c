package localfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// aside is a file that is written beside its target, and takes its place as a whole.
type aside struct {
	target string // what the name leads to, were it a link
	path   string
	w      *os.File // locked
	done   bool     // it has taken its place
}

// openAside opens and locks the file beside a target. What a killed process left of it
// is used again.
func openAside(name string) (*aside, error) {
	a := &aside{target: resolve(name)}
	a.path = filepath.Join(filepath.Dir(a.target), "."+filepath.Base(a.target)+".tmp")
	for {
		w, err := os.OpenFile(a.path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lock(w); err != nil {
			w.Close()
			return nil, err
		}
		// Whoever had the lock may have put the file in its place meanwhile.
		mine, err := w.Stat()
		if there, thereErr := os.Stat(a.path); err == nil && thereErr == nil && os.SameFile(mine, there) {
			a.w = w
			return a, a.empty()
		}
		w.Close()
		if err != nil {
			return nil, err
		}
	}
}

// resolve returns what a path leads to, also where there is nothing yet.
func resolve(name string) string {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	target, err := os.Readlink(name)
	switch {
	case err != nil:
		return name
	case filepath.IsAbs(target):
		return target
	}
	return filepath.Join(filepath.Dir(name), target)
}

// empty drops what the file has, and gives it the permissions of the target.
func (a *aside) empty() error {
	err := a.w.Truncate(0)
	if old, statErr := os.Stat(a.target); err == nil && statErr == nil {
		err = a.w.Chmod(old.Mode().Perm())
	}
	if err != nil {
		a.w.Close()
	}
	return err
}

// commit puts the file in its place.
func (a *aside) commit() error {
	if err := a.w.Sync(); err != nil {
		return err
	}
	if err := os.Rename(a.path, a.target); err != nil {
		return err
	}
	a.done = true
	return syncFolder(a.target)
}

// drop removes the file if it did not take its place, while its lock is held.
func (a *aside) drop() {
	if !a.done {
		_ = os.Remove(a.path) // what stays is used again by the next run
	}
}

// syncFolder makes the name of a file last.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// WriteWhole writes a target, Stdout, None or a file, at once. Of a file there is the
// former or the new one at any moment, and never a part.
func WriteWhole(name string, text []byte) (err error) {
	if name == None {
		return nil
	}
	f, err := open(Target{Name: name, Mode: Aside})
	if err != nil {
		return fault(name, err)
	}
	if err = f.begin(); err == nil {
		_, err = f.write(text, false)
	}
	if err == nil {
		err = f.commit()
	}
	if closeErr := f.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fault(name, err)
	}
	return nil
}
