package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The rules of these tests: the first ones, those without one of them, and with another of its
// name.
const (
	paidRule    = "  - {name: unpaid, pattern: create followedBy pay within 10m}\n"
	shippedRule = "  - {name: unshipped, pattern: pay followedBy ship within 2h, early: 30m}\n"
	bothRules   = "rules:\n" + paidRule + shippedRule
	lessRules   = "rules:\n" + paidRule
	otherRules  = "rules:\n" + paidRule + "  - {name: unshipped, pattern: every pay followedByAny ship within 2h}\n"
	everyRules  = "rules:\n" + paidRule + "  - {name: unshipped, pattern: every create followedByAny pay within 2h}\n"
)

// forgetful is a folder with a carry file, in which rules change.
type forgetful struct {
	*testing.T
	dir, log string
}

// newForgetful has run some rules over a log with two paid orders, one of them twice, a ship
// that unshipped holds, and an event that waits.
func newForgetful(t *testing.T, rules string) *forgetful {
	t.Helper()
	f := &forgetful{t, t.TempDir(), ""}
	f.log = write(t, f.dir, "log", line("o1", "create", 0)+line("o1", "pay", 1)+line("o2", "create", 2)+line("o2", "pay", 3)+line("o3", "ship", 50)+line("o4", "create", 58))
	if r := f.run(rules); r.status != 0 {
		t.Fatal(r.stderr)
	}
	return f
}

func (f *forgetful) args(rules string, more ...string) []string {
	args := []string{
		"-input", f.log, "-rules", write(f.T, f.dir, "rules.yaml", rules), "-carry", f.dir + "/carry", "-summary", f.dir + "/summary",
		"-success", f.dir + "/out", "-timeouts", f.dir + "/out",
	}
	return append(args, more...)
}

func (f *forgetful) run(rules string, more ...string) result {
	f.Helper()
	return run1(f.T, "", f.args(rules, more...)...)
}

// forgotten returns what the summary has of unshipped, as started, open at the start, matched,
// removed, open, and carried in, returned, carried out; "" for nothing.
func (f *forgetful) forgotten() string {
	f.Helper()
	var s struct {
		Rules map[string]struct{ Started, OpenAtStart, Matched, Removed, Open, CarriedIn, Returned, CarriedOut int }
	}
	if err := json.Unmarshal([]byte(read(f.T, f.dir+"/summary")), &s); err != nil {
		f.Fatal(err)
	}
	u, ok := s.Rules["unshipped"]
	if !ok {
		return ""
	}
	return fmt.Sprint(u.Started, u.OpenAtStart, u.Matched, u.Removed, u.Open, " ", u.CarriedIn, u.Returned, u.CarriedOut)
}

// A rule with open orders goes where the command forgets it, and its runs are counted under its
// name, once for each time that the same file is read.
func TestARuleIsForgotten(t *testing.T) {
	f := newForgetful(t, bothRules)
	const has = "rule unshipped is no more, and has 2 open orders and 1 undecided events: want the rule, with its pattern but for the window and its key, or -forget unshipped to give them up\n"
	carry := read(t, f.dir+"/carry")
	for _, test := range []struct{ forget, warning string }{
		{"", ""},
		{"unshiped", "ordertimeout: -forget unshiped: nothing of that name in the carry file\n"},
		{"unpaid", "ordertimeout: -forget unpaid: nothing of rule unpaid is forgotten: it goes on, or had no open orders\n"},
		{f.log, ""}, // a file that is still read
	} {
		var more []string
		if test.forget != "" {
			more = []string{"-forget", test.forget}
		}
		r := f.run(lessRules, more...)
		if want := test.warning + "ordertimeout: -carry " + f.dir + "/carry: " + has; r.status != 1 || r.stderr != want {
			t.Errorf("-forget %q: status %d, %swant 1, %s", test.forget, r.status, r.stderr, want)
		}
	}
	for _, what := range []string{"first", "after a crash, before the file was written"} {
		write(t, f.dir, "carry", carry)
		r := f.run(lessRules, "-forget", "unshipped")
		if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 4 || strings.Contains(r.stderr, "-forget") ||
			!strings.Contains(r.stderr, "unshipped: 0 orders started + 2 open at the start = 0 matched + 0 timeout + 0 broken + 0 cancelled + 0 skipped + 0 overflow + 2 removed + 0 open (adds up)") {
			t.Fatalf("%s: status %d: %s", what, r.status, r.stderr)
		}
		if got, want := f.forgotten(), "0 2 0 2 0 1 1 0"; got != want {
			t.Errorf("%s: -summary has %s, want %s", what, got, want)
		}
	}
	r := f.run(lessRules, "-forget", "unshipped") // as a unit does that is started again
	if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 || strings.Count(r.stderr, "-forget unshipped: nothing of that name in the carry file\n") != 1 || f.forgotten() != "" {
		t.Errorf("once more: status %d: %s, -summary has %q", r.status, r.stderr, f.forgotten())
	}
	for _, test := range []struct{ rules, pattern string }{{bothRules, ""}, {"", "create followedBy pay within 10m"}} {
		write(t, f.dir, "carry", carry)
		args := f.args(test.rules, "-forget", "unshipped")
		if test.pattern != "" {
			args = append(slices.Delete(args, 2, 4), "-pattern", test.pattern)
		}
		r := run1(t, "", args...)
		if n := strings.Count(r.stderr, "(adds up)"); r.status != 0 || n != 4 || (f.forgotten() == "0 2 0 2 0 1 1 0") != (test.pattern != "") {
			t.Errorf("with %s%s: status %d: %s, -summary has %q", test.rules, test.pattern, r.status, r.stderr, f.forgotten())
		}
	}
}

// Where another rule has the name the figures of both are one, and runs that had given a match
// have ended so.
func TestARuleOfTheSameNameIsForgotten(t *testing.T) {
	f := newForgetful(t, everyRules)
	if r := f.run(otherRules); r.status != 1 || !strings.Contains(r.stderr, "rule unshipped is no more, and has 2 open orders and 0 undecided events: ") {
		t.Errorf("without -forget: status %d: %s", r.status, r.stderr)
	}
	carry := read(t, f.dir+"/carry")
	for _, rules := range []string{otherRules, bothRules} {
		write(t, f.dir, "carry", carry)
		r := f.run(rules, "-forget", "unshipped")
		if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 4 {
			t.Fatalf("with %s: status %d: %s", rules, r.status, r.stderr)
		}
		if got, want := f.forgotten(), "0 2 2 0 0 1 0 1"; got != want {
			t.Errorf("with %s: -summary has %s, want %s", rules, got, want)
		}
	}
}

// A key of which no rule is left goes with its rules; the events that wait are those of the
// other key, too, and only where there is none they are lost with them.
func TestAKeyIsForgotten(t *testing.T) {
	keyed := func(rule, key string) string { return strings.Replace(rule, "}", ", key: "+key+"}", 1) }
	for _, test := range []struct {
		before, after string
		want          string
	}{
		{"rules:\n" + paidRule + keyed(shippedRule, "order"), lessRules, "0 2 0 2 0 1 1 0"},
		{"rules:\n" + shippedRule, "rules:\n" + keyed(paidRule, "order"), "0 2 0 2 0 2 2 0"},
	} {
		f := newForgetful(t, test.before)
		if r := f.run(test.after); r.status != 1 || !strings.Contains(r.stderr, "rule unshipped is no more, and has 2 open orders") {
			t.Errorf("without -forget: status %d: %s", r.status, r.stderr)
		}
		if r := f.run(test.after, "-forget", "unshipped"); r.status != 0 || strings.Count(r.stderr, "(adds up)") != 4 || f.forgotten() != test.want {
			t.Errorf("status %d: %s, -summary has %s, want %s", r.status, r.stderr, f.forgotten(), test.want)
		}
	}
}

// All that is to be forgotten is told of at once.
func TestAFileAndARuleAreForgotten(t *testing.T) {
	f := newForgetful(t, bothRules+"  - {name: unsent, pattern: pay followedBy ship within 3h}\n")
	log, dir := f.log, f.dir
	r := f.run(lessRules)
	if n := strings.Count(r.stderr, " is no more, and has "); r.status != 1 || n != 2 || strings.Count(r.stderr, "\n") != 2 {
		t.Errorf("two rules: status %d, %s", r.status, r.stderr)
	}
	write(t, dir, "log", read(t, log)+line("o9", "create", 59))
	f.log = write(t, dir, "log2", line("o5", "create", 70))
	if r := f.run(bothRules, "-forget", "unsent"); r.status != 1 || !strings.Contains(r.stderr, "-forget "+log+" to give it up") {
		t.Errorf("a file that has grown: status %d, %s", r.status, r.stderr)
	}
	if r := f.run(lessRules, "-forget", log, "-forget", "unsent", "-forget", "unshipped"); r.status != 0 || strings.Contains(r.stderr, "-forget") || f.forgotten() != "0 2 0 2 0 1 1 0" {
		t.Errorf("both: status %d, %s, -summary has %s", r.status, r.stderr, f.forgotten())
	}
	if r := f.run(lessRules, "-forget", log); r.status != 0 || !strings.Contains(r.stderr, "-forget "+log+": nothing of that name in the carry file") {
		t.Errorf("the file once more: status %d, %s", r.status, r.stderr)
	}
}

// A name may be that of a file and of a rule: then both go.
func TestOneNameOfAFileAndARule(t *testing.T) {
	f := newForgetful(t, bothRules)
	t.Chdir(f.dir)
	f.log = write(t, "", "unshipped", line("o5", "create", 59))
	if r := f.run(bothRules); r.status != 0 {
		t.Fatal(r.stderr)
	}
	write(t, "", "unshipped", line("o5", "create", 59)+line("o6", "create", 60))
	f.log = write(t, "", "log2", line("o7", "create", 61))
	if r := f.run(lessRules, "-forget", "unshipped"); r.status != 0 || f.forgotten() != "0 2 0 2 0 1 1 0" {
		t.Errorf("status %d, %s, -summary has %s", r.status, r.stderr, f.forgotten())
	}
}

// Of a subscription the messages that a forgotten rule waited with are let go of, and its
// metrics have its name. With another rule of the name all adds up at a stop, too.
func TestARuleOfASubscriptionIsForgotten(t *testing.T) {
	f := newFake(t)
	dir := t.TempDir()
	address := freeAddress(t)
	args := func(rules string, more ...string) []string {
		return append([]string{
			"-input", ordersURI, "-rules", write(t, dir, "rules.yaml", rules), "-disorder", "500ms", "-carry", filepath.Join(dir, "carry"), "-carry-every", "200ms",
			"-success", "none", "-timeouts", "none", "-metrics", address,
		}, more...)
	}
	p := start(t, nil, args(bothRules)...)
	now := time.Now()
	f.publish(liveEvent("o1", "create", now), liveEvent("o1", "pay", now), liveEvent("o2", "pay", now), liveEvent("o4", "ship", now))
	p.await("two orders that wait for a ship", 20*time.Second, func() bool { return hasMetric(address, `open_orders{rule="unshipped"} 2`) })
	p.await("an acknowledgement of every message", 20*time.Second, func() bool { return f.acked()[0] == 0 })
	if r := p.stop(); r.status != 0 {
		t.Fatal(r.stderr)
	}
	if r := run1(t, "", args(lessRules)...); r.status != 1 || !strings.Contains(r.stderr, "rule unshipped is no more, and has 2 open orders") {
		t.Fatalf("without -forget: status %d, %s", r.status, r.stderr)
	}
	for range 2 { // killed before it has written a file of its own, and started again
		p = start(t, nil, args(lessRules, "-carry-every", "1h", "-forget", "unshipped")...)
		f.publish(liveEvent("o3", "pay", time.Now()))
		p.await("the runs that are removed", 20*time.Second, func() bool { return hasMetric(address, `outcomes_total{outcome="removed",rule="unshipped"} 2`) })
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		<-p.ended
	}
	p = start(t, nil, args(otherRules, "-forget", "unshipped")...)
	p.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
	r := p.stop()
	if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 4 || !strings.Contains(r.stderr, " orders started + 2 open at the start = ") || !strings.Contains(r.stderr, " + 1 returned + ") || !strings.Contains(r.stderr, " + 2 removed + ") {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}

// freeAddress returns an address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// hasMetric reports whether a command serves a line at an address.
func hasMetric(address, line string) bool {
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return false // it is not there yet
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return err == nil && strings.Contains(string(body), "\nordertimeout_"+line+"\n")
}
