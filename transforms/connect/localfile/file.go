package localfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// file is one open file. Its lines never interleave: a write appends whole
// lines, and has the file to itself.
type file struct {
	name     string // as it was given first
	mode     Mode
	standard bool   // a stream of the process, which stays open
	regular  bool   // neither a pipe nor a device
	aside    *aside // where it is written meanwhile; nil where it is written itself

	once    bool    // outcomes that stand in it are not written again
	known   *Length // how far it was written, as a run that goes on has noted
	told    *told   // the outcomes that stand in it since then
	warning string  // a line; "" where there is nothing to say

	// turn holds a token while someone writes. It is no mutex, as a write to a pipe that
	// nobody reads never ends, and others must be able to give up.
	turn    chan struct{}
	w       *os.File
	err     error // of the first write that failed; the later ones fail with it
	unsure  int64 // how many bytes of that write are in the file
	taken   bool  // what was written aside is given back
	written atomic.Int64
	stuck   atomic.Bool // nobody reads it, and a stop waits for that no longer
}

// open opens a target, locks it, and leaves what is in it.
func open(target Target) (*file, error) {
	name := target.Name
	f := &file{name: name, mode: target.Mode, once: target.Once, known: target.Known, turn: make(chan struct{}, 1)}
	if name == "" {
		return nil, errors.New(`no target: want a file, "-" for standard output or "none"`)
	}
	if w := standard(name); w != nil {
		f.w, f.standard = w, true
		return f, nil
	}
	if os.IsPathSeparator(name[len(name)-1]) {
		return nil, errors.New("is a directory")
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, fmt.Errorf("its directory: %w", err)
	}
	info, err := os.Stat(name)
	f.regular = errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular()
	if target.Mode == Aside && f.regular {
		f.aside, err = openAside(name)
		if err != nil {
			return nil, err
		}
		f.w = f.aside.w
		return f, nil
	}
	// Appending, so that whoever truncates the file of a long run (as log
	// rotation does) gets no hole in it.
	access := os.O_WRONLY
	if f.regular && target.Mode == Append {
		access = os.O_RDWR // to see how it ends
	}
	if target.Mode == Aside {
		access |= syscall.O_NONBLOCK // a pipe that nobody reads is to be an error, and not to wait for
	}
	f.w, err = os.OpenFile(name, access|os.O_CREATE|os.O_APPEND, 0o666)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return nil, errors.New("is a pipe that nobody reads")
	case err != nil:
		return nil, err
	}
	if f.regular {
		err = lock(f.w)
	}
	if err != nil {
		f.w.Close()
		return nil, err
	}
	return f, nil
}

// standard returns the standard stream that a target is, or nil.
func standard(name string) *os.File {
	if name == Stdout {
		return os.Stdout
	}
	info, err := os.Stat(name)
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

// stat returns what there is under the file's name.
func (f *file) stat() (fs.FileInfo, error) {
	if f.aside != nil {
		return os.Stat(f.aside.target)
	}
	return f.w.Stat()
}

// begin makes the file ready for its first line, as its mode says. Pipes and devices
// have nothing to keep or drop.
func (f *file) begin() error {
	switch {
	case f.standard || !f.regular || f.aside != nil:
		return nil
	case f.mode == Append:
		return f.goOn()
	}
	return f.w.Truncate(0)
}

// completeLine ends a last line that a crash has torn, of a file of so many bytes, and
// makes the name of a new file last as long as what is in it.
func (f *file) completeLine(size int64) error {
	if size == 0 {
		return syncFolder(f.name)
	}
	last := make([]byte, 1)
	_, err := f.w.ReadAt(last, size-1)
	if err == nil && last[0] != '\n' {
		_, err = f.w.Write([]byte{'\n'})
	}
	return err
}

// write appends whole lines, and returns how many bytes are written for sure. After an
// error it writes nothing any more: a line may have been cut, and what follows would be
// glued to it. With sync the lines outlast a crash of the machine, too.
func (f *file) write(lines []byte, sync bool) (n int, err error) {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if f.err == nil {
		n, f.err = f.w.Write(lines)
		f.written.Add(int64(n))
		wrote := n
		if f.err == nil && sync && f.regular {
			if f.err = f.w.Sync(); f.err != nil {
				n = 0 // nobody knows what of it lasts
			}
		}
		if f.err != nil {
			f.unsure = int64(wrote)
		}
	}
	return n, f.err
}

// takeBack gives the lines of a file that is written aside and will not take its place,
// once. Whoever asks has seen a write fail, so nothing more is written.
func (f *file) takeBack(give func(line []byte)) {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if f.aside == nil || f.taken {
		return
	}
	f.taken = true
	lines := bufio.NewReader(io.NewSectionReader(f.w, 0, f.written.Load()))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return // what comes last is no whole line, or cannot be read
		}
		give(line[:len(line)-1])
	}
}

// commit puts a file that was written aside in its place.
func (f *file) commit() error {
	if f.aside == nil {
		return nil
	}
	if f.err != nil {
		return f.err
	}
	f.err = f.aside.commit()
	return f.err
}

// close closes the file, and returns the first error of its writes or else its
// own. One whose writer is stuck stays as it is.
func (f *file) close() error {
	select {
	case f.turn <- struct{}{}:
	default:
		return nil
	}
	defer func() { <-f.turn }()
	if f.standard {
		return f.err
	}
	if f.aside != nil {
		f.aside.drop()
	}
	if err := f.w.Close(); f.err == nil {
		f.err = err
	}
	return f.err
}
