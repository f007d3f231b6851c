package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The run of a day is one line of cron, on the first day, too: what it leaves open takes
// the place of what it began with.
func TestTheDailyRun(t *testing.T) {
	dir := t.TempDir()
	days := []string{
		line("o1", "create", 0) + line("o2", "create", 100) + line("o1", "pay", 200) + line("o1", "view", 201),
		line("o2", "pay", 300) + line("o3", "create", 3000) + line("o3", "view", 3001),
		line("o4", "create", 9000) + line("o4", "pay", 9001) + line("o5", "create", 9100) + line("o5", "view", 9101),
	}
	want := [][]string{{"success o1"}, {"success o2"}, {"success o4", "timeout o3"}}
	for i, day := range days {
		log := write(t, dir, fmt.Sprintf("day%d.jsonl", i), day)
		r := run1(t, "", "-input", log, "-input-if-any", dir+"/open", "-open", dir+"/open", "-disorder", "0s", "-quiet")
		// With no disorder only what is at the very end is undecided.
		if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, want[i]) {
			t.Errorf("day %d: %q, want %q: %+v", i, got, want[i], r)
		}
	}
	if got := read(t, dir+"/open"); got != line("o5", "create", 9100)+line("o5", "view", 9101) {
		t.Errorf("open at the end:\n%s", got)
	}
	if names, _ := filepath.Glob(dir + "/.*"); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
}

// Where each day has a file of open orders of its own, the run of a day that has failed
// is run again with what it began with, and tells what a run that went well would.
func TestADayIsRunAgain(t *testing.T) {
	dir := t.TempDir()
	day := func(n int, log, timeouts string) result {
		t.Helper()
		in := write(t, dir, fmt.Sprint("day", n), log)
		return run1(t, "", "-input", in, "-input-if-any", fmt.Sprint(dir, "/open", n-1), "-open", fmt.Sprint(dir, "/open", n),
			"-timeouts", timeouts, "-rejects", fmt.Sprint(dir, "/rejects", n), "-disorder", "0s", "-quiet")
	}
	end := line("o9", "create", 9000) + line("o9", "view", 9001)
	if r := day(1, line("o1", "create", 0)+line("o1", "view", 1), dir+"/timeouts1"); r.status != 0 {
		t.Fatalf("%+v", r)
	}
	log := line("o2", "create", 1000) + line("o2", "pay", 1100) + end
	if r := day(2, log, "/dev/full"); r.status != 1 || !strings.Contains(read(t, dir+"/rejects2"), `"undelivered"`) {
		t.Fatalf("%+v: want it to fail, as o1 cannot be told of", r)
	}
	r := day(2, log, dir+"/timeouts2")
	if got, want := brief(t, r.stdout+read(t, dir+"/timeouts2")), []string{"success o2", "timeout o1"}; r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("told %q, want %q: %+v", got, want, r)
	}
	if got := read(t, dir+"/open2"); got != end {
		t.Errorf("open at the end:\n%s\nwant\n%s", got, end)
	}
}

// What the outputs of a run are called does not make them its inputs.
func TestARunDoesNotReadItsOutputs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.jsonl", line("o1", "create", 0)+"x\n"+line("o1", "pay", 1))
	r := run1(t, "", "-input", dir+"/*.jsonl", "-success", dir+"/success.jsonl", "-rejects", dir+"/rejects.jsonl")
	if r.status != 0 || !strings.Contains(r.stderr, "3 events read = ") {
		t.Errorf("%+v", r)
	}
	if got := read(t, dir+"/rejects.jsonl"); strings.Count(got, "\n") != 1 {
		t.Errorf("rejects:\n%.500s", got)
	}
}

func TestAWrongClockIsToldOf(t *testing.T) {
	var log strings.Builder
	for i := range 200 {
		o := fmt.Sprint("o", i)
		log.WriteString(line(o, "create", float64(10*i)))
		if i == 100 {
			log.WriteString(line("wrong", "create", 20*3600))
		}
		log.WriteString(line(o, "pay", float64(10*i+5)))
	}
	dir := t.TempDir()
	in := write(t, dir, "log.jsonl", log.String())
	for _, test := range []struct {
		pattern  []string
		returned string
	}{
		{nil, " 0 late + 0 malformed + 1 returned (adds up)"},
		{[]string{"-rules", write(t, dir, "rules.yaml", twoRules)}, " 0 late + 1 returned (adds up)"},
	} {
		run := func(more ...string) result {
			return run1(t, "", slices.Concat(test.pattern, more, []string{"-input", in, "-success", "none"})...)
		}
		r := run()
		if r.status != 0 || r.stdout != "" || !strings.Contains(r.stderr, test.returned) ||
			!strings.Contains(r.stderr, "1 far ahead of all other events, from 2023-11-15T18:13:20Z on") {
			t.Errorf("%q: %+v", test.pattern, r)
		}
		r = run("-at-end", "timeout")
		if got := brief(t, r.stdout); !slices.Equal(got, []string{"timeout wrong"}) || strings.Contains(r.stderr, "far ahead") {
			t.Errorf("%q: at the end of time: %+v", test.pattern, r)
		}
		r = run("-max-jump", "0")
		if !strings.Contains(r.stderr, " 199 late ") || strings.Contains(r.stderr, "far ahead") {
			t.Errorf("%q: -max-jump 0: %+v", test.pattern, r)
		}
	}
}

// The last orders of a pipe time out although nothing more comes.
func TestALivePipeTellsItsLastOrders(t *testing.T) {
	cmd, in, out, stderr := startPiped(t, "-input", "-", "-live", "-within", "1s", "-disorder", "100ms", "-success", "none")
	created := time.Now()
	_, _ = io.WriteString(in, liveEvent("o1", "create", created)+"\n")
	got := make([]byte, len(`{"outcome":"timeout"`))
	if _, err := io.ReadFull(out, got); err != nil || string(got) != `{"outcome":"timeout"` {
		t.Fatalf("%q, %v: %s", got, err, stderr)
	}
	if took := time.Since(created); took < time.Second {
		t.Errorf("the alert came after %v, before the deadline", took)
	}
	// An order of now, after the silence, is not late.
	_, _ = io.WriteString(in, liveEvent("o2", "create", time.Now())+"\n"+liveEvent("o2", "pay", time.Now())+"\n")
	time.Sleep(500 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.ReadAll(out)
	r := finished(t, cmd.Wait(), new(bytes.Buffer), stderr)
	if r.status != 0 || !strings.Contains(r.stderr, " 0 orphan + 0 other + 0 late + 0 malformed") || !strings.Contains(r.stderr, "1 timeout") {
		t.Errorf("%+v", r)
	}
}

func TestTwoProcessesWithOneOutput(t *testing.T) {
	dir := t.TempDir()
	alerts := write(t, dir, "alerts", "told before\n")
	first := command(t, "-input", "-", "-timeouts", alerts, "-success", "none", "-rejects", dir+"/rejects")
	in, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := first.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(in, line("o1", "create", 0))
	other := write(t, dir, "in", line("o2", "create", 0)+line("o3", "create", 900))
	eventually(t, "the first process has its outputs, the rejects last", 20*time.Second, func() bool {
		_, err := os.Stat(dir + "/rejects")
		return err == nil
	})
	r := run1(t, "", "-input", other, "-timeouts", alerts, "-success", "none")
	if want := "ordertimeout: localfile: " + alerts + ": another process writes to it\n"; r.status != 1 || r.stderr != want {
		t.Errorf("%+v, want %s", r, want)
	}
	in.Close()
	_, _ = io.ReadAll(stderr)
	if err := first.Wait(); err != nil || read(t, alerts) != "told before\n" {
		t.Errorf("the first process: %v, alerts %q", err, read(t, alerts))
	}
}

func TestAFailedRunLeavesNoSummary(t *testing.T) {
	dir := t.TempDir()
	summary := write(t, dir, "summary", "of yesterday\n")
	if r := run1(t, "", "-input", dir+"/none.jsonl", "-summary", summary); r.status != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(summary); !os.IsNotExist(err) {
		t.Errorf("the summary of yesterday is there: %v", err)
	}
	// It is not removed where it is an input by mistake.
	log := write(t, dir, "log", line("o1", "create", 0))
	if r := run1(t, "", "-input", log, "-summary", log); r.status != 2 || read(t, log) != line("o1", "create", 0) {
		t.Errorf("%+v, log %q", r, read(t, log))
	}
	if r := run1(t, "", "-input", log, "-input", dir+"/none", "-summary", log); r.status != 1 || read(t, log) != line("o1", "create", 0) {
		t.Errorf("%+v, log %q", r, read(t, log))
	}
}

// A stop waits for who reads standard output, but not for long.
func TestAStopWithoutAReader(t *testing.T) {
	dir := t.TempDir()
	cmd, in, out, _ := startPiped(t, "-input", "-", "-rejects", dir+"/rejects", "-open", dir+"/open")
	defer out.Close() // nobody reads it
	var log strings.Builder
	for i := range 5000 {
		o := fmt.Sprint("o", i)
		log.WriteString(line(o, "create", float64(i)) + line(o, "pay", float64(i)+0.5))
	}
	if _, err := io.WriteString(in, log.String()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // it is likely to write by now; if not, less is tested
	begin := time.Now()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() {
		_, err := cmd.Process.Wait()
		ended <- err
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	if took := time.Since(begin); took > stopTime {
		t.Errorf("it took %v to end", took)
	}
	told, _ := io.ReadAll(out)
	whole := bytes.Count(told, []byte("\n"))
	undelivered := strings.Count(read(t, dir+"/rejects"), `"reason":"undelivered"`)
	if open := strings.Count(read(t, dir+"/open"), "\n"); whole+undelivered < 4990 || undelivered == 0 || open < 5 {
		t.Errorf("%d outcomes were read, %d rejected and %d events open of 5000 orders", whole, undelivered, open)
	}
}

// A run of files that is stopped in the middle is made again by the same command, so what
// it began with stays.
func TestAStopOfFilesLeavesWhatTheyBeganWith(t *testing.T) {
	dir := t.TempDir()
	open := write(t, dir, "open", line("o0", "create", 0))
	log := write(t, dir, "log", line("o0", "pay", 1)+line("o1", "create", 2)+"x\n")
	cut := write(t, dir, "log.gz", compress(t, line("o2", "create", 3))[:20]) // breaks off
	flags := []string{"-input", log, "-input", cut, "-input-if-any", open, "-open", open, "-success", "none"}
	r := run1(t, "", flags...)
	if r.status != 1 || !strings.Contains(r.stderr, "not all was read and delivered: "+open+" is left as it was") {
		t.Errorf("%+v", r)
	}
	if got := read(t, open); got != line("o0", "create", 0) {
		t.Errorf("open has become\n%s", got)
	}
	// So does a run that could not deliver what it read.
	more := write(t, dir, "more", line("o2", "view", 100))
	r = run1(t, "", "-input", log, "-input", more, "-input-if-any", open, "-open", open, "-success", "/dev/full", "-timeouts", "none")
	if got := read(t, open); r.status != 1 || got != line("o0", "create", 0) {
		t.Errorf("%+v, open has become\n%s", r, got)
	}
}

// What is open at the end of one run is the start of the next one.
func TestOpenOrdersGoOnInTheNextRun(t *testing.T) {
	dir := t.TempDir()
	first := write(t, dir, "1.jsonl", line("o1", "create", 0)+line("o2", "create", 60)+line("o3", "create", 61)+line("o3", "pay", 62))
	second := write(t, dir, "2.jsonl", line("o1", "pay", 300)+line("o4", "create", 700))
	if r := run1(t, "", "-input", first, "-open", dir+"/open.jsonl", "-quiet"); r.status != 0 || r.stdout != "" {
		t.Errorf("first run: %+v, want no outcome within the disorder of the end", r)
	}
	if got, want := read(t, dir+"/open.jsonl"), read(t, first); got != want {
		t.Errorf("open:\n%swant\n%s", got, want)
	}
	r := run1(t, "", "-input", dir+"/open.jsonl", "-input", second)
	if got, want := brief(t, r.stdout), []string{"success o1", "success o3", "timeout o2"}; !slices.Equal(got, want) {
		t.Errorf("second run: %q, want %q", got, want)
	}
}

// What is left of rows is read beside the next rows, with the flags of both.
func TestOpenOrdersOfRowsGoOnWithTheSameFlags(t *testing.T) {
	dir := t.TempDir()
	flags := []string{"-format", "csv", "-columns", "orderId,type,time", "-time-unit", "s", "-quiet"}
	first := write(t, dir, "1", "o1,create,1767225600\no2,create,1767225601\no3,create,1767225602\no3,pay,1767225660\no5,view,1767225700\n")
	second := write(t, dir, "2", "o1,pay,1767225900\no4,create,1767226300\n")
	r := run1(t, "", append(flags, "-input", first, "-open", dir+"/open")...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o3"}) {
		t.Errorf("first run: %q, %+v", got, r)
	}
	r = run1(t, "", append(flags, "-input", dir+"/open", "-input", second)...)
	if got, want := brief(t, r.stdout), []string{"success o1", "timeout o2"}; r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("second run: %q, want %q, %+v", got, want, r)
	}
}
