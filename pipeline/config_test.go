package pipeline

import (
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"

	"ordertimeout/transforms/connect/dataflowpubsub"
	"ordertimeout/transforms/connect/demo"
	"ordertimeout/transforms/connect/files"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/windowfile"
)

func TestValidate(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for _, test := range []struct {
		reason string
		change func(*Config)
		want   string // how the error begins; "" is none
	}{
		{"the defaults", func(*Config) {}, ""},

		{"no input", func(c *Config) { c.Input = nil }, `files: -input "": want a path`},
		{"several files", func(c *Config) { c.Input = []string{"a", "b*.csv", "-"} }, ""},
		{"an unknown source", func(c *Config) { c.Input = []string{"a", "mqtt://b"} }, `-input "mqtt://b": unknown kind of source "mqtt": want a file`},
		{"the demo", func(c *Config) { c.Input = []string{"demo:?seed=7"} }, ""},
		{"the demo and a file", func(c *Config) { c.Input = []string{"demo:", "a"} }, "-input: demo: and 1 more inputs: want the simulated shop alone"},
		{"a file and the demo", func(c *Config) { c.Input = []string{"a", "demo:"} }, "-input: demo: and 1 more inputs: want the simulated shop alone"},
		{"a shop that is carried", func(c *Config) { c.Input, c.Carry = []string{"demo:"}, "c" }, `-carry with -input "demo:": each run is a shop of its own, and none goes on`},
		{"a carry file", func(c *Config) { c.Carry = "c" }, ""},
		{"a carry file of a subscription", func(c *Config) { c.Carry, c.Input = "c", []string{"pubsub://shop/orders"} }, ""},
		{"a carry file at the end of time", func(c *Config) { c.Carry, c.AtEnd = "c", AtEndTimeout }, "-at-end timeout with -carry c: where all time out"},
		{"a carry file and a table", func(c *Config) { c.Carry, c.FormatOut = "c", FormatTable }, "-format-out table with -carry c: a run that goes on adds to what is there"},
		{"a carry file on Flink", func(c *Config) { c.Carry, c.Runner = "c", RunnerFlink }, "-carry c: want the embedded runner: -runner flink has checkpoints"},
		{"an output in the carry file", func(c *Config) { c.Carry, c.Rejects = "c", "c" }, "-rejects c is the carry file, or its lock"},
		{"open orders in its lock", func(c *Config) { c.Carry, c.Open = "c", "c.lock" }, "-open c.lock is the carry file, or its lock"},
		{"a name to forget", func(c *Config) { c.Carry, c.Forget = "c", []string{"unpaid", "orders.jsonl"} }, ""},
		{"a name to forget of a subscription", func(c *Config) {
			c.Carry, c.Input, c.Forget = "c", []string{"pubsub://shop/orders"}, []string{"unpaid"}
		}, ""},
		{"no name to forget", func(c *Config) { c.Carry, c.Forget = "c", []string{""} }, `-forget "": want a rule, or a file that is no input any more`},
		{"nothing to forget", func(c *Config) { c.Forget = []string{"unpaid"} }, `-forget "unpaid": only a run that goes on has anything to forget: want -carry FILE`},
		{"never carried", func(c *Config) { c.Carry, c.CarryEvery = "c", 0 }, "-carry-every 0s: want at least 1ms"},
		{"the demo's parameters", func(c *Config) { c.Input = []string{"demo:?rate=x"} }, "-input: demo: rate"},

		{"JSON lines", func(c *Config) { c.Names.Format = "jsonl" }, ""},
		{"CSV", func(c *Config) { c.Names.Format = "csv" }, ""},
		{"an unknown format", func(c *Config) { c.Names.Format = "xml" }, `-format "xml": want jsonl, csv or cloudevents`},
		{"columns", func(c *Config) { c.Columns = []string{"orderId", "type", "time"} }, ""},
		{"columns without a type", func(c *Config) { c.Columns = []string{"orderId", "time"} }, "files: -columns"},
		{"columns without the order", func(c *Config) { c.Columns, c.Key = []string{"userId", "type", "time"}, KeyOrder }, "files: -columns"},
		{"seconds", func(c *Config) { c.TimeUnit = time.Second }, ""},
		{"minutes", func(c *Config) { c.TimeUnit = time.Minute }, "files: -time-unit 1m0s: want ms or s"},

		{"another pattern", func(c *Config) { c.Pattern = "a next b followedBy c within 1ms" }, ""},
		{"half a pattern", func(c *Config) { c.Pattern = "create followedBy" }, "-pattern: cep: column 18: unexpected end of pattern"},
		{"a step alone", func(c *Config) { c.Pattern = "create" }, ""},
		{"a condition that names no event", func(c *Config) { c.Pattern = "a[b.n > 1] next b within 1m" }, "-pattern: cep: column 3: b comes later in the pattern"},
		{"no window", func(c *Config) { c.Pattern = "a followedBy b" }, `-pattern: cep: pattern without a window, and none on followedBy "b": want within and a duration; or -within`},
		{"a window by the flag alone", func(c *Config) { c.Pattern, c.Within = "a followedBy b", time.Minute }, ""},
		{"windows of links alone", func(c *Config) { c.Pattern = "a followedBy within 1m b" }, ""},
		{"a link's window beyond that of the flag", func(c *Config) { c.Pattern, c.Within = "a followedBy within 2m b within 1h", time.Minute }, "-pattern with -within 1m0s: cep: column 21: window 2m in a pattern within 1m: want at most that"},
		{"a longer window of a link", func(c *Config) { c.Pattern = "a followedBy within 876001h b" }, "-within 876001h0m0s: want at most 876000h0m0s"},
		{"one branch", func(c *Config) { c.MaxBranches = 1 }, ""},
		{"no branch", func(c *Config) { c.MaxBranches = 0 }, "-max-branches 0: want at least 1"},
		{"the shortest window", func(c *Config) { c.Within = time.Millisecond }, ""},
		{"a shorter one", func(c *Config) { c.Within = time.Millisecond - 1 }, "-within 999.999µs: want at least 1ms"},
		{"a negative one", func(c *Config) { c.Within = -time.Second }, "-within -1s: want at least 1ms"},
		{"the longest window", func(c *Config) { c.Within = century }, ""},
		{"a longer one", func(c *Config) { c.Within = century + time.Millisecond }, "-within 876000h0m0.001s: want at most 876000h0m0s"},
		{"a longer one in the pattern", func(c *Config) { c.Pattern = "create next pay within 876001h" }, "-within 876001h0m0s: want at most 876000h0m0s"},
		{"a window finer than a millisecond", func(c *Config) { c.Within = 1500 * time.Microsecond }, "-within 1.5ms: want whole milliseconds"},

		{"no disorder", func(c *Config) { c.Disorder = 0 }, ""},
		{"a negative disorder", func(c *Config) { c.Disorder = -1 }, "-disorder -1ns: want at least 0s"},
		{"the largest disorder", func(c *Config) { c.Disorder = century }, ""},
		{"a larger one", func(c *Config) { c.Disorder = century + time.Millisecond }, "-disorder 876000h0m0.001s: want at most 876000h0m0s"},
		{"a fine disorder", func(c *Config) { c.Disorder = time.Microsecond }, "-disorder 1µs: want whole milliseconds"},

		{"nothing remembered", func(c *Config) { c.Remember = 0 }, ""},
		{"remembered for the window", func(c *Config) { c.Remember = -1 }, ""},
		{"remembered longest", func(c *Config) { c.Remember = century }, ""},
		{"remembered longer", func(c *Config) { c.Remember = century + time.Millisecond }, "-remember 876000h0m0.001s: want at most 876000h0m0s"},
		{"a fine remember", func(c *Config) { c.Remember = time.Microsecond }, "-remember 1µs: want whole milliseconds"},

		{"any time ahead", func(c *Config) { c.MaxAhead = 0 }, ""},
		{"a negative time ahead", func(c *Config) { c.MaxAhead = -1 }, "-max-ahead -1ns: want at least 0s"},
		{"furthest ahead", func(c *Config) { c.MaxAhead = century }, ""},
		{"further ahead", func(c *Config) { c.MaxAhead = century + time.Millisecond }, "-max-ahead 876000h0m0.001s: want at most 876000h0m0s"},

		{"any jump", func(c *Config) { c.MaxJump = 0 }, ""},
		{"a fine jump", func(c *Config) { c.MaxJump = 1500 * time.Microsecond }, "-max-jump 1.5ms: want whole milliseconds"},
		{"a live pipe", func(c *Config) { c.Input, c.LivePipe, c.MaxLag = []string{"-"}, true, time.Second }, ""},
		{"a live pipe and what was left open", func(c *Config) { c.Input, c.InputIfAny, c.LivePipe = []string{"-"}, []string{"open"}, true }, ""},
		{"a live shop", func(c *Config) { c.Input, c.LivePipe = []string{"demo:"}, true }, "-live with -input demo:: its watermark goes on by itself"},
		{"the lag of a file", func(c *Config) { c.MaxLag = time.Second }, "-max-lag 1s: only a live pipe or a followed file has a lag: want -live or -follow"},
		{"a shop and a file if any", func(c *Config) { c.Input, c.InputIfAny = []string{"demo:"}, []string{"open"} }, `-input-if-any "open" with -input demo:: want files`},
		{"open orders where all time out", func(c *Config) { c.Open, c.AtEnd = "open", AtEndTimeout }, `-at-end timeout with -open "open": where all time out`},
		{"open orders beside a topic", func(c *Config) { c.Open, c.Success = "open", "pubsub://shop/paid" }, `-success "pubsub://shop/paid" with -open wants -rejects`},

		{"the shortest tick", func(c *Config) { c.Tick = time.Millisecond }, ""},
		{"a shorter one", func(c *Config) { c.Tick = time.Microsecond }, "-tick 1µs: want at least 1ms"},
		{"a negative one", func(c *Config) { c.Tick = -time.Second }, "-tick -1s: want at least 1ms"},
		{"the longest tick", func(c *Config) { c.Tick = 24 * time.Hour }, ""},
		{"a longer one", func(c *Config) { c.Tick = 24*time.Hour + time.Millisecond }, "-tick 24h0m0.001s: want at most 24h0m0s"},
		{"a fine tick", func(c *Config) { c.Tick = 1500 * time.Microsecond }, "-tick 1.5ms: want whole milliseconds"},

		{"by order", func(c *Config) { c.Key = KeyOrder }, ""},
		{"by nothing", func(c *Config) { c.Key = "" }, `-key "": want user or order`},
		{"time out at the end", func(c *Config) { c.AtEnd = AtEndTimeout }, ""},
		{"never an end", func(c *Config) { c.AtEnd = "never" }, `-at-end "never": want open or timeout`},
		{"one shard", func(c *Config) { c.Shards = 1 }, ""},
		{"no shard", func(c *Config) { c.Shards = 0 }, "-shards 0: want 1 to 4096"},
		{"the most shards", func(c *Config) { c.Shards = 4096 }, ""},
		{"more shards", func(c *Config) { c.Shards = 4097 }, "-shards 4097: want 1 to 4096"},

		{"files of outcomes", func(c *Config) { c.Success, c.Timeouts, c.Rejects, c.Open = "a", "b", "c", "d" }, ""},
		{"successes nowhere", func(c *Config) { c.Success = "" }, `-success "": want - (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…`},
		{"timeouts nowhere", func(c *Config) { c.Timeouts = "" }, `-timeouts "": want`},
		{"rejects nowhere", func(c *Config) { c.Rejects = "" }, `-rejects "": want`},
		{"open nowhere", func(c *Config) { c.Open = "" }, `-open "": want`},
		{"a directory", func(c *Config) { c.onFlink("out") }, ""},
		{"one of memory", func(c *Config) { c.onFlink("memfs://out") }, ""},
		{"one of an unknown file system", func(c *Config) { c.onFlink("hdfs://out") }, `-success "hdfs://out": unknown kind of sink "hdfs": want`},
		{"the root", func(c *Config) { c.onFlink("/") }, `-success: windowfile: directory "/": want a directory other than the root`},
		{"standard output in another process", func(c *Config) { c.onFlink("-") }, "-success -: standard output is this process's, and the workers are others: want none, a directory"},
		{"standard output in this process", func(c *Config) { c.onFlink("-"); c.Loopback = true }, ""},
		{"standard input in another process", func(c *Config) { c.onFlink("out"); c.Input = []string{"-"} }, "-input -: standard input is this process's, and the workers are others: want a file"},
		{"standard input in this process", func(c *Config) { c.onFlink("out"); c.Input, c.Loopback = []string{"-"}, true }, ""},
		{"a file in memory", func(c *Config) { c.Input = []string{"memfs://in/*.jsonl"} }, ""},
		{"a local file on Dataflow", func(c *Config) { c.onFlink("memfs://out"); c.Runner = RunnerDataflow }, `-input "orders.jsonl": the workers of Dataflow do not see this machine's files: want gs://BUCKET/FILE`},
		{"a local directory on Dataflow", func(c *Config) {
			c.onFlink("out")
			c.Runner, c.Input = RunnerDataflow, []string{"memfs://in"}
		}, `-success "out": the workers of Dataflow do not see this machine's files: want none, gs://BUCKET/DIRECTORY`},
		{"files of a minute", func(c *Config) { c.onFlink("out"); c.FileWindow, c.FileShards = time.Minute, 4 }, ""},
		{"files of half a second", func(c *Config) { c.onFlink("out"); c.FileWindow = time.Second / 2 }, "-success: windowfile: -file-window 500ms: want whole seconds from 1s to 24h"},
		{"fewer than no files", func(c *Config) { c.onFlink("out"); c.FileShards = -1 }, "-success: windowfile: -file-shards -1: want 1 to 1000"},
		{"a window without a directory", func(c *Config) { c.FileWindow = time.Minute }, "-file-window, -file-shards: the embedded runner writes a file and no directory"},
		{"shards without a directory", func(c *Config) { c.FileShards = 2 }, "-file-window, -file-shards: the embedded runner writes a file and no directory"},
		{"a file in memory as output", func(c *Config) { c.Timeouts = "memfs://out" }, `-timeouts "memfs://out": the embedded runner writes local files: want`},

		{"a webhook", func(c *Config) { c.Rejects, c.Timeouts = "rejects", "https://shop.example/hush" }, ""},
		{"a webhook of the environment", func(c *Config) { c.Rejects, c.Timeouts = "rejects", "webhook" }, ""},
		{"a webhook without rejects", func(c *Config) { c.Timeouts = "webhook" }, "-timeouts: a webhook wants -rejects"},
		{"a webhook for rejects", func(c *Config) { c.Rejects = "webhook" }, "-rejects: a webhook is told of outcomes"},
		{"a webhook that is written wrongly", func(c *Config) { c.Rejects, c.Success = "rejects", "HTTPS:/shop.example/hush" }, "-success: webhook: the address has no host"},
		{"a webhook's URL as input", func(c *Config) { c.Input = []string{"https://shop.example/hush"} }, `-input "https://shop.example": unknown kind of source`},
		{"a webhook's URL that workers would be sent", func(c *Config) {
			c.onFlink("out")
			c.Success = "https://shop.example/hush"
		}, "-success: the workers are other processes, and a URL that is sent to them is seen in Flink: want webhook"},
		{"a webhook's URL with workers in this process", func(c *Config) {
			c.onFlink("out")
			c.Success, c.Loopback = "https://shop.example/hush", true
		}, ""},
		{"a webhook of the workers' environment", func(c *Config) { c.onFlink("out"); c.Success = "webhook" }, ""},

		{"an unknown sink", func(c *Config) { c.Timeouts = "mqtt://x" }, `-timeouts "mqtt://x": unknown kind of sink "mqtt": want`},
	} {
		c := Default()
		c.Input = []string{"orders.jsonl"}
		test.change(&c)
		_, err := c.Plan()
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: got %v, want no error", test.reason, err)
		case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the error shows a secret: %v", test.reason, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "-") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: the error names no flag or is no line: %v", test.reason, err)
		}
	}
}

// onFlink lets the workers be other processes that write everything to one place.
func (c *Config) onFlink(to string) {
	c.Runner, c.Loopback = RunnerFlink, false
	c.Success, c.Timeouts, c.Rejects, c.Open = to, to, to, to
}

// What Plan lets pass the transforms take, too: Build does not panic.
func TestDefaultsFollowTheWindow(t *testing.T) {
	for _, test := range []struct {
		reason         string
		within         time.Duration
		tick, remember time.Duration
	}{
		{"a sixtieth of the pattern's window", 0, 10 * time.Second, 10 * time.Minute},
		{"a sixtieth of the window that replaces it", time.Minute, time.Second, time.Minute},
		{"whole milliseconds", 90 * time.Second / 7 / time.Millisecond * time.Millisecond, 214 * time.Millisecond, 12857 * time.Millisecond},
		{"the shortest", time.Millisecond, 10 * time.Millisecond, time.Millisecond},
		{"the last that gives the shortest", 659 * time.Millisecond, 10 * time.Millisecond, 659 * time.Millisecond},
		{"the first that gives more", 660 * time.Millisecond, 11 * time.Millisecond, 660 * time.Millisecond},
		{"the last that gives less than the longest", 10*time.Minute - time.Millisecond, 9999 * time.Millisecond, 10*time.Minute - time.Millisecond},
		{"the longest", 24 * time.Hour, 10 * time.Second, 24 * time.Hour},
	} {
		c := Default()
		c.Input, c.Within = []string{"orders.jsonl"}, test.within
		p, err := c.Plan()
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		m := p.matches[0]
		if m.Tick != test.tick || m.Rules[0].Remember != test.remember {
			t.Errorf("%s: within %v: tick %v, remember %v, want %v, %v", test.reason, test.within, m.Tick, m.Rules[0].Remember, test.tick, test.remember)
		}
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", test.reason, err)
		}
	}
}

func TestSettingsReachTheirTransforms(t *testing.T) {
	c := Default()
	c.Input, c.Run = []string{"orders.jsonl"}, "run"
	c.Pattern, c.Within, c.Remember, c.Tick = "a next b within 9h", time.Hour, 2*time.Minute, 3*time.Second
	c.Key, c.AtEnd, c.Disorder, c.MaxAhead, c.Shards = KeyOrder, AtEndTimeout, 4*time.Second, 5*time.Second, 6
	m := plan(t, c).matches[0]
	if m.Rules[0].Pattern != "a next b within 1h" || m.Rules[0].Remember != c.Remember || m.Tick != c.Tick || m.Shards != 6 || !m.ByOrder || m.Run != "run" {
		t.Errorf("match settings %+v", m)
	}
	f := plan(t, c).source.(files.Source).Config
	if !f.ByOrder || !f.EndOfTime || f.Disorder != c.Disorder || f.MaxAhead != c.MaxAhead || f.Within != time.Hour || f.Run != "run" {
		t.Errorf("file settings %+v", f)
	}
	of := c
	of.Input, of.AtEnd, of.Success, of.Timeouts = []string{"pubsub://shop/orders"}, AtEndOpen, "none", "none"
	native := of
	native.Runner = RunnerDataflow
	for rejects, unread := range map[string]bool{"none": true, "memfs://rejects": false} {
		native.Rejects = rejects
		of.Rejects = strings.TrimPrefix(rejects, "memfs://")
		c.Rejects = of.Rejects
		if plan(t, c).matches[0].RejectsUnread != unread || plan(t, c).source.(files.Source).Config.RejectsUnread != unread ||
			plan(t, of).source.(pubsub.Source).Config.RejectsUnread != unread || plan(t, native).source.(dataflowpubsub.Source).Config.RejectsUnread != unread {
			t.Errorf("-rejects %s is to be unread: %t", rejects, unread)
		}
	}
	directories := c
	directories.Runner, directories.Success, directories.FileWindow, directories.FileShards = RunnerFlink, "out", 2*time.Minute, 3
	if d := plan(t, directories).Success.Sink.(windowfile.Sink).Config; d.Dir != "out" || d.Window != 2*time.Minute || d.Shards != 3 || d.Run != "run" {
		t.Errorf("directory settings %+v", d)
	}
	if p, n := plan(t, of).source.(pubsub.Source).Config, plan(t, native).source.(dataflowpubsub.Source).Config; p.Within != time.Hour || n.Within != time.Hour {
		t.Errorf("settings of Pub/Sub %+v, %+v", p, n)
	}
	c.Input = []string{"demo:?count=10"}
	d := plan(t, c).source.(demo.Source).Config
	if d.Within != time.Hour || !d.EndOfTime || d.Disorder != c.Disorder || d.Run != "run" {
		t.Errorf("demo settings %+v", d)
	}
	c.Pattern, c.Within, c.Remind, c.Early = "create followedBy within 10m pay", 0, []time.Duration{time.Minute}, time.Second
	if d := plan(t, c).source.(demo.Source).Config; d.Within != 10*time.Minute {
		t.Errorf("the demo has %v to pay, want the window of the pattern", d.Within)
	}
}

// plan returns the plan of settings that are valid.
func plan(t *testing.T, c Config) Plan {
	t.Helper()
	p, err := c.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFilesOfADirectoryHoldAnHourOrOfASubscriptionAMinute(t *testing.T) {
	for input, want := range map[string]time.Duration{"orders.jsonl": time.Hour, "demo:": time.Hour, "pubsub://shop/orders": time.Minute} {
		c := Default()
		c.Input, c.Runner, c.Success = []string{input}, RunnerFlink, "out"
		if d := plan(t, c).Success.Sink.(windowfile.Sink).Config; d.Window != want || d.Shards != 1 {
			t.Errorf("of %s: window %v, %d shards, want %v and one", input, d.Window, d.Shards, want)
		}
	}
}

// The files that the command opens are those of its own process.
func TestOutputsAreThoseOfThisProcess(t *testing.T) {
	c := Default()
	c.Success, c.Timeouts, c.Rejects = "out", "pubsub://shop/topic", "-"
	c.Input = []string{"orders.jsonl"}
	if got, want := plan(t, c).Outputs(), []localfile.Target{{Name: "out"}, {Name: "-"}, {Name: "none", Mode: localfile.Aside}}; !slices.Equal(got, want) {
		t.Errorf("on Prism outputs %v, want %v", got, want)
	}
	c.Input, c.Open = []string{"-"}, "open"
	if got, want := plan(t, c).Outputs(), []localfile.Target{{Name: "out", Mode: localfile.Append}, {Name: "-", Mode: localfile.Append}, {Name: "open", Mode: localfile.Aside}}; !slices.Equal(got, want) {
		t.Errorf("of a pipe outputs %v, want %v", got, want)
	}
	c.Input, c.Open, c.Runner = []string{"orders.jsonl"}, "none", RunnerFlink
	if got, want := plan(t, c).Outputs(), []localfile.Target{{Name: "-"}, {Name: "none", Mode: localfile.Aside}}; !slices.Equal(got, want) {
		t.Errorf("on Flink outputs %v, want %v", got, want)
	}
}
