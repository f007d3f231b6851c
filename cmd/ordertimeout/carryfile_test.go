package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// A carry file, and its lock, is no input and no other output, however it is spelled.
func TestACarryFileIsAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0))
	there := write(t, dir, "there.jsonl", line("o1", "create", 0))
	for _, test := range []struct{ args, want string }{
		{"-input IN -carry DIR/./in.jsonl", "-carry: DIR/./in.jsonl is also an input"},
		{"-input DIR/*.jsonl -carry DIR/there.jsonl", "-carry: DIR/there.jsonl is also an input"},
		{"-input IN -carry DIR/c -timeouts DIR/./c", "two outputs are one file: DIR/./c and DIR/c"},
		{"-input IN -carry DIR/c -rejects DIR/./c.lock", "two outputs are one file: DIR/./c.lock and DIR/c.lock"},
		{"-input IN -carry DIR/c -open DIR/c", "-open DIR/c is the carry file, or its lock: want another file"},
		{"-input IN -carry DIR/c -summary DIR/./c", "two outputs are one file: DIR/./c and DIR/c"},
		{"-input IN -carry DIR/c -cpuprofile DIR/c.lock", "two outputs are one file: DIR/c.lock and DIR/c.lock"},
		{"-input IN -carry DIR/c -open DIR/in.jsonl", "output DIR/in.jsonl is also an input: with -carry the next run goes on with that file, and open orders are written for people"},
		{"-input IN -carry DIR/c -at-end timeout", "-at-end timeout with -carry DIR/c"},
		{"-input IN -carry DIR/c -format-out table", "-format-out table with -carry DIR/c"},
		{"-input IN -carry DIR/c -runner flink -endpoint x:1 -environment_type LOOPBACK", "-carry DIR/c: want the embedded runner"},
		{"-input IN -carry DIR/c -carry-every 0s", "-carry-every 0s: want at least 1ms"},
	} {
		replace := strings.NewReplacer("IN", in, "DIR", dir)
		r := run1(t, "", strings.Fields(replace.Replace(test.args))...)
		if first, _, _ := strings.Cut(r.stderr, "\n"); r.status != exitUsage || r.stdout != "" || !strings.HasPrefix(first, "ordertimeout: "+replace.Replace(test.want)) {
			t.Errorf("%s: status %d, stdout %q, stderr:\n%swant: %s", test.args, r.status, r.stdout, r.stderr, replace.Replace(test.want))
		}
	}
	if got := read(t, there); got != line("o1", "create", 0) {
		t.Errorf("an input was changed: %q", got)
	}
	for _, made := range []string{"c", "c.lock", "in.jsonl.lock"} {
		if _, err := os.Stat(filepath.Join(dir, made)); err == nil {
			t.Errorf("%s was made", made)
		}
	}
}

// holdCarry holds a carry file for the rest of the test, as a run at work does.
func holdCarry(t *testing.T, path string) {
	t.Helper()
	run := process.NewRun()
	t.Cleanup(func() { run.Close() })
	if _, err := carry.Open(run, carry.Config{Path: path, Shards: 1}); err != nil {
		t.Fatal(err)
	}
}

// A second process with the file touches nothing.
func TestASecondRunWithACarryFileTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	holdCarry(t, dir+"/c")
	in := write(t, dir, "in.jsonl", line("o1", "create", 0))
	args := []string{"-input", in, "-carry", dir + "/c"}
	const former = "of the first run\n"
	for _, flag := range []string{"summary", "cpuprofile", "success", "timeouts", "rejects", "open"} {
		args = append(args, "-"+flag, write(t, dir, flag, former))
	}
	r := run1(t, "", args...)
	if want := (result{status: exitFailed, stderr: "ordertimeout: -carry " + dir + "/c: another process has it\n"}); r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	for _, flag := range []string{"summary", "cpuprofile", "success", "timeouts", "rejects", "open"} {
		if got, err := os.ReadFile(filepath.Join(dir, flag)); err != nil || string(got) != former {
			t.Errorf("-%s has %q (%v), want what it had", flag, got, err)
		}
	}
}

// What a full disk did not take is told of, and the next run writes it.
func TestTheNextRunDeliversWhatWasNotDelivered(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0)+line("o1", "pay", 1)+line("o2", "pay", 2)+line("o2", "view", 60))
	args := []string{"-quiet", "-input", in, "-carry", dir + "/c"}
	r := run1(t, "", append(args, "-success", "/dev/full", "-rejects", "/dev/full")...)
	const told = "ordertimeout: localfile: /dev/full: no space left on device (1 outcomes were not delivered, the carry file has 2 that went nowhere, for the next run)\n"
	if want := (result{status: exitFailed, stderr: told}); r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	r = run1(t, "", append(args, "-success", dir+"/paid", "-rejects", dir+"/rejects")...)
	if got := brief(t, read(t, dir+"/paid")); r.status != exitOK || r.stderr != "" || len(got) != 1 || got[0] != "success o1" {
		t.Errorf("%+v, delivered %q, want a success of o1", r, got)
	}
	if got := read(t, dir+"/rejects"); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, `{"reason":"orphan",`) {
		t.Errorf("rejects %q, want the orphan", got)
	}
}

// Whoever reads the reason of a failure learns where what was not delivered is.
func TestWhatWasNotDeliveredIsToldOf(t *testing.T) {
	cause, notWritten := errors.New("the disk is full"), errors.New("-carry c: the disk is full, too")
	for _, test := range []struct {
		counters []string
		carried  error
		rejects  string
		want     string
	}{
		{nil, nil, "none", "the disk is full"},
		{[]string{count.Undelivered}, nil, "none", "the disk is full (2 outcomes were not delivered, and there is no -rejects to have them)"},
		{[]string{count.Undelivered}, nil, "r", "the disk is full (2 outcomes were not delivered: -rejects has them)"},
		{[]string{count.Unopened}, nil, "r", "the disk is full (2 events of open orders were not written: -rejects has them)"},
		{[]string{count.Unwritten}, nil, "r", "the disk is full (-rejects lacks 2 rejects that could not be written)"},
		{[]string{count.Unwritten, count.Kept}, nil, "r", "the disk is full (the carry file has 2 that went nowhere, for the next run)"},
		{[]string{count.Undelivered, count.Kept}, nil, "none", "the disk is full (2 outcomes were not delivered, the carry file has 2 that went nowhere, for the next run)"},
		{[]string{count.Undelivered, count.Kept}, notWritten, "none", "the disk is full (2 outcomes were not delivered, and there is no -rejects to have them)\n-carry c: the disk is full, too"},
		{[]string{count.Undelivered, count.Kept}, cause, "none", "the disk is full (2 outcomes were not delivered, and there is no -rejects to have them)"},
	} {
		run := process.NewRun()
		for _, name := range test.counters {
			run.Count(name, 2)
		}
		rejects := pipeline.Output{Sink: localfile.Sink{Name: test.rejects}}
		if got := withUndelivered(cause, run, rejects, test.carried).Error(); got != test.want {
			t.Errorf("%v: got\n%s\nwant\n%s", test.counters, got, test.want)
		}
		run.Close()
	}
}
