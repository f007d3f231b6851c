package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// openOrder returns the state of a shard with an open run of the pattern of a plan.
func openOrder(t *testing.T, p Plan) []byte {
	t.Helper()
	prog, err := cep.Compile(p.Rules[0].Pattern, cep.Config{})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(p.matches[0].Rules[0].Settings)
	if err != nil {
		t.Fatal(err)
	}
	s := shard.New(shard.Rules{Each: []shard.Rule{{Prog: prog, Settings: string(settings)}}}, 1000)
	var b shard.Batch
	b.Add(&shard.Event{Key: order.Key("u", "o"), Event: cep.Event{Type: "create", Time: 1000, At: 1000, Data: []byte("{}")}})
	if err := s.Add(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	s.Tick(2000, &shard.Output{})
	return s.AppendState(nil)
}

// A file is gone on with where it is of the same pattern, but for the window, and of the same
// key and kind of input. Else what is open in it would be dropped without a word.
func TestACarryFileIsOfOnePattern(t *testing.T) {
	for _, test := range []struct {
		reason string
		empty  bool // nothing is open in the file
		change func(c *Config)
		shards int    // that the run begins with
		want   string // how the error goes on behind the path; "": none
	}{
		{"the same", false, func(*Config) {}, 16, ""},
		{"another window", false, func(c *Config) { c.Within = time.Hour }, 16, ""},
		{"other shards", false, func(c *Config) { c.Shards = 3 }, 3, ""},
		{"another pattern", false, func(c *Config) { c.Pattern = "create next pay within 10m" }, 0,
			`its 1 open orders and 0 undecided events are of -pattern "create followedBy pay within 10m" -key user: want the same, but for the window, or another file`},
		{"another pattern, and nothing is open", true, func(c *Config) { c.Pattern = "create next pay within 10m" }, 16, ""},
		{"another key", false, func(c *Config) { c.Key = KeyOrder }, 0, "its 1 open orders and 0 undecided events are of"},
		{"another kind of input", true, func(c *Config) { c.Input = []string{"pubsub://shop/orders"} }, 0,
			"it is of an input of files, and -input is one of pubsub: want the same input, or another file"},
	} {
		c := Default()
		c.Input, c.Carry = []string{filepath.Join(t.TempDir(), "orders.jsonl")}, filepath.Join(t.TempDir(), "orders.carry")
		if err := os.WriteFile(c.Input[0], nil, 0o666); err != nil {
			t.Fatal(err)
		}
		first, err := c.Plan()
		if err != nil {
			t.Fatal(err)
		}
		run := process.NewRun()
		_, k, err := first.OpenCarry(run)
		if err != nil || k.Start() != nil {
			t.Fatalf("without a file: %v, %v", k.Start(), err)
		}
		number := k.Begin(carry.Point{Position: []byte(`{"version":1,"begun":false,"largest":0,"files":[]}`), Final: true})
		for n := range int64(c.Shards) {
			var state carry.State
			if n == 5 && !test.empty {
				state.Body = openOrder(t, first)
			}
			k.Report(number, n, state)
		}
		if err := k.Finish(); err != nil {
			t.Fatal(err)
		}
		run.Close()

		test.change(&c)
		second, err := c.Plan()
		if err != nil {
			t.Fatal(err)
		}
		run = process.NewRun()
		_, k, err = second.OpenCarry(run)
		run.Close()
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.reason, err)
			} else if n := len(k.Start().Shards); n != test.shards {
				t.Errorf("%s: %d shards, want %d", test.reason, n, test.shards)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), "-carry "+c.Carry+": "+test.want) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}

// Two runs have not one carry file, and a broken one is told of in a line.
func TestACarryFileIsOfOneRun(t *testing.T) {
	c := Default()
	c.Input, c.Carry = []string{"orders.jsonl"}, filepath.Join(t.TempDir(), "orders.carry")
	p, err := c.Plan()
	if err != nil {
		t.Fatal(err)
	}
	first, second := process.NewRun(), process.NewRun()
	if _, _, err := p.OpenCarry(first); err != nil {
		t.Fatal(err)
	}
	_, _, err = p.OpenCarry(second)
	if err == nil || err.Error() != "-carry "+c.Carry+": another process has it" {
		t.Errorf("a second run: got %v", err)
	}
	first.Close()
	if _, _, err := p.OpenCarry(second); err != nil {
		t.Errorf("when the first one has ended: %v", err)
	}
	second.Close()
	for text, want := range map[string]string{
		"":                                "carry: not a carry file",
		"{}\n":                            "carry: not a carry file",
		"ordertimeout carry 9\nsomething": `carry: the file has version "9": want "1": it was written by a newer build, or is broken`,
		"ordertimeout carry 1\n":          "carry: the file is broken: its checksum is not that of what it holds",
	} {
		if err := os.WriteFile(c.Carry, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		run := process.NewRun()
		if _, _, err := p.OpenCarry(run); err == nil || err.Error() != "-carry "+c.Carry+": "+want {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
		run.Close()
	}
}
