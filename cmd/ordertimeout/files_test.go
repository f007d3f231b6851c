package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A run that cannot succeed says why in one line, after what was read has been
// delivered.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0)+line("o1", "pay", 1)+line("o2", "create", 2)+line("o3", "create", 700))
	packed := compress(t, read(t, in))
	write(t, dir, "cut.jsonl.gz", packed[:len(packed)-10])
	write(t, dir, "notgz.jsonl.gz", "plain")
	write(t, dir, "headless.csv", "a,b,c\n1,2,3\n")
	secret := write(t, dir, "secret.jsonl", "")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args, want string
		outcomes   []string
	}{
		{"-input DIR/missing.jsonl", `DIR/missing.jsonl": no such file`, nil},
		{"-input DIR/*.xml", "DIR/*.xml", nil},
		{"-input DIR", "DIR", nil},
		{"-input DIR/in.jsonl -input DIR/missing.jsonl", "missing.jsonl", nil},
		{"-input DIR/headless.csv", "headless.csv", nil},
		{"-input DIR/notgz.jsonl.gz", "notgz.jsonl.gz", nil},
		{"-input DIR/cut.jsonl.gz -disorder 0s", "cut.jsonl.gz", []string{"success o1", "timeout o2"}},
		{"-input IN -success /dev/full", "/dev/full: no space left on device", nil},
		{"-input IN -success IN/x", "IN/x", nil},
		{"-input IN -success DIR", "DIR", nil},
		{"-input IN -summary IN/such", "-summary: localfile: IN/such: its directory: mkdir IN: not a directory", []string{"success o1", "timeout o2"}},
	} {
		replace := strings.NewReplacer("IN", in, "DIR", dir)
		r := run1(t, "", strings.Fields(replace.Replace("-quiet "+test.args))...)
		if r.status != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "ordertimeout: ") || !strings.Contains(r.stderr, replace.Replace(test.want)) {
			t.Errorf("%s: status %d, stderr:\n%swant one line with %q", test.args, r.status, r.stderr, replace.Replace(test.want))
		}
		if got := brief(t, r.stdout); len(test.outcomes) > 0 && !slices.Equal(got, test.outcomes) {
			t.Errorf("%s: delivered %q, want %q", test.args, got, test.outcomes)
		}
	}
	if os.Getuid() != 0 { // root may read everything
		if r := run1(t, "", "-input", secret); r.status != 1 || !strings.Contains(r.stderr, "permission denied") {
			t.Errorf("unreadable file: %+v", r)
		}
	}
}

func TestSeveralFilesAreOneLog(t *testing.T) {
	dir := t.TempDir()
	var creates, pays string
	var want []string
	for i := range 100 {
		order := fmt.Sprintf("o%02d", i)
		creates += line(order, "create", float64(i*20))
		if i%2 == 0 {
			pays += line(order, "pay", float64(i*20+500))
			want = append(want, "success "+order)
		} else if i*20+600 <= 98*20+500 {
			want = append(want, "timeout "+order)
		}
	}
	slices.Sort(want)
	write(t, dir, "creates.jsonl", creates)
	write(t, dir, "pays.jsonl.gz", compress(t, pays))
	r := run1(t, "", "-input", dir+"/*.jsonl*", "-input", dir+"/pays.jsonl.gz", "-disorder", "0s", "-summary", dir+"/out/../s")
	if got := brief(t, r.stdout); !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q, stderr %s", got, want, r.stderr)
	}
	if !strings.HasPrefix(r.stderr, "150 events read") {
		t.Errorf("a file named twice is to be read once: %s", r.stderr)
	}
}

func TestTwoOutputsOneFile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "both.jsonl")
	write(t, filepath.Dir(out), "both.jsonl", "what was there before\n")
	log := line("o1", "create", 0) + line("o2", "create", 1) + line("o1", "pay", 2) + line("o3", "create", 900)
	in := write(t, t.TempDir(), "in.jsonl", log)
	want := []string{"success o1", "timeout o2"}
	r := run1(t, "", "-input", in, "-success", out, "-timeouts", filepath.Dir(out)+"/./both.jsonl", "-quiet")
	if got := brief(t, read(t, out)); r.status != 0 || !slices.Equal(got, want) {
		t.Errorf("%+v: file has %q, want %q", r, got, want)
	}
	// A pipe cannot be read again, so what is there stays.
	r = run1(t, log, "-input", "-", "-success", out, "-timeouts", out, "-quiet")
	if got := brief(t, read(t, out)); r.status != 0 || !slices.Equal(got, []string{"success o1", "success o1", "timeout o2", "timeout o2"}) {
		t.Errorf("of a pipe: %+v: file has %q, want %q twice", r, got, want)
	}
}
