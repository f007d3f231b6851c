package jobserver

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
)

// A worker is the child of a child of the process: here of a shell.
func TestWorkersAreGrandchildren(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("want /proc")
	}
	shell := exec.Command("sh", "-c", `sh -c 'echo $$; exec cat'; true`)
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	var worker int
	if _, err := fmt.Fscan(out, &worker); err != nil {
		t.Fatal(err)
	}
	workers, err := Workers(os.Getpid())
	if err != nil || !slices.Contains(workers, worker) || slices.Contains(workers, shell.Process.Pid) {
		t.Errorf("got %v, %v, want %d and not %d", workers, err, worker, shell.Process.Pid)
	}
	in.Close() // ends it
	if err := shell.Wait(); err != nil {
		t.Error(err)
	}
}
