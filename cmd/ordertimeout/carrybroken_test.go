package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// openLog is a log of so many orders, of which none is paid and all but the last are open.
func openLog(orders int) string {
	var log strings.Builder
	for range orders {
		log.WriteString(line(fmt.Sprintf("o%x%x", rand.Uint64(), rand.Uint64()), "create", 0))
	}
	return log.String() + line("last", "view", 60)
}

// carriedRun are the flags of a run over a log that carries, with its outputs, in a folder.
func carriedRun(dir, in string, more ...string) []string {
	return append([]string{"-quiet", "-input", in, "-carry", dir + "/c", "-timeouts", dir + "/timeouts", "-success", dir + "/paid", "-rejects", dir + "/rejects"}, more...)
}

// unchangedFiles returns a check that the files of a folder are what they are now.
func unchangedFiles(t *testing.T, dir string, names ...string) func(when string) {
	t.Helper()
	former := map[string]string{}
	for _, name := range names {
		former[name] = read(t, dir+"/"+name)
	}
	return func(when string) {
		t.Helper()
		for _, name := range names {
			if got := read(t, dir+"/"+name); got != former[name] {
				t.Errorf("%s: %s has %d bytes, and is not what it was with %d", when, name, len(got), len(former[name]))
			}
		}
	}
}

// A carry file of the size of a real one that is cut or changed anywhere, or of a newer
// build, is told of in a line, and nothing is touched.
func TestABrokenCarryFileTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in", openLog(5000))
	args := carriedRun(dir, in)
	if r := run1(t, "", args...); r.status != exitOK || r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	whole := read(t, dir+"/c")
	if len(whole) < 100_000 {
		t.Fatalf("the carry file has %d bytes: want more", len(whole))
	}
	newer := strings.Replace(whole, "ordertimeout carry 1\n", "ordertimeout carry 2\n", 1)
	for i := range 200 {
		at := rand.IntN(len(whole))
		what, broken := fmt.Sprintf("cut at byte %d", at), whole[:at]
		switch {
		case i == 0:
			what, broken = "newer", newer
		case i%2 == 0:
			changed := []byte(whole)
			changed[at] ^= byte(1 + rand.IntN(255))
			what, broken = fmt.Sprintf("changed at byte %d", at), string(changed)
		}
		write(t, dir, "c", broken)
		check := unchangedFiles(t, dir, "c", "timeouts", "paid", "rejects")
		r := openOf("-carry", dir+"/c")
		if want := "ordertimeout: open: -carry " + dir + "/c: carry: "; r.status != exitFailed || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, want) {
			t.Errorf("%s: open: %+v, want %s", what, r, want)
		}
		if i%40 < 2 { // each is a process
			r := run1(t, "", args...)
			if want := "ordertimeout: -carry " + dir + "/c: carry: "; r.status != exitFailed || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, want) {
				t.Errorf("%s: run: %+v, want %s", what, r, want)
			}
		}
		check(what)
	}
}

// Where the carry file cannot be written to its end the run says so in a line, and the former
// one stays: the next run reads on from it, and tells each outcome once.
func TestADiskThatIsFullForTheCarryFile(t *testing.T) {
	dir := t.TempDir()
	early := line("early", "create", 0) + line("early", "pay", 1) + line("x", "view", 20)
	in := write(t, dir, "in", early)
	args := carriedRun(dir, in)
	if r := run1(t, "", args...); r.status != exitOK || r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	var more strings.Builder
	for i := range 5000 {
		more.WriteString(line(fmt.Sprintf("o%x%d", rand.Uint64(), i), "create", 30))
	}
	more.WriteString(line("late", "create", 31) + line("late", "pay", 32) + line("x", "view", 90))
	write(t, dir, "in", early+more.String())
	check := unchangedFiles(t, dir, "c")

	run := command(t, args...)
	limited := exec.Command("sh", append([]string{"-c", `ulimit -f 64; exec "$@"`, "sh"}, run.Args...)...) // 32 or 64 KiB a file
	limited.Env = run.Env
	var stdout, stderr bytes.Buffer
	limited.Stdout, limited.Stderr = &stdout, &stderr
	r := finished(t, limited.Run(), &stdout, &stderr)
	if want := (result{status: exitFailed, stderr: "ordertimeout: -carry: localfile: " + dir + "/c: file too large\n"}); r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	check("after it")
	if left, err := os.ReadFile(dir + "/.c.tmp"); err == nil {
		t.Errorf("%d bytes of the file that was not written are left", len(left))
	}
	if r := run1(t, "", args...); r.status != exitOK || r.stderr != "" {
		t.Errorf("the next run: %+v", r)
	}
	if got, want := brief(t, read(t, dir+"/paid")), []string{"success early", "success late"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// A carry file of last week goes on with the outputs and the log of today: each outcome is
// there once.
func TestACarryFileOfLastWeek(t *testing.T) {
	dir := t.TempDir()
	args := carriedRun(dir, dir+"/in")
	var log, old string
	for day := range 7 {
		at, paid, unpaid := float64(day)*3600, fmt.Sprint("paid", day), fmt.Sprint("unpaid", day)
		log += line(unpaid, "create", at) + line(paid, "create", at) + line(paid, "pay", at+1) + line(paid, "pay", at+2) + line("x", "view", at+20)
		write(t, dir, "in", log)
		if r := run1(t, "", args...); r.status != exitOK || r.stderr != "" {
			t.Fatalf("day %d: %+v", day, r)
		}
		if day == 0 {
			old = read(t, dir+"/c")
		}
	}
	paid, timeouts := brief(t, read(t, dir+"/paid")), brief(t, read(t, dir+"/timeouts"))
	if len(paid) != 7 || len(timeouts) != 6 {
		t.Fatalf("told %q and %q", paid, timeouts)
	}
	write(t, dir, "c", old)
	write(t, dir, "in", log+line("x", "view", 8*3600))
	if r := run1(t, "", args...); r.status != exitOK || r.stderr != "" {
		t.Errorf("%+v", r)
	}
	if got := brief(t, read(t, dir+"/paid")); !slices.Equal(got, paid) {
		t.Errorf("told %q, want %q", got, paid)
	}
	if got, want := brief(t, read(t, dir+"/timeouts")), append(timeouts, "timeout unpaid6"); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// What a webhook and the rejects have refused is in the carry file, and the next run
// delivers it.
func TestTheNextRunTellsTheWebhook(t *testing.T) {
	dir := t.TempDir()
	refusing, accepting := newReceiver(t, "o"), newReceiver(t, "refused")
	in := write(t, dir, "in", line("o1", "create", 0)+line("o1", "view", 3600))
	run := func(r *receiver, rejects string) result {
		p := start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret, "ORDERTIMEOUT_WEBHOOK_URL=" + r.URL},
			"-quiet", "-input", in, "-carry", dir+"/c", "-success", "none", "-timeouts", "webhook", "-rejects", rejects)
		return p.wait()
	}
	if r := run(refusing, "/dev/full"); r.status != exitFailed || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "the carry file has 1 that went nowhere, for the next run") {
		t.Errorf("refused: %+v", r)
	}
	for range 2 {
		if r := run(accepting, dir+"/rejects"); r.status != exitOK || r.stderr != "" {
			t.Errorf("accepted: %+v", r)
		}
		if got := accepting.alerts(); len(got) != 1 || got["o1"] != "timeout" || len(accepting.wrong) > 0 {
			t.Errorf("told %v, want a timeout of o1: %q", got, accepting.wrong)
		}
	}
}

// A live pipe that is killed goes on with what the carry file has, and one that is stopped
// with all that was read.
func TestALivePipeGoesOnWithItsCarryFile(t *testing.T) {
	dir := t.TempDir()
	args := carriedRun(dir, "-", "-live", "-within", "8s", "-disorder", "100ms", "-carry-every", "100ms")
	inFile := func(order string) func() bool {
		return func() bool {
			f := openOf("-carry", dir+"/c", "-order", order)
			return f.status == exitOK
		}
	}
	piped := func(orders ...string) (end func(kill bool)) {
		cmd, in, _, stderr := startPiped(t, args...)
		for _, o := range orders {
			fmt.Fprintln(in, liveEvent(o, "create", time.Now()))
			eventually(t, "the order is in the carry file: "+o, 20*time.Second, inFile(o))
		}
		return func(kill bool) {
			if kill {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				return
			}
			fmt.Fprintln(in, liveEvent("stopped", "create", time.Now()))
			time.Sleep(300 * time.Millisecond) // it is read by then
			_ = cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("stopped: %v: %s", err, stderr)
			}
		}
	}
	piped("o1")(true)
	piped("o2")(false)
	defer piped("o3")(true) // a pipe is alive from its first event on
	want := []string{"timeout o1", "timeout o2", "timeout o3", "timeout stopped"}
	told := func() []string { return brief(t, read(t, dir+"/timeouts")) }
	eventually(t, "four timeouts", 30*time.Second, func() bool { return len(told()) >= 4 })
	if got := told(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
