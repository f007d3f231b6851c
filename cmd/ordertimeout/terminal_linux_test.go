package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ordertimeout/transforms"
)

// terminal returns both ends of a new terminal: what is written to screen is read from
// reader.
func terminal(t *testing.T) (reader, screen *os.File) {
	t.Helper()
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { reader.Close() })
	n, err := unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { screen.Close() })
	return reader, screen
}

// shown runs the command with a terminal as standard output, and returns its lines.
func shown(t *testing.T, stdin string, args ...string) (lines []string, stderr string) {
	t.Helper()
	reader, screen := terminal(t)
	cmd := command(t, args...)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), screen, &errs
	text := make(chan string)
	go func() {
		b, err := io.ReadAll(reader)
		if err != nil && !errors.Is(err, syscall.EIO) { // the end of a terminal
			t.Error(err)
		}
		text <- string(b)
	}()
	err := cmd.Run()
	screen.Close()
	got := <-text
	if err != nil {
		t.Errorf("%v: %s", err, errs.String())
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(got, "\r\n", "\n"), "\n"), "\n"), errs.String()
}

// tableLog has an order that is paid, two that are not, of which one is named by
// someone who knows about terminals, and a payment of no order.
var tableLog = line("o1", "create", 0) + line("o1", "pay", 1) + line("o2", "create", 2) +
	`{"orderId":"\u001b[2J\u001b]0;x\u0007","userId":"a\nb","type":"create","time":1700000003000}` + "\n" +
	line("o9", "pay", 650)

// On a terminal a person reads; one header stands above successes and timeouts.
func TestOutcomesAreATableOnATerminal(t *testing.T) {
	lines, _ := shown(t, tableLog, "-input", "-", "-quiet")
	if len(lines) != 4 || lines[0] != transforms.TableHeader() {
		t.Fatalf("got %q, want a header and three rows", lines)
	}
	slices.Sort(lines[1:])
	for i, want := range []string{
		"2023-11-14 22:13:21  success  o1                u             1s",
		"2023-11-14 22:23:22  timeout  o2                u             10m0s    pay",
		`2023-11-14 22:23:23  timeout  \x1b[2J…]0;x\x07  a\nb          10m0s    pay`,
	} {
		if lines[i+1] != want {
			t.Errorf("got\n%s, want\n%s", lines[i+1], want)
		}
	}
}

// What is no outcome, or goes elsewhere, is lines of JSON on a terminal, too.
func TestLinesOfJSONOnATerminal(t *testing.T) {
	out := t.TempDir() + "/timeouts"
	lines, _ := shown(t, tableLog, "-input", "-", "-quiet", "-timeouts", out, "-rejects", "-", "-summary", "-")
	slices.Sort(lines)
	if len(lines) != 4 || lines[0][:5] != "2023-" || lines[1] != transforms.TableHeader() || !strings.HasPrefix(lines[2], `{"read":5,`) || !strings.HasPrefix(lines[3], `{"reason":"orphan"`) {
		t.Errorf("got %q, want a row, a header, a summary and a reject", lines)
	}
	if got := brief(t, read(t, out)); len(got) != 2 {
		t.Errorf("the file has %q", got)
	}
	lines, _ = shown(t, tableLog, "-input", "-", "-quiet", "-format-out", "jsonl")
	if got := brief(t, strings.Join(lines, "\n")); len(got) != 3 {
		t.Errorf("-format-out jsonl: %q", got)
	}
	if lines, _ = shown(t, tableLog, "-input", "-", "-quiet", "-success", "none", "-timeouts", "none"); len(lines) != 1 || lines[0] != "" {
		t.Errorf("nothing is to be written: %q", lines)
	}
}

// A program that reads a pipe gets lines of JSON, unless a table is asked for.
func TestOutcomesInAPipe(t *testing.T) {
	if got := brief(t, run1(t, tableLog, "-input", "-", "-quiet").stdout); len(got) != 3 {
		t.Errorf("got %q", got)
	}
	r := run1(t, tableLog, "-input", "-", "-quiet", "-format-out", "table")
	if r.status != exitOK || !strings.HasPrefix(r.stdout, transforms.TableHeader()+"\n") || strings.Count(r.stdout, "\n") != 4 {
		t.Errorf("-format-out table: %+v", r)
	}
}
