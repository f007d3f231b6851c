package localfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ordertimeout/transforms/process"
)

func TestOpenNamesTheTargetItCannotOpen(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	writeFile(t, plain, "")
	readOnly := filepath.Join(dir, "readonly")
	if err := os.Mkdir(readOnly, 0o555); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		reason string
		target string
		want   string // TARGET stands for the target
		user   bool   // root may write anywhere
	}{
		{reason: "a directory holds no lines", target: dir, want: "localfile: TARGET: is a directory"},
		{reason: "a new path that ends like a directory", target: filepath.Join(dir, "new") + "/", want: "localfile: TARGET: is a directory"},
		{reason: "a file has no files in it", target: filepath.Join(plain, "x"), want: "localfile: TARGET: its directory: mkdir " + plain + ": not a directory"},
		{reason: "an unset flag", target: "", want: `localfile: : no target: want a file, "-" for standard output or "none"`},
		{reason: "no permission", target: filepath.Join(readOnly, "x"), want: "localfile: TARGET: permission denied", user: true},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if test.user && os.Geteuid() == 0 {
				t.Skip("root may write anywhere")
			}
			set, err := Open(process.NewRun(), named(test.target)...)
			if err == nil {
				set.Close()
				t.Fatalf("Open(%q) gave no error", test.target)
			}
			if want := strings.ReplaceAll(test.want, "TARGET", test.target); err.Error() != want {
				t.Errorf("Open(%q):\n got %s\nwant %s", test.target, err, want)
			}
		})
	}
}

func TestOpenReplacesOnlyWhenEveryTargetOpens(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	writeFile(t, old, "yesterday\n")

	if _, err := Open(process.NewRun(), named(old, dir)...); err == nil {
		t.Fatal("Open of a directory gave no error")
	}
	if got := readFile(t, old); got != "yesterday\n" {
		t.Errorf("after a failed Open the file holds %q, want what it held", got)
	}

	set, err := Open(process.NewRun(), named(old)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, old); got != "" {
		t.Errorf("after Open the file holds %q, want nothing", got)
	}
}

func TestOneFileUnderSeveralNamesHasOneWriter(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	abs := filepath.Join(dir, "out")
	writeFile(t, abs, "")
	if err := os.Symlink("out", "link"); err != nil {
		t.Fatal(err)
	}
	if err := os.Link("out", "hard"); err != nil {
		t.Fatal(err)
	}
	names := []string{"out", "./out", "sub/../out", abs, "link", "hard"}
	os.Mkdir("sub", 0o777)
	set, err := Open(process.NewRun(), named(append(names, "other", None)...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for _, name := range names {
		if set.targets[name] != set.targets["out"] {
			t.Errorf("%q has a writer of its own", name)
		}
	}
	if set.targets["other"] == set.targets["out"] {
		t.Error("another file shares the writer")
	}
	if set.targets[None] != nil {
		t.Error("none has a writer")
	}
}

func TestStandardOutputIsNeverTruncatedAndStaysOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	writeFile(t, path, "before\n")
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	setStdout(t, out)

	set, err := Open(process.NewRun(), named(path, Stdout)...) // as /dev/stdout is
	if err != nil {
		t.Fatal(err)
	}
	if set.targets[path] != set.targets[Stdout] {
		t.Error("the file that is standard output has a writer of its own")
	}
	if _, err := set.targets[Stdout].write([]byte("line\n"), false); err != nil {
		t.Fatal(err)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteString("after\n"); err != nil {
		t.Errorf("standard output after Close: %v", err)
	}
	if got, want := readFile(t, path), "before\nline\nafter\n"; got != want {
		t.Errorf("standard output got %q, want %q", got, want)
	}
}

func TestAfterAFailedWriteNothingIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	set, err := Open(process.NewRun(), named("/dev/full", path)...)
	if err != nil {
		t.Skip(err)
	}
	f, good := set.targets["/dev/full"], set.targets[path]
	if _, err := f.write([]byte("cut\n"), false); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write gave %v, want ENOSPC", err)
	}
	full := f.w
	f.w = good.w // the disk has room again
	if _, err := f.write([]byte("glued to it\n"), false); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the next write gave %v, want ENOSPC", err)
	}
	f.w = full
	err = set.Close()
	if want := "localfile: /dev/full: no space left on device"; err == nil || err.Error() != want {
		t.Errorf("Close gave %v, want %s", err, want)
	}
	if got := readFile(t, path); got != "" {
		t.Errorf("%q was written after the error", got)
	}
}

func TestAClosedTargetIsNotFound(t *testing.T) {
	run := process.NewRun()
	if _, err := Open(run, named(os.DevNull)...); err != nil {
		t.Fatal(err)
	}
	if lookup(run, os.DevNull) == nil {
		t.Error("an open target cannot be found")
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if lookup(run, os.DevNull) != nil {
		t.Error("a closed target can still be found")
	}
}

func TestARunHasOneSet(t *testing.T) {
	run := process.NewRun()
	if _, err := Open(run, named(None)...); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(run, named(None)...); err == nil {
		t.Error("a second Open of the run gave no error")
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(run, named(None)...); err == nil {
		t.Error("Open of a closed run gave no error")
	}
}

func TestAFIFOGetsTheLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	var got []byte
	var readErr error
	var reader sync.WaitGroup
	reader.Go(func() { got, readErr = os.ReadFile(path) })
	set, err := Open(process.NewRun(), named(path)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.targets[path].write([]byte("line\n"), false); err != nil {
		t.Fatal(err)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	reader.Wait()
	if readErr != nil || string(got) != "line\n" {
		t.Errorf("the reader got %q, %v", got, readErr)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// setStdout makes w standard output for the rest of the test.
func setStdout(t *testing.T, w *os.File) {
	saved := os.Stdout
	os.Stdout = w
	t.Cleanup(func() { os.Stdout = saved })
}
