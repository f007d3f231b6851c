package main

import (
	"flag"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ordertimeout/pipeline"
)

func TestWrongFlags(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", line("o1", "create", 0))
	for _, test := range []struct{ args, want string }{
		{"", "no -input: want a file, a glob, - (standard input), a demo: URI or pubsub://PROJECT/SUBSCRIPTION"},
		{"-input IN extra", `unexpected argument "extra": inputs are named with -input`},
		{"-input IN -nosuch", "flag provided but not defined: -nosuch"},
		{"-input IN -within x", `invalid value "x" for flag -within: want a duration such as 10m, 1h30m or 2d`},
		{"-input IN -within 1.5d", `invalid value "1.5d" for flag -within: want a duration`},
		{"-input IN -remind 5m,8", `invalid value "5m,8" for flag -remind: "8": want durations`},
		{"-input IN -within 0s", "-within 0s: want at least 1ms"},
		{"-input IN -within -1m", "-within -1m0s: want at least 1ms"},
		{"-input IN -within 1us", "-within 1µs: want at least 1ms"},
		{"-input IN -pattern next", `-pattern: cep: column 1: unexpected keyword "next": want an event type`},
		{"-input IN -max-branches 0", "-max-branches 0: want at least 1"},
		{"-input IN -max-branches many", `invalid value "many" for flag -max-branches`},
		{"-input IN -key user,order", `-key "user,order": want user or order`},
		{"-input IN -disorder -1s", "-disorder -1s: want at least 0s"},
		{"-input IN -remember -1s", "-remember -1s: want at least 0s"},
		{"-input IN -max-ahead -1s", "-max-ahead -1s: want at least 0s"},
		{"-input IN -tick 0s", "-tick 0s: want at least 1ms"},
		{"-input IN -tick 1500us", "-tick 1.5ms: want whole milliseconds"},
		{"-input IN -at-end never", `-at-end "never": want open or timeout`},
		{"-input IN -format xml", `-format "xml"`},
		{"-input IN -columns a,b", "-columns"},
		{"-input IN -time-unit m", `invalid value "m" for flag -time-unit: want ms or s`},
		{"-input IN -shards 0", "-shards 0: want 1 to 4096"},
		{"-input IN -runner spark", "-runner spark: want prism, flink or dataflow"},
		{"-input IN -timeouts mqtt://x", `-timeouts "mqtt://x": unknown kind of sink "mqtt": want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…`},
		{"-input IN -success IN", "output IN is also an input"},
		{"-input IN -rejects DIR/../BASE/in.jsonl", "is also an input"},
		{"-input IN -summary DIR/./in.jsonl", "is also an input"},
		{"-input IN -cpuprofile IN", "is also an input"},
		{"-input IN -success DIR/out -summary DIR/./out", "two outputs are one file"},
		{"-input IN -summary DIR/new -cpuprofile DIR/new", "two outputs are one file"},
		{"-input IN -summary=", `-summary "": want - (standard output), none or a file`},
		{"-input IN -format-out csv", `-format-out "csv": want jsonl or table`},
		{"-input IN -format-out table -success none -timeouts DIR/t", "-format-out table: want -success - or -timeouts -"},
		{"-input IN -format-out table -runner flink -endpoint x:1 -environment_type LOOPBACK", "-format-out table: want the embedded runner"},
		{"-input IN -endpoint localhost:8099", "-endpoint: want -runner flink"},
		{"-input IN -runner direct -environment_type LOOPBACK", "-environment_type: want -runner flink or dataflow"},
		{"-input IN -project shop", "-project: want -runner dataflow"},
		{"-input IN -runner flink -endpoint x:1 -environment_type LOOPBACK -update", "-update: want -runner dataflow"},
		{"-input IN -detach", "-detach: want -runner flink"},
		{"-input IN -resume /chk-1", "-resume: want -runner flink"},
		{"-input IN -forget unpaid", `-forget "unpaid": only a run that goes on has anything to forget: want -carry FILE`},
		{"-input IN -runner flink -endpoint x:1 -environment_type LOOPBACK -forget unpaid", "-forget: a job that begins anew has nothing to forget: want -resume"},
		{"-input IN -flink-options a=1", "-flink-options: want -runner flink"},
		{"-input IN -flink-options a", `invalid value "a" for flag -flink-options: got "a", want NAME=VALUE`},
		{"-input IN -runner flink", "-endpoint: want the address of Flink's job server"},
		{"-input IN -runner flink -endpoint x:1", `-environment_type "": want LOOPBACK`},
		{"-input IN -runner flink -endpoint x:1 -environment_type DOCKER -success none -timeouts none -metrics :1", "-metrics :1: the workers are other processes"},
		{"-input mqtt://x", "mqtt"},
		{"-input demo: -input IN", "-input: demo: and 1 more inputs: want the simulated shop alone"},
		{"-input demo:?rate=x", "-input: demo: rate"},
	} {
		replace := strings.NewReplacer("IN", in, "DIR", dir, "BASE", filepath.Base(dir))
		r := run1(t, "", strings.Fields(replace.Replace(test.args))...)
		first, rest, _ := strings.Cut(r.stderr, "\n")
		if r.status != 2 || r.stdout != "" || !strings.HasPrefix(first, "ordertimeout: ") || !strings.Contains(first, replace.Replace(test.want)) || strings.Count(rest, "\n") > 1 {
			t.Errorf("%s: status %d, stdout %q, stderr:\n%swant: %s", test.args, r.status, r.stdout, r.stderr, replace.Replace(test.want))
		}
	}
	if got := read(t, in); got != line("o1", "create", 0) {
		t.Errorf("the input was changed: %q", got)
	}
}

func TestHelpAndVersion(t *testing.T) {
	r := run1(t, "", "-h")
	if lines := strings.Count(r.stdout, "\n"); r.status != 0 || r.stderr != "" || lines > 48 {
		t.Errorf("-h: status %d, stderr %q, %d lines: want at most 48, a screen", r.status, r.stderr, lines)
	}
	for line := range strings.Lines(r.stdout) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 110 {
			t.Errorf("-h: %d characters, want at most 110: %s", n, line)
		}
	}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	o := options{config: pipeline.Default()}
	define(fs, &o)
	fs.VisitAll(func(f *flag.Flag) {
		if !regexp.MustCompile(`(?m)[ ,]-` + f.Name + `[ ,;]`).MatchString(r.stdout) {
			t.Errorf("-h does not name -%s", f.Name)
		}
	})
	if r := run1(t, "", "-version"); r.status != 0 || !strings.HasPrefix(r.stdout, "ordertimeout ") || !strings.Contains(r.stdout, "v2.77.0") {
		t.Errorf("-version: %+v", r)
	}
}

// A duration is written as in a pattern, whatever the flag.
func TestDurationsOfFlagsMayBeDays(t *testing.T) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	o := options{config: pipeline.Default()}
	define(fs, &o)
	tried := 0
	fs.VisitAll(func(f *flag.Flag) {
		if d, err := time.ParseDuration(f.DefValue); err != nil || f.DefValue != d.String() {
			return
		}
		tried++
		if err := fs.Set(f.Name, "2d"); err != nil || f.Value.String() != "48h0m0s" {
			t.Errorf("-%s 2d: %v, %v", f.Name, f.Value, err)
		}
	})
	if tried < 10 {
		t.Errorf("%d flags of durations", tried)
	}
	if err := fs.Set("remind", "2d,36h"); err != nil || !slices.Equal(o.config.Remind, []time.Duration{36 * time.Hour, 48 * time.Hour}) {
		t.Errorf("-remind: %v, %v", o.config.Remind, err)
	}
	if o.config.Within != 48*time.Hour || o.maxStall != 48*time.Hour || o.config.Tick != 48*time.Hour {
		t.Errorf("got %v, %v, %v", o.config.Within, o.maxStall, o.config.Tick)
	}
}

func TestFlagsThatChangeTheOutcome(t *testing.T) {
	log := line("o1", "create", 0) + line("o2", "create", 10) + line("o1", "view", 20) + line("o1", "pay", 50) + line("o2", "pay", 70)
	const csv = "o1,create,0\no2,create,10\no1,pay,50\no2,pay,75\n"
	for _, test := range []struct {
		args, pattern, stdin string
		want                 []string
	}{
		{"-within 1m", "", log, []string{"success o1", "timeout o2"}},
		{"", "create next pay within 2m", log, []string{"success o2"}}, // o1 is broken by the view
		{"-within 2m", "", log, []string{"success o1", "success o2"}},
		{"-within 65s -at-end timeout", "", log + line("o3", "create", 71), []string{"success o1", "success o2", "timeout o3"}},
		{"-within 1m -success none", "", log, []string{"timeout o2"}},
		{"-within 1m -timeouts none", "", log, []string{"success o1"}},
		{"-within 1m -format csv -columns orderId,type,time -time-unit s", "", csv, []string{"success o1", "timeout o2"}},
		{"-within 1m -format csv", "", "orderId,type,time\no1,create,2026-01-01T00:00:00Z\n\"o1\",pay,2026-01-01T00:00:59.999Z\n", []string{"success o1"}},
		{"-within 1m -tick 1ms -shards 1 -disorder 0s -remember 0s -max-ahead 0s", "", log, []string{"success o1", "timeout o2"}},
	} {
		args := append([]string{"-input", "-", "-quiet"}, strings.Fields(test.args)...)
		if test.pattern != "" {
			args = append(args, "-pattern", test.pattern)
		}
		r := run1(t, test.stdin, args...)
		if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, test.want) || r.stderr != "" {
			t.Errorf("%s: status %d, outcomes %q, want %q; stderr %q", args, r.status, got, test.want, r.stderr)
		}
	}
}

func TestKeyOrderPairsPaymentsThatNameNoUser(t *testing.T) {
	log := `{"orderId":"o1","userId":"ann","type":"create","time":1000}` + "\n" + `{"orderId":"o1","type":"pay","time":2000}` + "\n"
	if r := run1(t, log, "-input", "-", "-quiet"); r.status != 0 || r.stdout != "" {
		t.Errorf("-key user: %+v, want no outcome", r)
	}
	r := run1(t, log, "-input", "-", "-quiet", "-key", "order")
	if !strings.Contains(r.stdout, `"outcome":"success"`) || !strings.Contains(r.stdout, `"userId":"ann"`) {
		t.Errorf("-key order: %+v, want a success of ann's", r)
	}
}

func TestDirectRunnerIsPrism(t *testing.T) {
	r := run1(t, line("o1", "create", 0), "-input", "-", "-quiet", "-runner", "direct")
	if r.status != 0 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "using the embedded runner, prism") {
		t.Errorf("%+v", r)
	}
}

func TestSecondsTakenForMillisecondsGetAHint(t *testing.T) {
	r := run1(t, `{"orderId":1,"type":"create","time":1558430842}`+"\n", "-input", "-")
	if !strings.Contains(r.stderr, "use -time-unit s") {
		t.Errorf("no hint: %s", r.stderr)
	}
	r = run1(t, `{"orderId":1,"type":"create","time":1558430842}`+"\n", "-input", "-", "-time-unit", "s")
	if strings.Contains(r.stderr, "-time-unit") {
		t.Errorf("a hint without need: %s", r.stderr)
	}
}
