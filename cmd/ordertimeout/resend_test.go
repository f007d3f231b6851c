package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runHooked runs the command with the secret of a webhook.
func runHooked(t *testing.T, r *receiver, args ...string) result {
	t.Helper()
	return start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret, "ORDERTIMEOUT_WEBHOOK_URL=" + r.URL + "/alerts"}, args...).wait()
}

// refuse changes which orders a receiver refuses.
func (r *receiver) refuse(prefix string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = prefix
}

// undeliveredOf returns the undelivered outcomes of a file of rejects, by order.
func undeliveredOf(t *testing.T, path string) map[string]string {
	t.Helper()
	lines := map[string]string{}
	for line := range strings.Lines(read(t, path)) {
		var reject struct{ Reason, Input string }
		var outcome struct{ OrderID string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil {
			t.Fatal(err)
		}
		if reject.Reason != "undelivered" {
			continue
		}
		if err := json.Unmarshal([]byte(reject.Input), &outcome); err != nil {
			t.Fatal(err)
		}
		lines[outcome.OrderID] = reject.Input
	}
	return lines
}

// What a receiver refuses comes again by resend until it takes it: whole, with the
// same id, to a target of any kind.
func TestResendDeliversWhatWasRefused(t *testing.T) {
	dir := t.TempDir()
	r := newReceiver(t, "o")
	big := fmt.Sprintf(`{"orderId":"o3","userId":"u","type":"create","time":%d,"note":%q}`+"\n", int64(1.7e12), strings.Repeat(`"<ü`, 50_000))
	in := write(t, dir, "in.jsonl", big+line("o1", "create", 0)+line("o2", "create", 1)+line("o1", "pay", 2)+line("x", "pay", 3)+line("end", "create", 700))
	first := runHooked(t, r, "-input", in, "-success", "webhook", "-timeouts", "webhook", "-rejects", dir+"/rejects", "-quiet")
	lines := undeliveredOf(t, dir+"/rejects")
	if len(lines) != 3 || len(lines["o3"]) < 150_000 || len(r.alerts()) > 0 {
		t.Fatalf("%+v: %d undelivered, want 3", first, len(lines))
	}

	r.refuse("o3")
	out := write(t, dir, "paid.jsonl", "a line\nthat was c")
	again := runHooked(t, r, "resend", "-from", dir+"/rejects", "-success", out, "-timeouts", "webhook", "-rejects", dir+"/again")
	want := result{status: 1, stderr: "3 undelivered outcomes = 2 delivered + 1 not delivered again + 0 without a target\n1 other rejects are skipped\n" +
		"ordertimeout: resend: 1 of 3 outcomes were not delivered\n"}
	if diff := cmp.Diff(want, again, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, want := read(t, out), "a line\nthat was c\n"+lines["o1"]+"\n"; got != want {
		t.Errorf("the file has %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string]string{"o3": lines["o3"]}, undeliveredOf(t, dir+"/again")); diff != "" {
		t.Errorf("refused again (-want +got)\n%s", diff)
	}

	r.refuse("none")
	last := runHooked(t, r, "resend", "-from", dir+"/again", "-timeouts", "webhook", "-quiet")
	if last.status != 0 || last.stderr != "" {
		t.Errorf("%+v, want status 0 without a word", last)
	}
	if diff := cmp.Diff(map[string]string{"o2": "timeout", "o3": "timeout"}, r.alerts()); diff != "" {
		t.Errorf("the receiver has (-want +got)\n%s", diff)
	}
	if len(r.wrong) > 0 {
		t.Errorf("wrong requests: %v", r.wrong)
	}
}

func TestResendTellsWhatItCannotSend(t *testing.T) {
	dir := t.TempDir()
	good := func(kind string) string {
		return fmt.Sprintf(`{"reason":"undelivered","error":"e","source":"s","input":"{\"outcome\":\"%s\",\"id\":\"1\"}"}`, kind) + "\n"
	}
	rejects := write(t, dir, "rejects", good("timeout")+"\n"+`{"reason":"late","input":"x"}`+"\nnot JSON\n"+good("success")+`{"reason":"undeliv`)
	p := start(t, nil, "resend", "-from", rejects, "-timeouts", dir+"/out")
	r := p.wait()
	if r.status != 1 || read(t, dir+"/out") != `{"outcome":"timeout","id":"1"}`+"\n" {
		t.Errorf("status %d, sent %q", r.status, read(t, dir+"/out"))
	}
	for _, want := range []string{
		rejects + ":4: order: not a reject: want", rejects + ":6: order: not a reject: want",
		"2 undelivered outcomes = 1 delivered + 0 not delivered again + 1 without a target\n1 other rejects are skipped\n",
		"ordertimeout: resend: 1 of 2 outcomes were not delivered, and 2 lines are no reject with a whole outcome\n",
	} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("got\n%swant %s", r.stderr, want)
		}
	}
	if r := run1(t, good("timeout"), "resend", "-from", "-", "-timeouts", "-", "-quiet"); r != (result{stdout: `{"outcome":"timeout","id":"1"}` + "\n"}) {
		t.Errorf("from standard input to standard output: %+v", r)
	}
	// Who leaves out successes by name has them left out.
	if r := run1(t, good("success"), "resend", "-from", "-", "-success", "none", "-timeouts", "-", "-quiet"); r.status != 0 || r.stdout != "" {
		t.Errorf("successes to none: %+v", r)
	}
}

func TestWrongFlagsOfResend(t *testing.T) {
	dir := t.TempDir()
	rejects := write(t, dir, "rejects", "")
	for _, test := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "no -from: want a file of rejects, or - (standard input)"},
		{"-from", 2, "flag needs an argument: -from"},
		{"-from FILE", 2, "no -success and no -timeouts: want what to send to"},
		{"-from FILE -timeouts mqtt://x", 2, `-timeouts "mqtt://x": unknown kind of sink`},
		{"-from FILE -timeouts https:/hush", 2, "-timeouts: webhook: the address has no host"},
		{"-from FILE -timeouts - -rejects webhook", 2, "-rejects: a webhook is told of outcomes"},
		{"-from FILE -timeouts - -rejects FILE", 2, "output FILE is also read"},
		{"-from FILE -timeouts FILE", 2, "output FILE is also read"},
		{"-from FILE -timeouts - FILE https://x/hush", 2, `unexpected argument "FILE"`},
		{"-from FILE -input FILE", 2, "flag provided but not defined: -input"},
		{"-from FILE/none -timeouts -", 1, "-from: open FILE/none: not a directory"},
		{"-from FILE -timeouts webhook", 1, "-timeouts: webhook: no URL to post to"},
		{"-from FILE -timeouts -", 0, ""},
	} {
		r := start(t, nil, strings.Fields("resend -quiet "+strings.ReplaceAll(test.args, "FILE", rejects))...).wait()
		first, _, _ := strings.Cut(r.stderr, "\n")
		if r.status != test.status || !strings.Contains(first, strings.ReplaceAll(test.want, "FILE", rejects)) || strings.Contains(r.stderr, hush) {
			t.Errorf("%s: status %d, want %d with %s:\n%s", test.args, r.status, test.status, test.want, r.stderr)
		}
	}
	r := run1(t, "", "resend", "-h")
	if lines := strings.Count(r.stdout, "\n"); r.status != 0 || r.stderr != "" || lines > 40 {
		t.Errorf("-h: status %d, stderr %q, %d lines: want at most 40, a screen", r.status, r.stderr, lines)
	}
}

// A stop goes through what is left, so that the new rejects have all of it.
func TestAStopOfResendRejectsTheRest(t *testing.T) {
	const n = 1000
	hanging := newHanging(t)
	dir := t.TempDir()
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `{"reason":"undelivered","error":"e","source":"s","input":"{\"outcome\":\"timeout\",\"id\":\"%d\",\"orderId\":\"%d\"}"}`+"\n", i, i)
	}
	rejects := write(t, dir, "rejects", all.String())
	p := start(t, []string{"ORDERTIMEOUT_WEBHOOK_SECRET=" + webhookSecret}, "resend", "-from", rejects, "-timeouts", hanging.URL, "-rejects", dir+"/again")
	p.await("a request", 60*time.Second, func() bool { return len(hanging.asked) > 0 })
	r := p.stop()
	if r.status != 1 || !strings.Contains(r.stderr, "1000 undelivered outcomes = 0 delivered + 1000 not delivered again") {
		t.Errorf("%+v", r)
	}
	if got := len(undeliveredOf(t, dir+"/again")); got != n {
		t.Errorf("%d rejects, want %d", got, n)
	}
}
