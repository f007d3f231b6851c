package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stdin is the path of standard input.
const stdin = "-"

// Paths returns the files to read, sorted, each file once under the first of
// its names. A pattern that matches nothing is an error, and so is whatever is
// there and cannot be read.
func (c Config) Paths() ([]string, error) {
	var paths []string
	for _, input := range c.Inputs {
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
		info, err := check(path)
		if err != nil {
			return nil, fmt.Errorf("files: -input %q: %w", path, err)
		}
		if slices.ContainsFunc(infos, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
			continue
		}
		infos = append(infos, info)
		unique = append(unique, path)
	}
	return unique, nil
}

// expand returns what an input stands for.
func expand(input string) ([]string, error) {
	if input == stdin || !strings.ContainsAny(input, `*?[`) {
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

// check returns why a path cannot be read. It opens regular files only: that of
// a pipe would wait for its writer.
func check(path string) (fs.FileInfo, error) {
	if path == stdin {
		info, err := os.Stdin.Stat()
		return info, reason(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, want a file")
	}
	if info.Mode().IsRegular() {
		f, err := os.Open(path)
		if err != nil {
			return nil, reason(err)
		}
		return info, reason(f.Close())
	}
	return info, nil
}

// reason cuts from an error the operation and path, which the caller tells.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
