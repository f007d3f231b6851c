package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/process"
)

// The targets that are no file.
const (
	Stdout = connect.Stdout // standard output
	None   = connect.None   // nowhere
)

// Target is what is written to, and how.
type Target struct {
	// Name is Stdout, None or the path of a file.
	Name string
	// Mode is what becomes of what is in the file. A pipe or device has only Replace.
	Mode Mode
	// Once says, with Append, that an outcome is not written where its kind and id stand
	// in the file behind Known. It is taken as written then.
	Once bool
	// Known is how far the file was written when the run that goes on was as far as it
	// goes on from; nil where that is not known: then all of the file is behind it.
	Known *Length
}

// Mode says what becomes of what is in a file when it is opened.
type Mode int

const (
	// Replace drops it: the input is read from its start again.
	Replace Mode = iota
	// Append keeps it, for an input that nobody can read again. A last line that a
	// crash has torn is completed by a line break.
	Append
	// Aside keeps it until Set.Commit puts what was written in its place, as a whole.
	Aside
)

// Set is the open targets of one run, which owns it and closes it. The command opens it
// before the pipeline starts; the DoFns of the same process find it by the run's id.
type Set struct {
	targets map[string]*file // by name as given; several may share a file
	files   []*file          // each once
}

// Open opens the targets of a run. The parent folder of a file is made; what is in a
// file is replaced only once every target of the set could be opened. Targets that are
// the same file, whatever the way it is spelled, share one writer; one written aside
// must be no other. A file is locked, and one that another process writes to is an
// error. A file that is standard output or standard error (/dev/stdout) is written as
// such, so never truncated. Opening a FIFO waits for its reader. See also Set.Warnings.
//
// That no target is an input of the same run is for the caller to check. So is
// to ignore SIGPIPE: a Go program ends by it, without a word, on a write to a
// standard output that is closed.
func Open(run *process.Run, targets ...Target) (*Set, error) {
	s := &Set{targets: make(map[string]*file)}
	for _, target := range targets {
		if err := s.add(target); err != nil {
			return nil, s.abandon(fault(target.Name, err))
		}
	}
	for _, f := range s.files {
		if err := f.begin(); err != nil {
			return nil, s.abandon(fault(f.name, err))
		}
	}
	if err := process.Add(run, s); err != nil {
		return nil, s.abandon(fmt.Errorf("localfile: the targets of the run: %w", err))
	}
	return s, nil
}

// lookup returns the open file of a target, or nil where this process has none.
func lookup(run *process.Run, name string) *file {
	if s, open := process.Find[*Set](run); open {
		return s.targets[name]
	}
	return nil
}

// Commit puts the files that were written aside in their places, synced, so that a
// crash leaves the whole of the old one or of the new one. One that could not be
// written to its end stays away. It returns the first error.
func (s *Set) Commit() error {
	return s.each((*file).commit)
}

// Warnings returns a line for each file that is not the one that its target knows, or is
// shorter: it is added to as it is, and what stands in it may be written again.
func (s *Set) Warnings() (lines []string) {
	for _, f := range s.files {
		if f.warning != "" {
			lines = append(lines, f.warning)
		}
	}
	return lines
}

// Written returns the number of bytes written to a target so far.
func (s *Set) Written(name string) int64 {
	if f := s.targets[name]; f != nil {
		return f.written.Load()
	}
	return 0
}

// Close closes the targets. It returns the first error of the run's writes, or
// else of closing: without an error all lines are in their files, but for those
// written aside, which want Commit before.
func (s *Set) Close() error {
	return s.each((*file).close)
}

// each does something with each file, whatever comes of the others, and returns the first
// error.
func (s *Set) each(do func(*file) error) error {
	var first error
	for _, f := range s.files {
		if err := do(f); err != nil && first == nil {
			first = fault(f.name, err)
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
func (s *Set) add(target Target) error {
	if target.Name == None {
		return nil
	}
	shared := s.targets[target.Name]
	if shared == nil {
		shared = s.same(target.Name)
	}
	switch {
	case shared == nil:
	case shared.aside != nil || target.Mode == Aside && !shared.standard:
		return errors.New("is another output, too: it is written as a whole and wants a file of its own")
	default:
		s.targets[target.Name] = shared
		shared.once = shared.once || target.Once
		if shared.known == nil {
			shared.known = target.Known
		}
		return nil
	}
	f, err := open(target)
	if err != nil {
		return err
	}
	s.targets[target.Name] = f
	s.files = append(s.files, f)
	return nil
}

// same returns the file of the set that a target is, or nil.
func (s *Set) same(name string) *file {
	info, err := stat(name)
	if err != nil {
		return nil // a new file, or one that open says more about
	}
	for _, f := range s.files {
		if other, err := f.stat(); err == nil && os.SameFile(info, other) {
			return f
		}
	}
	return nil
}

func stat(name string) (fs.FileInfo, error) {
	if name == Stdout {
		return os.Stdout.Stat()
	}
	return os.Stat(name)
}

// fault says which target an error is about, once.
func fault(name string, err error) error {
	return fmt.Errorf("localfile: %s: %w", name, plain(err))
}

// plain returns the error of an operation on a file without the path and the operation,
// which it names, too.
func plain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path) && err == error(path):
		return path.Err
	case errors.As(err, &link) && err == error(link):
		return link.Err
	}
	return err
}
