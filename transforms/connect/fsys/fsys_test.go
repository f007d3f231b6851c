package fsys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
)

func TestRegistered(t *testing.T) {
	for path, want := range map[string]bool{
		"out": true, "/out": true, "out:/a": true, "memfs://out": true, "gs://bucket/out": false, "hdfs://out": false, "": false,
	} {
		if err := Registered(path); (err == nil) != want {
			t.Errorf("Registered(%q) = %v, want an error: %v", path, err, !want)
		}
	}
}

func TestReasonIsTheSystems(t *testing.T) {
	dir := t.TempDir()
	_, open := os.Open(filepath.Join(dir, "none"))
	rename := os.Rename(filepath.Join(dir, "none"), filepath.Join(dir, "other"))
	for _, err := range []error{open, rename, fmt.Errorf("wrapped: %w", open)} {
		if got := Reason(err); got != syscall.ENOENT {
			t.Errorf("the reason of %q is %v, want %v", err, got, syscall.ENOENT)
		}
	}
	if other := errors.New("other"); Reason(other) != other || Reason(nil) != nil {
		t.Error("an error of another kind is not what it was")
	}
}
