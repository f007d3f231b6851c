package localfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

func TestAppendKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ name, before, want string }{
		{"whole", "yesterday\n", "yesterday\ntoday\n"},
		{"torn", "yesterday\nhal", "yesterday\nhal\ntoday\n"},
		{"empty", "", "today\n"},
	} {
		path := filepath.Join(dir, test.name)
		writeFile(t, path, test.before)
		set, err := Open(process.NewRun(), Target{Name: path, Mode: Append})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.targets[path].write([]byte("today\n"), true); err != nil {
			t.Fatal(err)
		}
		if err := set.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestASecondWriterIsRefused(t *testing.T) {
	for _, mode := range []Mode{Replace, Append, Aside} {
		path := filepath.Join(t.TempDir(), "out")
		writeFile(t, path, "kept\n")
		set, err := Open(process.NewRun(), Target{Name: path, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.targets[path].write([]byte("first\n"), false); err != nil {
			t.Fatal(err)
		}
		_, err = Open(process.NewRun(), Target{Name: path, Mode: mode})
		if want := "localfile: " + path + ": another process writes to it"; err == nil || err.Error() != want {
			t.Errorf("mode %d: got %v, want %s", mode, err, want)
		}
		if err := set.Commit(); err != nil {
			t.Error(err)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
		if got := readFile(t, path); !strings.HasSuffix(got, "first\n") {
			t.Errorf("mode %d: the file holds %q", mode, got)
		}
		again, err := Open(process.NewRun(), Target{Name: path, Mode: mode})
		if err != nil {
			t.Fatalf("mode %d: after the first has closed: %v", mode, err)
		}
		again.Close()
	}
}

func TestAFileAsideTakesItsPlaceAsAWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "open")
	writeFile(t, path, "yesterday\n")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("open", link); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, ".open.tmp"), strings.Repeat("left by a kill\n", 10))
	for _, commit := range []bool{false, true} {
		set, err := Open(process.NewRun(), Target{Name: link, Mode: Aside})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.targets[link].write([]byte("today\n"), false); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); got != "yesterday\n" {
			t.Errorf("while it is written the file holds %q", got)
		}
		want := "yesterday\n"
		if commit {
			want = "today\n"
			if err := set.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		if err := set.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); got != want {
			t.Errorf("commit %t: the file holds %q, want %q", commit, got, want)
		}
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link has become %v, %v", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file has become %v, %v", info, err)
	}
	if names, _ := filepath.Glob(dir + "/.*"); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
}

func TestAFileAsideIsNoOtherOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for _, targets := range [][]Target{
		{{Name: path}, {Name: path, Mode: Aside}},
		{{Name: path, Mode: Aside}, {Name: filepath.Dir(path) + "/./out"}},
	} {
		writeFile(t, path, "")
		if set, err := Open(process.NewRun(), targets...); err == nil || !strings.Contains(err.Error(), "is another output, too") {
			t.Errorf("%v: got %v", targets, err)
			set.Close()
		}
	}
}

func TestWriteWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "summary")
	for _, text := range []string{"a much longer one\n", "short\n"} {
		if err := WriteWhole(path, []byte(text)); err != nil || readFile(t, path) != text {
			t.Errorf("%v: %q, want %q", err, readFile(t, path), text)
		}
	}
	if err := WriteWhole("/dev/full", []byte("x")); err == nil || err.Error() != "localfile: /dev/full: no space left on device" {
		t.Errorf("a full device: %v", err)
	}
	if err := WriteWhole(None, []byte("x")); err != nil {
		t.Error(err)
	}
	out := stdoutOf(t)
	if err := WriteWhole(Stdout, []byte("x\n")); err != nil {
		t.Error(err)
	}
	b := make([]byte, 10)
	if n, err := out.Read(b); err != nil || !bytes.Equal(b[:n], []byte("x\n")) {
		t.Errorf("standard output got %q, %v", b[:n], err)
	}
}

func TestAFileAsideThatFailsIsRejectedAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "open")
	writeFile(t, path, "yesterday\n")
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, Target{Name: path, Mode: Aside})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var all []string
	for bundle := range 3 {
		fn, reject, rejected := of(t, r, path)
		for i := range 3 {
			m := message(fmt.Sprintf("%d%d", bundle, i))
			m.Outcome = "open"
			if err := fn.ProcessElement(t.Context(), 0, m, reject); err != nil {
				t.Fatal(err)
			}
		}
		if bundle == 1 { // the disk is full
			set.targets[path].err = syscall.ENOSPC
		}
		if err := fn.FinishBundle(t.Context(), reject); err != nil {
			t.Fatal(err)
		}
		all = append(all, *rejected...)
	}
	if want := []string{"00", "01", "02", "10", "11", "12", "20", "21", "22"}; !slices.Equal(all, want) {
		t.Errorf("rejected %q, want %q", all, want)
	}
	if err := set.Commit(); err == nil || readFile(t, path) != "yesterday\n" {
		t.Errorf("Commit gave %v, and the file holds %q", err, readFile(t, path))
	}
	if n := r.Counters(); n[count.Unopened] != 9 || n[count.Undelivered] != 0 {
		t.Errorf("%d events and %d outcomes are counted, want 9 and none", n[count.Unopened], n[count.Undelivered])
	}
}

func TestAFileAsideBehindALinkToNothing(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if err := WriteWhole(link, []byte("x\n")); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, filepath.Join(dir, "target")); got != "x\n" {
		t.Errorf("the target holds %q", got)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	if err := WriteWhole(fifo, []byte("x\n")); err == nil || err.Error() != "localfile: "+fifo+": is a pipe that nobody reads" {
		t.Errorf("a pipe that nobody reads: %v", err)
	}
}
