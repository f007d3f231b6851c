package bookmark

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// Known says how the inputs of a run are known.
type Known struct {
	// Inputs has for each input what is known of it, nil of one that is new.
	Inputs []*File
	// Past are the files that are no input, and were given up by nobody.
	Past []File
}

// Recognize knows the inputs of a run again; open opens one, decompressed. It fails where a
// file that is no input was not read to its end, or is longer than what was read of it: what
// it has would be lost without a word. Forget are the paths of files that are given up.
func (l Log) Recognize(inputs []string, open func(path string) (io.ReadCloser, error), forget []string) (Known, error) {
	k := Known{Inputs: make([]*File, len(inputs))}
	taken := make([]bool, len(l.Files))
	for i, path := range inputs {
		n, err := l.find(path, open)
		if err != nil {
			return Known{}, fmt.Errorf("%s: %w", path, err)
		}
		if n >= 0 {
			taken[n], k.Inputs[i] = true, &l.Files[n]
		}
	}
	var err error
	k.Past, err = l.rest(taken, open, forget)
	return k, err
}

// Rest returns the files that are not among those that are known of inputs, and were given up
// by nobody. It fails as Recognize does.
func (l Log) Rest(known []*File, open func(path string) (io.ReadCloser, error), forget []string) ([]File, error) {
	taken := make([]bool, len(l.Files))
	for n := range l.Files {
		taken[n] = slices.Contains(known, &l.Files[n])
	}
	return l.rest(taken, open, forget)
}

func (l Log) rest(taken []bool, open func(path string) (io.ReadCloser, error), forget []string) (past []File, err error) {
	for n, f := range l.Files {
		if taken[n] || slices.Contains(forget, f.Path) {
			continue
		}
		if err := f.complete(open); err != nil {
			return nil, fmt.Errorf("%s: %w, and it is not among the inputs: want it, or -forget %s to give it up", f.Path, err, f.Path)
		}
		past = append(past, f)
	}
	return past, nil
}

// find returns the number of the file that is at a path, or -1.
func (l Log) find(path string, open func(path string) (io.ReadCloser, error)) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return -1, plain(err)
	}
	stat := StatOf(info)
	for n, f := range l.Files {
		if f.Path == path && f.Stat == stat {
			return n, nil
		}
	}
	order := make([]int, len(l.Files))
	for n := range order {
		order[n] = n
	}
	// What is likely goes first, and of the rest what was read the furthest: a file that
	// begins as another one did may be both.
	rank := func(n int) int {
		switch f := &l.Files[n]; {
		case f.Path == path:
			return 0
		case f.SameFile(stat):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(l.Files[b].Offset, l.Files[a].Offset))
	})
	var head []byte
	for _, n := range order {
		f := &l.Files[n]
		if f.Head.Bytes == 0 && rank(n) == 2 {
			continue // nothing was seen of it
		}
		if head == nil {
			if head, err = readHead(path, open); err != nil {
				return -1, err
			}
		}
		if !f.begins(head) {
			continue
		}
		if is, err := f.goesOn(path, open); is || err != nil {
			return n, err
		}
	}
	return -1, nil
}

// Find returns what is known of the file at a path, nil where it is new.
func (l Log) Find(path string, open func(path string) (io.ReadCloser, error)) (*File, error) {
	n, err := l.find(path, open)
	if n < 0 || err != nil {
		return nil, err
	}
	return &l.Files[n], nil
}

// begins reports whether a file begins as f does.
func (f *File) begins(head []byte) bool {
	return f.Head.Bytes <= int64(len(head)) && PrintOf(head[:f.Head.Bytes]) == f.Head
}

// goesOn reports whether what is before the offset of the file at a path is what was read.
func (f *File) goesOn(path string, open func(path string) (io.ReadCloser, error)) (bool, error) {
	r, err := open(path)
	if err != nil {
		return false, err
	}
	defer r.Close()
	tail, err := Skip(r, f.Offset, int(f.Tail.Bytes))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil // it is shorter
	}
	return err == nil && PrintOf(tail) == f.Tail, err
}

// complete returns why there may be more to read of a file that is no input.
func (f *File) complete(open func(path string) (io.ReadCloser, error)) error {
	if !f.Ended {
		return fmt.Errorf("it was read up to byte %d, and not to its end", f.Offset)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Size() <= f.Size || !info.Mode().IsRegular() {
		return nil
	}
	head, err := readHead(f.Path, open)
	if err != nil || !f.begins(head) {
		return nil // it is another one by now
	}
	if is, err := f.goesOn(f.Path, open); err != nil || !is {
		return nil
	}
	return fmt.Errorf("it has %d bytes, and had %d when it was read", info.Size(), f.Size)
}

// readHead returns the first bytes of a file.
func readHead(path string, open func(path string) (io.ReadCloser, error)) ([]byte, error) {
	r, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, Most)
	n, err := io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// Skip reads up to an offset and returns the last bytes before it, of number keep. It seeks
// where it can. The error is io.EOF or io.ErrUnexpectedEOF where there is less.
func Skip(r io.Reader, offset int64, keep int) (tail []byte, err error) {
	before := offset - int64(keep)
	if s, ok := r.(io.Seeker); ok {
		_, err = s.Seek(before, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, before)
	}
	if err != nil {
		return nil, err
	}
	tail = make([]byte, keep)
	if _, err := io.ReadFull(r, tail); keep > 0 && err != nil {
		return nil, err
	}
	return tail, nil
}

// plain returns the error of an operation on a file without its path, which is told.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
