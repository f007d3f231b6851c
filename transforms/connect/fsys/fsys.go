// Package fsys is what the file source and the file sinks have in common: which
// paths are of this machine and which are URIs of Beam's file systems, and how an
// error of either reads.
//
// A program registers the file systems that it wants with a blank import, as of
// github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs.
package fsys

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local" // paths without a scheme
)

// IsURI reports whether a path is one of a file system with a scheme, such as
// gs://bucket/file.
func IsURI(path string) bool { return strings.Contains(path, "://") }

// Known reports whether a path is one of this machine or of a registered file system.
func Known(path string) bool { return !IsURI(path) || Registered(path) == nil }

// Registered returns an error where this program has no file system for a path.
func Registered(path string) (err error) {
	defer func() {
		if recover() != nil { // all that Beam has to ask by
			err = errors.New("no such file system in this program")
		}
	}()
	filesystem.ValidateScheme(path)
	return nil
}

// Reason cuts from an error the operation and the path, which the caller tells.
func Reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
