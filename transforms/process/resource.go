package process

import (
	"errors"
	"io"
	"reflect"
)

// errClosed is the error of opening something for a run that was closed.
var errClosed = errors.New("the run was closed")

// Get returns what the run owns of a type. At the first call open makes it; it must not
// call Get. A type is one package's own, so there is one of it in a run: what a package
// has many of, such as clients, it keeps in one value. Get fails once the run is closed.
func Get[R io.Closer](r *Run, open func() R) (R, error) {
	key := reflect.TypeFor[R]()
	r.owned.Lock()
	defer r.owned.Unlock()
	if r.closed {
		var none R
		return none, errClosed
	}
	if found, ok := r.byType[key]; ok {
		return found.(R), nil
	}
	opened := open()
	r.byType[key] = opened
	r.openings = append(r.openings, opened)
	return opened, nil
}

// Find returns what the run owns of a type, if that is open.
func Find[R io.Closer](r *Run) (found R, open bool) {
	r.owned.Lock()
	defer r.owned.Unlock()
	found, open = r.byType[reflect.TypeFor[R]()].(R)
	return found, open
}

// Add gives the run something to own that was opened before. It fails, and the caller
// keeps it, where the run has one of the type, or is closed.
func Add[R io.Closer](r *Run, opened R) error {
	key := reflect.TypeFor[R]()
	r.owned.Lock()
	defer r.owned.Unlock()
	switch {
	case r.closed:
		return errClosed
	case r.byType[key] != nil:
		return errors.New("open already")
	}
	r.byType[key] = opened
	r.openings = append(r.openings, opened)
	return nil
}
