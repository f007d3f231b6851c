package carry

import (
	"path/filepath"
	"testing"

	"ordertimeout/transforms/process"
)

// A stop tells that the file is being written, from the last report to its end.
func TestWritingIsTold(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	k, err := Open(run, Config{Path: filepath.Join(t.TempDir(), "orders.carry"), Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := func(when string, writing bool) {
		t.Helper()
		if got := k.Writing(); got != writing {
			t.Errorf("%s: writing %t, want %t", when, got, writing)
		}
	}
	want("before a point", false)
	n := k.Begin(Point{Position: []byte("{}"), Final: true})
	want("a point is begun", false)
	k.Report(n, 0, State{})
	p := k.point
	k.mu.Lock()
	k.settle(p)
	k.mu.Unlock()
	want("all shards have reported", true)
	if err := k.finish(p); err != nil {
		t.Fatal(err)
	}
	want("it is written", false)
}
