package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/connect/fsys"
)

// stdin is the path of standard input.
const stdin = "-"

// listTime is how long all file systems that are not of this machine have to say
// what there is to read.
const listTime = time.Minute

// Paths returns the files to read, sorted, each file once under the first of
// its names; of a URI the name is all there is to tell files by. A pattern that
// matches nothing is an error, and so is whatever is there and cannot be read, or
// not one pipe where one is to be live.
func (c Config) Paths() ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), listTime)
	defer cancel()
	var remote remotes
	defer remote.close()
	var paths []string
	for _, input := range append(c.Inputs[:len(c.Inputs):len(c.Inputs)], c.present()...) {
		expand := expand
		if fsys.IsURI(input) {
			expand = func(input string) ([]string, error) { return remote.expand(ctx, input) }
		}
		matches, err := expand(input)
		if err != nil {
			return nil, fmt.Errorf("files: -input %q: %w", input, err)
		}
		paths = append(paths, matches...)
	}
	slices.Sort(paths)
	var infos []fs.FileInfo
	var unique []string
	for _, path := range slices.Compact(paths) {
		if fsys.IsURI(path) {
			unique = append(unique, path)
			continue
		}
		info, err := check(path)
		if c.Follow && errors.Is(err, fs.ErrNotExist) {
			unique = append(unique, path) // it is waited for
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("files: -input %q: %w", path, err)
		}
		if c.Follow && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("files: -follow -input %q: want a file: a pipe is read with -live", path)
		}
		if slices.ContainsFunc(infos, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
			continue
		}
		infos = append(infos, info)
		unique = append(unique, path)
	}
	return unique, c.checkLive(unique)
}

// checkLive returns an error where a live input is not one pipe, beside files.
func (c Config) checkLive(paths []string) error {
	pipes := 0
	for _, path := range paths {
		if mayWait(path) {
			pipes++
		}
	}
	if !c.Live || pipes == 1 {
		return nil
	}
	return fmt.Errorf("files: -live: %d of %d inputs are pipes: want one, as in tail -F %s | ordertimeout -input - -live", pipes, len(paths), paths[0])
}

// sameFile reports whether two paths lead to one file of this machine.
func sameFile(a, b string) bool {
	if fsys.IsURI(a) || fsys.IsURI(b) {
		return false
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// present returns the inputs of IfAny that are there.
func (c Config) present() (inputs []string) {
	for _, input := range c.IfAny {
		if _, err := os.Lstat(input); !errors.Is(err, fs.ErrNotExist) {
			inputs = append(inputs, input)
		}
	}
	return inputs
}

// ReadOnce reports whether an input cannot be read again, as a pipe cannot. It looks at
// the inputs that are named and not at what a pattern matches.
func (c Config) ReadOnce() bool { return slices.ContainsFunc(c.Inputs, mayWait) }

// expand returns what an input stands for.
func expand(input string) ([]string, error) {
	if input == stdin || !isPattern(input) {
		return []string{input}, nil
	}
	if _, err := os.Stat(input); err == nil {
		return []string{input}, nil
	}
	matches, err := filepath.Glob(input)
	switch {
	case err != nil:
		return nil, errors.New("not a valid pattern")
	case len(matches) == 0:
		return nil, errors.New("no file matches")
	}
	return matches, nil
}

func isPattern(input string) bool { return strings.ContainsAny(input, `*?[`) }

// check returns why a path cannot be read. It opens regular files only: that of
// a pipe would wait for its writer.
func check(path string) (fs.FileInfo, error) {
	if path == stdin {
		info, err := os.Stdin.Stat()
		return info, fsys.Reason(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fsys.Reason(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, want a file")
	}
	if info.Mode().IsRegular() {
		f, err := os.Open(path)
		if err != nil {
			return nil, fsys.Reason(err)
		}
		return info, fsys.Reason(f.Close())
	}
	return info, nil
}
