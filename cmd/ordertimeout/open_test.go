package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ordertimeout/transforms/carry"
)

// openOf runs ordertimeout open.
func openOf(args ...string) result {
	var stdout, stderr strings.Builder
	status := openOrders(args, &stdout, &stderr)
	return result{stdout: stdout.String(), stderr: stderr.String(), status: status}
}

// carriedOf returns the carry file of a run over a log.
func carriedOf(t *testing.T, log string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.carry")
	if r := run1(t, log, append([]string{"-quiet", "-input", "-", "-carry", path}, args...)...); r.status != exitOK || r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	return path
}

// eventOf returns an event of an order at a minute. The ids are as they stand in JSON.
func eventOf(user, order, typ, minute string) string {
	return fmt.Sprintf(`{"orderId":"%s","userId":"%s","type":"%s","time":"2026-03-02T09:%s:00Z"}`, order, user, typ, minute)
}

// logOf returns events, a line each.
func logOf(events ...string) string { return strings.Join(events, "\n") + "\n" }

// The one whose deadline is first is the first, and nothing that comes from outside is
// written raw.
func TestOpenListsTheOpenOrders(t *testing.T) {
	first, paid, again := eventOf("ann", "o1", "create", "00"), eventOf("ann", "o1", "pay", "02"), eventOf("ann", "o1", "pay", "03")
	log := logOf(first, eventOf("bob", "o2", "create", "01"), paid, again, eventOf(`e\u001b[31mve`, "o3", "create", "04"), eventOf("carl", "o2", "create", "05"),
		eventOf("dora", "o4", "create", "05"), eventOf("dora", "o4", "ship", "06"), eventOf("eve", "o5", "create", "09"))
	path := carriedOf(t, log, "-pattern", "create followedBy pay+ greedy followedBy ship within 10m")
	const written = ` in what was written at ....-..-.. ..:..:.., where 1 events are undecided\n`
	for _, test := range []struct {
		args           string
		status         int
		stdout, stderr string // stderr is a regular expression
	}{
		{"", exitOK, `deadline (UTC)       user          order             started at           waits for             events taken
2026-03-02 09:10:00  ann           o1                2026-03-02 09:00:00  pay or ship           create, pay (2)
2026-03-02 09:11:00  bob           o2                2026-03-02 09:01:00  pay                   create
2026-03-02 09:14:00  e\x1b[31mve   o3                2026-03-02 09:04:00  pay                   create
2026-03-02 09:15:00  carl          o2                2026-03-02 09:05:00  pay                   create
2026-03-02 09:15:00  dora          o4                2026-03-02 09:05:00  pay                   create
`, "5 open orders" + written},
		{"-order o2", exitOK, `deadline (UTC)       user          order             started at           waits for             events taken
2026-03-02 09:11:00  bob           o2                2026-03-02 09:01:00  pay                   create
2026-03-02 09:15:00  carl          o2                2026-03-02 09:05:00  pay                   create
`, "2 open orders" + written},
		{"-order o1 -format-out jsonl", exitOK, `{"outcome":"open","id":"ID","userId":"ann","orderId":"o1","startedAt":"2026-03-02T09:00:00.000Z","deadline":"2026-03-02T09:10:00.000Z","waitingFor":["pay","ship"],"events":{` +
			`"create":` + first + `,"pay":[` + paid + `,` + again + `]}}` + "\n", ""},
		{"-order o5", exitFailed, "", "ordertimeout: open: order o5 is not open" + written},
		{"-order \x1b[2J", exitFailed, "", `ordertimeout: open: order \\x1b\[2J is not open` + written},
	} {
		r := openOf(append([]string{"-carry", path}, strings.Fields(test.args)...)...)
		r.stdout = regexp.MustCompile(`"id":"[0-9a-f]{32}"`).ReplaceAllString(r.stdout, `"id":"ID"`)
		if r.status != test.status || r.stdout != test.stdout {
			t.Errorf("%s: status %d, got\n%swant %d\n%s", test.args, r.status, r.stdout, test.status, test.stdout)
		}
		if !regexp.MustCompile("^" + test.stderr + "$").MatchString(r.stderr) {
			t.Errorf("%s: stderr %q, want %q", test.args, r.stderr, test.stderr)
		}
	}
}

// An order that was created later may have less time left.
func TestTheFirstDeadlineIsFirst(t *testing.T) {
	log := logOf(eventOf("ann", "paid", "create", "00"), eventOf("ann", "paid", "pay", "01"), eventOf("ann", "new", "create", "05"), eventOf("ann", "new", "view", "06"))
	path := carriedOf(t, log, "-pattern", "create followedBy within 2m pay followedBy within 10m ship")
	r := openOf("-carry", path)
	if lines := strings.Split(r.stdout, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "2026-03-02 09:07:00  ann           new") || !strings.HasPrefix(lines[2], "2026-03-02 09:11:00  ann           paid") {
		t.Errorf("%+v", r)
	}
}

// The id of an open order is that of its timeout, and so are user and deadline, whatever the
// key and the pattern.
func TestAnOpenOrderHasTheIDOfItsTimeout(t *testing.T) {
	for _, args := range [][]string{
		{"-key", "user"}, {"-key", "order"}, {"-pattern", "every create followedBy pay within 10m"}, {"-within", "1h"},
	} {
		log := logOf(eventOf("ann", "o1", "create", "00"), eventOf("ann", "o1", "view", "01"))
		path := carriedOf(t, log, args...)
		var open, timeout struct{ ID, UserID, Deadline string }
		r := openOf("-carry", path, "-format-out", "jsonl")
		if err := json.Unmarshal([]byte(r.stdout), &open); err != nil {
			t.Fatalf("%q: %+v, %v", args, r, err)
		}
		late := run1(t, log, append([]string{"-quiet", "-input", "-", "-at-end", "timeout"}, args...)...)
		if err := json.Unmarshal([]byte(late.stdout), &timeout); err != nil {
			t.Fatalf("%q: %+v, %v", args, late, err)
		}
		if open != timeout || open.UserID != "ann" {
			t.Errorf("%q: open is %+v, and its timeout %+v", args, open, timeout)
		}
	}
}

func TestWrongUseOfOpen(t *testing.T) {
	dir := t.TempDir()
	foreign := write(t, dir, "foreign", "something\n")
	whole, err := (&carry.File{Pattern: "create next", Position: []byte("{}")}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	newer := write(t, dir, "newer", string(whole))
	cut := write(t, dir, "cut", string(whole[:len(whole)-1]))
	for _, test := range []struct {
		args   string
		status int
		want   string
	}{
		{"", exitUsage, "no -carry: want the carry file of a run"},
		{"-carry F x", exitUsage, `unexpected argument "x": want flags alone`},
		{"-carry F -order=", exitUsage, `invalid value "" for flag -order: want the id of an order`},
		{"-carry F -format-out csv", exitUsage, `-format-out "csv": want table or jsonl`},
		{"-nosuch", exitUsage, "flag provided but not defined: -nosuch"},
		{"-carry " + dir + "/none", exitFailed, "-carry " + dir + "/none: no such file or directory"},
		{"-carry " + foreign, exitFailed, "-carry " + foreign + ": carry: not a carry file"},
		{"-carry " + cut, exitFailed, "-carry " + cut + ": carry: the file is broken: its checksum is not that of what it holds"},
		{"-carry " + newer, exitFailed, "-carry " + newer + ": cep: column 12: "},
	} {
		r := openOf(strings.Fields(test.args)...)
		first, rest, _ := strings.Cut(r.stderr, "\n")
		if r.status != test.status || r.stdout != "" || !strings.HasPrefix(first, "ordertimeout: open: "+test.want) || (rest == "") != (test.status == exitFailed) {
			t.Errorf("%s: %+v, want %s", test.args, r, test.want)
		}
	}
	if r := openOf("-h"); r.status != exitOK || r.stderr != "" || !strings.HasPrefix(r.stdout, "Usage: ordertimeout open -carry FILE") {
		t.Errorf("-h: %+v", r)
	}
}

// It reads the file of a run that is at work.
func TestOpenTakesNoLock(t *testing.T) {
	path := carriedOf(t, logOf(eventOf("ann", "o1", "create", "00"), eventOf("ann", "o1", "view", "01")))
	holdCarry(t, path)
	if r := openOf("-carry", path, "-order", "o1"); r.status != exitOK || strings.Count(r.stdout, "\n") != 2 {
		t.Errorf("%+v", r)
	}
}

// The table of a file of rules tells which rule an order is open in.
func TestOpenOrdersOfRules(t *testing.T) {
	dir := t.TempDir()
	rules := write(t, dir, "rules.yaml", `{"rules": [
		{"name": "unpaid", "pattern": "create followedBy pay within 10m"},
		{"name": "a-rule-with-quite-a-long-name", "pattern": "create followedBy ship within 1h", "key": "order"}]}`)
	log := write(t, dir, "log", line("o1", "create", 0)+line("x", "other", 60))
	if r := run1(t, "", "-input", log, "-rules", rules, "-carry", dir+"/carry", "-success", "none", "-timeouts", "none"); r.status != exitOK {
		t.Fatal(r.stderr)
	}
	want := `rule              deadline (UTC)       user          order             started at           waits for             events taken
unpaid            2023-11-14 22:23:20  u             o1                2023-11-14 22:13:20  pay                   create
a-rule-…ong-name  2023-11-14 23:13:20  u             o1                2023-11-14 22:13:20  ship                  create
`
	if r := run1(t, "", "open", "-carry", dir+"/carry"); r.status != exitOK || r.stdout != want {
		t.Errorf("status %d, %s\ngot\n%swant\n%s", r.status, r.stderr, r.stdout, want)
	}
}
