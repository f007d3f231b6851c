package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/unit"
)

const unitFile = "../../testdata/deploy/ordertimeout.service"

// serviceOf returns what the unit says in its section [Service], by name.
func serviceOf(t *testing.T) map[string][]string {
	t.Helper()
	options, err := unit.DeserializeOptions(strings.NewReader(read(t, unitFile)))
	if err != nil {
		t.Fatal(err)
	}
	of := map[string][]string{}
	for _, o := range options {
		if o.Section == "Service" {
			of[o.Name] = append(of[o.Name], o.Value)
		}
	}
	return of
}

// commandLine returns the flags of the unit's command.
func commandLine(t *testing.T) []string {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(serviceOf(t)["ExecStart"][0], "\\\n", " "))
	if words[0] != "/usr/local/bin/ordertimeout" {
		t.Fatalf("the unit runs %s", words[0])
	}
	return words[1:]
}

// systemd says nothing of the unit, and finds it as closed as its comments say. Where
// systemd is not installed this is skipped, but not by CI, whose machines have to have it:
// else nobody would see that the unit is wrong before it is installed.
func TestUnitIsAsSystemdWantsIt(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no systemd-analyze: install systemd")
		}
		t.Skip("no systemd-analyze")
	}
	// The command is not installed here: another one stands for it.
	path := filepath.Join(t.TempDir(), "ordertimeout.service")
	text := strings.Replace(read(t, unitFile), "/usr/local/bin/ordertimeout", os.Args[0], 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "--man=no", path},
		{"security", "--no-pager", "--offline=true", "--threshold=15", path}, // tenths: below 2 is as good as it rates
	} {
		out, err := exec.Command(analyze, args...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}

// The command of the unit begins to read, is alive, and stops, told as the unit has it.
func TestUnitRuns(t *testing.T) {
	of, args := serviceOf(t), commandLine(t)
	if got := of["Type"]; !slices.Equal(got, []string{"notify"}) {
		t.Errorf("Type=%v", got)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(log, []byte(line("o1", "create", 0)), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, arg := range args {
		switch arg {
		case "/var/log/shop/orders.jsonl":
			args[i] = log
		case "localhost:9464": // another test may have it
			args[i] = "localhost:0"
		}
	}
	m := newManager(t)
	p := &child{t: t, cmd: command(t, args...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stderr = dir, &p.stderr
	p.cmd.Env = append(p.cmd.Env, "NOTIFY_SOCKET="+m.socket, "WATCHDOG_USEC=200000")
	p.run()
	p.await("READY=1", 20*time.Second, m.has("READY=1"))
	p.await("WATCHDOG=1", 20*time.Second, m.has("WATCHDOG=1"))
	r := p.stop()
	entriesOf(t, r.stderr)
	if r.status != exitOK {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"orders.carry", "timeouts.jsonl", "rejects.jsonl"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("not in the state directory: %v", err)
		}
	}
}

// The watchdog ends a process by SIGABRT. Go makes that the status 2, which the unit takes
// for wrong flags and does not restart, but for the variable that it sets.
func TestUnitRestartsAfterTheWatchdog(t *testing.T) {
	of := serviceOf(t)
	if !slices.Equal(of["RestartPreventExitStatus"], []string{"2"}) || !slices.Equal(of["Restart"], []string{"on-failure"}) {
		t.Fatalf("Restart=%v, and not with the status %v", of["Restart"], of["RestartPreventExitStatus"])
	}
	m := newManager(t)
	p := start(t, append(of["Environment"], "NOTIFY_SOCKET="+m.socket), "-input", "demo:", "-success", "none", "-timeouts", "none")
	p.await("READY=1", 20*time.Second, m.has("READY=1"))
	if err := p.cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
	}
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGABRT {
		t.Errorf("it ended with %v: want that by SIGABRT", p.cmd.ProcessState)
	}
}
