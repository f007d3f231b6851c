package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// The targets that are no file.
const (
	Stdout = "-"    // standard output
	None   = "none" // nowhere
)

// Set is the open targets of one run. The command opens it before the pipeline
// starts and closes it after the pipeline has ended; the DoFns of the same
// process find it by the run's id.
type Set struct {
	runID   string
	targets map[string]*file // by target as given; several may share a file
	files   []*file          // each once
}

var sets sync.Map // *Set by run id

// Open opens the targets of a run: Stdout, None or paths of files. The parent
// folder of a file is made; what is in the file is replaced, once every target
// of the set could be opened. Targets that are the same file, whatever the way
// it is spelled, share one writer. A file that is standard output or standard
// error (/dev/stdout) is written as such, so never truncated. Opening a FIFO
// waits for its reader.
//
// That no target is an input of the same run is for the caller to check. So is
// to ignore SIGPIPE: a Go program ends by it, without a word, on a write to a
// standard output that is closed.
func Open(runID string, targets ...string) (*Set, error) {
	return openSet(runID, (*file).replace, targets)
}

// openSet opens targets, and then does with what is in each of them what is to be done.
func openSet(runID string, begin func(*file) error, targets []string) (*Set, error) {
	s := &Set{runID: runID, targets: make(map[string]*file)}
	for _, target := range targets {
		if err := s.add(target); err != nil {
			return nil, s.abandon(fault(target, err))
		}
	}
	for _, f := range s.files {
		if err := begin(f); err != nil {
			return nil, s.abandon(fault(f.target, err))
		}
	}
	if _, loaded := sets.LoadOrStore(runID, s); loaded {
		return nil, s.abandon(fmt.Errorf("sink: run %q: its targets are open already", runID))
	}
	return s, nil
}

// lookup returns the open file of a target, or nil where this process has none.
func lookup(runID, target string) *file {
	s, ok := sets.Load(runID)
	if !ok {
		return nil
	}
	return s.(*Set).targets[target]
}

// Close closes the targets. It returns the first error of the run's writes, or
// else of closing: without an error all lines are in their files.
func (s *Set) Close() error {
	sets.CompareAndDelete(s.runID, s)
	var first error
	for _, f := range s.files {
		if err := f.close(); err != nil && first == nil {
			first = fault(f.target, err)
		}
	}
	return first
}

// abandon closes what is open after a failed Open, and returns its error.
func (s *Set) abandon(err error) error {
	for _, f := range s.files {
		f.close()
	}
	return err
}

// add opens a target, or finds the open file that it is.
func (s *Set) add(target string) error {
	if target == None || s.targets[target] != nil {
		return nil
	}
	if shared := s.same(target); shared != nil {
		s.targets[target] = shared
		return nil
	}
	f, err := open(target)
	if err != nil {
		return err
	}
	s.targets[target] = f
	s.files = append(s.files, f)
	return nil
}

// same returns the file of the set that a target is, or nil.
func (s *Set) same(target string) *file {
	info, err := stat(target)
	if err != nil {
		return nil // a new file, or one that open says more about
	}
	for _, f := range s.files {
		if other, err := f.w.Stat(); err == nil && os.SameFile(info, other) {
			return f
		}
	}
	return nil
}

func stat(target string) (fs.FileInfo, error) {
	if target == Stdout {
		return os.Stdout.Stat()
	}
	return os.Stat(target)
}

// file is one open file. Its lines never interleave: a write appends whole
// lines under its lock.
type file struct {
	target   string // as it was given first
	standard bool   // a stream of the process, which stays open

	mu  sync.Mutex
	w   *os.File
	err error // of the first write that failed; the later ones fail with it
}

// open opens a target and leaves what is in it.
func open(target string) (*file, error) {
	if target == "" {
		return nil, errors.New(`no target: want a file, "-" for standard output or "none"`)
	}
	if w := standard(target); w != nil {
		return &file{target: target, w: w, standard: true}, nil
	}
	if os.IsPathSeparator(target[len(target)-1]) {
		return nil, errors.New("is a directory")
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return nil, fmt.Errorf("its directory: %w", err)
	}
	// Appending, so that whoever truncates the file of a long run (as log
	// rotation does) gets no hole in it.
	w, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	return &file{target: target, w: w}, nil
}

// standard returns the standard stream that a target is, or nil.
func standard(target string) *os.File {
	if target == Stdout {
		return os.Stdout
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil
	}
	for _, w := range []*os.File{os.Stdout, os.Stderr} {
		if other, err := w.Stat(); err == nil && os.SameFile(info, other) {
			return w
		}
	}
	return nil
}

// replace drops what is in the file. Pipes and devices have nothing to drop.
func (f *file) replace() error {
	if f.standard {
		return nil
	}
	info, err := f.w.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return f.w.Truncate(0)
}

// write appends whole lines. After an error nothing is written any more: a
// line may have been cut, and what follows would be glued to it.
func (f *file) write(lines []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		_, f.err = f.w.Write(lines)
	}
	return f.err
}

// close closes the file, and returns the first error of its writes or else its
// own.
func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.standard {
		return f.err
	}
	if err := f.w.Close(); f.err == nil {
		f.err = err
	}
	return f.err
}

// fault says which target an error is about, once: the error of an operation
// on a file names the path and the operation too.
func fault(target string, err error) error {
	if path, ok := err.(*fs.PathError); ok {
		err = path.Err
	}
	return fmt.Errorf("sink: %s: %w", target, err)
}
