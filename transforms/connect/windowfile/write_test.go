package windowfile

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/mtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/typex"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/process"
)

// faulty is a file system that notes what is done and fails at one operation.
type faulty struct {
	filesystem.Interface
	failAt string
	mu     sync.Mutex
	log    []string
}

var errFault = errors.New("no space left on device")

func (f *faulty) note(operation, path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := strings.LastIndexByte(path, '/'); strings.HasPrefix(path[i+1:], ".") && strings.HasSuffix(path, ".tmp") {
		path = "hidden"
	}
	f.log = append(f.log, operation+" "+path)
	if operation == f.failAt {
		return errFault
	}
	return nil
}

func (f *faulty) OpenWrite(ctx context.Context, path string) (io.WriteCloser, error) {
	if err := f.note("open", path); err != nil {
		return nil, err
	}
	w, err := f.Interface.OpenWrite(ctx, path)
	return &faultyFile{WriteCloser: w, fs: f, path: path}, err
}

func (f *faulty) Rename(ctx context.Context, from, to string) error {
	if err := f.note("rename", from); err != nil {
		return err
	}
	f.note("to", to)
	return filesystem.Rename(ctx, f.Interface, from, to)
}

func (f *faulty) Remove(ctx context.Context, path string) error {
	f.note("remove", path)
	return f.Interface.(filesystem.Remover).Remove(ctx, path)
}

type faultyFile struct {
	io.WriteCloser
	fs   *faulty
	path string
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.note("write", f.path); err != nil {
		return 0, err
	}
	return f.WriteCloser.Write(p)
}

func (f *faultyFile) Sync() error { return f.fs.note("sync", f.path) }

func (f *faultyFile) Close() error {
	closeErr := f.WriteCloser.Close()
	if err := f.fs.note("close", f.path); err != nil {
		return err
	}
	return closeErr
}

// writeOnce writes two lines in two parts at nine o'clock into memory.
func writeOnce(t *testing.T, dir, failAt, run string) (log []string, err error) {
	t.Helper()
	ctx := context.Background()
	files := &faulty{Interface: memfs.New(ctx), failAt: failAt}
	fn := &writeFn{Config: Config{Dir: dir, Window: time.Hour, Shards: 1, Run: run}, files: files}
	start := mtime.Time(ms(t, "09:00:00"))
	var b builder
	var parts [][]byte
	for i, line := range []string{"two", "one"} {
		b.add(int64(start)+2-int64(i), []byte(line), []uint64{uint64(7 + i)})
		parts = append(parts, b.part(uint32(i)))
	}
	next := func(data *[]byte) bool {
		if len(parts) == 0 {
			return false
		}
		*data, parts = parts[0], parts[1:]
		return true
	}
	w := window.IntervalWindow{Start: start, End: start.Add(time.Hour)}
	err = fn.ProcessElement(ctx, typex.PaneInfo{}, w, 0, next)
	return files.log, err
}

// inMemory returns the names under a directory of memory.
func inMemory(t *testing.T, dir string) []string {
	t.Helper()
	names, err := memfs.New(context.Background()).List(context.Background(), dir+"/*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAFileAppearsWhenItIsComplete(t *testing.T) {
	const dir = "memfs://complete"
	log, err := writeOnce(t, dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	names := inMemory(t, dir)
	if len(names) != 1 {
		t.Fatalf("files %q, want one", names)
	}
	want := []string{"open hidden", "write hidden", "write hidden", "sync hidden", "close hidden", "rename hidden", "to " + names[0]}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	ctx := context.Background()
	data, err := filesystem.Read(ctx, memfs.New(ctx), names[0])
	if got, want := string(data), "one\ntwo\n"; err != nil || got != want {
		t.Errorf("the file holds %q, %v, want %q: the parts by time", got, err, want)
	}
	if _, err := writeOnce(t, dir, "", ""); err != nil || !slices.Equal(inMemory(t, dir), names) {
		t.Errorf("written again: %v, files %q, want %q", err, inMemory(t, dir), names)
	}
}

func TestAFailedAttemptLeavesNothing(t *testing.T) {
	for _, failAt := range []string{"open", "write", "sync", "close", "rename"} {
		run := process.NewRun()
		defer run.Close()
		letGo := ledgertest.Hold(t, run, 9)
		dir := "memfs://failed-" + failAt
		_, err := writeOnce(t, dir, failAt, run.ID)
		want := "windowfile: " + dir + "/20260301T090000Z-20260301T100000Z-pane0-shard0of1: no space left on device"
		if err == nil || err.Error() != want {
			t.Errorf("fault at %s: got %v, want %s", failAt, err, want)
		}
		if run.Err() == nil || run.Err().Error() != want {
			t.Errorf("fault at %s: the run's reason is %v, want %s", failAt, run.Err(), want)
		}
		if names := inMemory(t, dir); len(names) > 0 {
			t.Errorf("fault at %s: left %q", failAt, names)
		}
		if released := letGo(); len(released) > 0 {
			t.Errorf("fault at %s: input %v was let go of", failAt, released)
		}
		if _, err := writeOnce(t, dir, "", run.ID); err != nil || len(inMemory(t, dir)) != 1 {
			t.Errorf("fault at %s: the next attempt: %v, files %q", failAt, err, inMemory(t, dir))
		}
		if released := slices.Sorted(slices.Values(slices.Concat(letGo()...))); !slices.Equal(released, []uint64{7, 8}) {
			t.Errorf("fault at %s: after the next attempt input %v was let go of, want 7 and 8", failAt, released)
		}
	}
}

// On the file system of this machine the reason is that of the system, once.
func TestADirectoryThatCannotBeMadeIsOneLine(t *testing.T) {
	dir := filepath.Join("/dev/null", "out")
	err := run(t, Config{Dir: dir, Window: time.Hour, Shards: 1}, stream{send("09:00:00", "a")})
	want := "windowfile: " + dir + "/20260301T090000Z-20260301T100000Z-pane0-shard0of1: not a directory"
	if err == nil || !strings.HasSuffix(strings.TrimSpace(err.Error()), want) {
		t.Errorf("got %v\nwant it to end in %s", err, want)
	}
}
