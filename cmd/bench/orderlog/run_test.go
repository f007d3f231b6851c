package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// orderlog runs the command and returns what it wrote.
func orderlog(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(args, &out, &errs)
	return status, out.String(), errs.String()
}

// Whoever changes the bytes of a log changes what benchmarks compare: pin them.
func TestTheLogOfASeedNeverChanges(t *testing.T) {
	tests := []struct {
		reason string
		args   []string
		want   string // SHA-256
	}{
		{"the default shop", []string{"-n", "10000", "-seed", "1"}, "c90707ba61b9f9239e092ffa6ebe0f047883538a61a313517e13600bdbbab771"},
		{"with all that can go wrong", []string{"-n", "10000", "-seed", "1", "-rate", "100", "-disorder", "5s", "-late", "0.01", "-repeat", "0.02", "-hot", "0.1"}, "7651c715a14e0cb12fd21dbb439db7567e34487380b72e95d690dd5b08ddfa3a"},
		{"with more steps", []string{"-n", "10000", "-seed", "1", "-fails", "6", "-cancelled", "0.1"}, "3f92331bba62bef788d39f35a19183bc03161acb280962e576233cfd85e6c767"},
		{"with all that an order can do", []string{"-n", "10000", "-seed", "1", "-rate", "100", "-cancelled", "0.1", "-early", "0.1", "-b2b", "0.2", "-b2b-within", "2h"}, "c09fb8d4a4f81805ba482ec8cfa378fbfff04bfd2bc1b377927acbba73b54903"},
		{"with more steps that go wrong", []string{"-n", "10000", "-seed", "7", "-rate", "20", "-disorder", "5s", "-late", "0.01", "-repeat", "0.02", "-hot", "0.1", "-fails", "2", "-cancelled", "0.2"}, "90c4b6f3a3c446e73ca0297fb1fe906c48f1ca41e533e1fd927964e33820a718"},
	}
	for _, test := range tests {
		status, log, errs := orderlog(test.args...)
		if status != 0 || errs != "" {
			t.Fatalf("%s: status %d, %s", test.reason, status, errs)
		}
		if n := strings.Count(log, "\n"); n != 10000 {
			t.Errorf("%s: %d lines, want 10000", test.reason, n)
		}
		sum := sha256.Sum256([]byte(log))
		if got := hex.EncodeToString(sum[:]); got != test.want {
			t.Errorf("%s: hash %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestAFileGetsWhatStandardOutputGets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(path, []byte(strings.Repeat("longer than the log\n", 1000)), 0o666); err != nil {
		t.Fatal(err)
	}
	_, want, _ := orderlog("-n", "10")
	if status, out, errs := orderlog("-n", "10", "-o", path); status != 0 || out != "" || errs != "" {
		t.Fatalf("status %d, stdout %q, stderr %q", status, out, errs)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
}

func TestNoEventsAreAnEmptyLog(t *testing.T) {
	if status, out, errs := orderlog("-n", "0"); status != 0 || out != "" || errs != "" {
		t.Errorf("status %d, stdout %q, stderr %q", status, out, errs)
	}
}

func TestHelpFitsAScreen(t *testing.T) {
	status, out, errs := orderlog("-h")
	if status != 0 || errs != "" {
		t.Errorf("status %d, stderr %q", status, errs)
	}
	lines := strings.Split(out, "\n")
	if len(lines) > 24 {
		t.Errorf("%d lines, want 24 at most", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("%d columns, want 80 at most: %s", len(line), line)
		}
	}
	for _, name := range flagOf {
		if !strings.Contains(out, " "+name+" ") {
			t.Errorf("no word of %s", name)
		}
	}
}

func TestAWrongFlagIsNamedInOneLine(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-n", "-1"}, "orderlog: -n -1: want 0 or more events\n"},
		{[]string{"-n", "x"}, "orderlog: invalid value \"x\" for flag -n: parse error\n"},
		{[]string{"-what"}, "orderlog: flag provided but not defined: -what\n"},
		{[]string{"orders.jsonl"}, "orderlog: \"orders.jsonl\": want flags only\n"},
		{[]string{"-o", ""}, "orderlog: -o \"\": want a file, or - for standard output\n"},
		{[]string{"-users", "0"}, "orderlog: -users 0: want at least 1\n"},
		{[]string{"-rate", "0"}, "orderlog: -rate 0: want 0.001 to 1000000 events a second\n"},
		{[]string{"-start", "1960-01-01T00:00:00Z"}, "orderlog: -start 1960-01-01T00:00:00Z: want a time from 1970 to 9999\n"},
		{[]string{"-within", "0s"}, "orderlog: -within 0s: want 10ms to 87600h0m0s\n"},
		{[]string{"-paid", "2"}, "orderlog: -paid 2: want a share from 0 to 1\n"},
		{[]string{"-paid", "1"}, "orderlog: -paid-late 0.02: want at most what the share that is paid in time, 1, leaves\n"},
		{[]string{"-disorder", "-1s"}, "orderlog: -disorder -1s: want 0 to 87600h0m0s\n"},
		{[]string{"-late", "NaN"}, "orderlog: -late NaN: want a share from 0 to 1\n"},
		{[]string{"-repeat", "-1"}, "orderlog: -repeat -1: want a share from 0 to 1\n"},
		{[]string{"-hot", "3"}, "orderlog: -hot 3: want a share from 0 to 1\n"},
		{[]string{"-fails", "-1"}, "orderlog: -fails -1: want 0 to 100\n"},
		{[]string{"-cancelled", "3"}, "orderlog: -cancelled 3: want a share from 0 to 1\n"},
		{[]string{"-early", "1.1"}, "orderlog: -early 1.1: want a share from 0 to 1\n"},
		{[]string{"-b2b", "NaN"}, "orderlog: -b2b NaN: want a share from 0 to 1\n"},
		{[]string{"-b2b-within", "0s"}, "orderlog: -b2b-within 0s: want 10ms to 87600h0m0s\n"},
	}
	for _, test := range tests {
		status, out, errs := orderlog(test.args...)
		if status != 2 || out != "" || errs != test.want {
			t.Errorf("%q: status %d, stdout %q, stderr\n got %swant %s", test.args, status, out, errs, test.want)
		}
	}
}

func TestALogThatCannotBeWrittenIsOneLine(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		reason string
		target string
		want   string
	}{
		{"a directory", dir, "orderlog: " + dir + ": is a directory\n"},
		{"no such directory", dir + "/no/log", "orderlog: " + dir + "/no/log: no such file or directory\n"},
		{"a full disk, seen at the end", "/dev/full", "orderlog: /dev/full: no space left on device\n"},
	}
	for _, test := range tests {
		if test.target == "/dev/full" && runtime.GOOS != "linux" {
			continue
		}
		status, _, errs := orderlog("-n", "10", "-o", test.target)
		if status != 1 || errs != test.want {
			t.Errorf("%s: status %d, stderr %q, want %q", test.reason, status, errs, test.want)
		}
	}
}

func TestALogThatNobodyReadsIsAnError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	var errs bytes.Buffer
	// Endless, if it did not end at the first write that fails.
	if status := run([]string{"-n", "9000000000000000000"}, w, &errs); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if got, want := errs.String(), "orderlog: -: broken pipe\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}
