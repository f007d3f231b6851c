package files

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"ordertimeout/transforms/connect/fsys"
)

// remotes are the file systems, by scheme, that inputs with a scheme are read from.
// One is a connection, which is made when it is needed. The zero value has none.
type remotes struct {
	byScheme map[string]filesystem.Interface
}

// of returns the file system of a path. An error is for the user.
func (r *remotes) of(ctx context.Context, path string) (filesystem.Interface, error) {
	scheme, _, _ := strings.Cut(path, "://")
	if fs, ok := r.byScheme[scheme]; ok {
		return fs, nil
	}
	if err := fsys.Registered(path); err != nil {
		return nil, err
	}
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return nil, err
	}
	if r.byScheme == nil {
		r.byScheme = map[string]filesystem.Interface{}
	}
	r.byScheme[scheme] = fs
	return fs, nil
}

// close ends the connections.
func (r *remotes) close() {
	for _, fs := range r.byScheme {
		fs.Close() // of what was only read there is nothing to lose
	}
}

// expand returns what an input with a scheme stands for: itself, or what the file
// system lists for it.
func (r *remotes) expand(ctx context.Context, input string) ([]string, error) {
	fs, err := r.of(ctx, input)
	if err != nil {
		return nil, err
	}
	_, err = fs.Size(ctx, input)
	switch {
	case err == nil:
		return []string{input}, nil
	case !isPattern(input):
		return nil, fsys.Reason(err)
	}
	matches, err := fs.List(ctx, input)
	switch {
	case err != nil:
		return nil, fsys.Reason(err)
	case len(matches) == 0:
		return nil, errors.New("no file matches")
	}
	return matches, nil
}

// open opens a file to read.
func (r *remotes) open(ctx context.Context, path string) (io.ReadCloser, error) {
	fs, err := r.of(ctx, path)
	if err != nil {
		return nil, err
	}
	return fs.OpenRead(ctx, path)
}
