package windowfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

func TestLinesAreInTheFilesOfTheirWindows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "timeouts")
	err := run(t, Config{Dir: dir + "/", Window: time.Hour, Shards: 1}, stream{
		send("09:00:00", "a"), send("09:59:59.999", "b"), send("10:00:00", "c"),
		watermark("09:30:00"), send("09:45:00", "d"),
		watermark("11:00:00"), send("11:00:00", "e"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"20260301T090000Z-20260301T100000Z-pane0-shard0of1": {"a", "b", "d"},
		"20260301T100000Z-20260301T110000Z-pane0-shard0of1": {"c"},
		"20260301T110000Z-20260301T120000Z-pane0-shard0of1": {"e"},
	}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A line that comes after its window's file has a file of its own.
func TestALateLineIsNotDropped(t *testing.T) {
	dir := t.TempDir()
	err := run(t, Config{Dir: dir, Window: time.Minute, Shards: 1}, stream{
		send("09:00:00", "a"), watermark("10:00:00"), send("09:00:59", "late"),
		watermark("11:00:00"), send("09:00:01", "later"), send("08:00:01", "alone"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, lines := range contents(t, dir) {
		got = append(got, strings.TrimPrefix(name, "20260301T")+" "+strings.Join(lines, ","))
	}
	slices.Sort(got)
	want := []string{
		"080000Z-20260301T080100Z-pane0-shard0of1 alone",
		"090000Z-20260301T090100Z-pane0-shard0of1 a",
		"090000Z-20260301T090100Z-pane1-shard0of1 late",
		"090000Z-20260301T090100Z-pane2-shard0of1 later",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestShardsShareTheLinesOfAWindow(t *testing.T) {
	dir := t.TempDir()
	var lines []string
	for i := range 100 {
		lines = append(lines, fmt.Sprintf("line %02d", i))
	}
	if err := run(t, Config{Dir: dir, Window: time.Hour, Shards: 3}, stream{send("09:00:00", lines...)}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for shard := range 3 {
		name := fmt.Sprintf("20260301T090000Z-20260301T100000Z-pane0-shard%dof3", shard)
		in := contents(t, dir)[name]
		if len(in) < 20 {
			t.Errorf("shard %d has %d of 100 lines", shard, len(in))
		}
		got = append(got, in...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// Very much in one window does not wait for its end.
func TestAWindowIsWrittenInPieces(t *testing.T) {
	dir := t.TempDir()
	var steps stream
	var want []string
	for i := range 2*maxParts + 10 { // as many bundles, so parts
		line := fmt.Sprintf("line %03d", i)
		steps = append(steps, send("09:00:00", line), watermark("09:00:00"))
		want = append(want, line)
	}
	if err := run(t, Config{Dir: dir, Window: time.Hour, Shards: 1}, steps); err != nil {
		t.Fatal(err)
	}
	var got []string
	files := contents(t, dir)
	for name, lines := range files {
		if !strings.HasPrefix(name, "20260301T090000Z-20260301T100000Z-pane") {
			t.Errorf("file %s: want the window of 9 to 10", name)
		}
		got = append(got, lines...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if len(files) < 2 {
		t.Errorf("%d files, want the first %d parts in one of their own", len(files), maxParts)
	}
}

// What is at the end of time, where a group-by-key in the global window puts its
// output, has a file, too.
func TestTheEndOfTimeHasAFile(t *testing.T) {
	dir := t.TempDir()
	p, s := beam.NewPipelineWithRoot()
	grouped := beam.GroupByKey(s, beam.AddFixedKey(s, beam.Create(s, "c", "a", "b")))
	Write(s, Config{Dir: dir, Window: time.Hour, Shards: 1}, beam.ParDo(s, sortLines, grouped))
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"end-pane0-shard0of1": {"a", "b", "c"}}, contents(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func init() { register.Function3x0(sortLines) }

func sortLines(_ int, lines func(*string) bool, emit func(order.Message)) {
	for line := ""; lines(&line); {
		toMessage(line, emit)
	}
}

// The same lines again, in another order and other bundles, are the same files;
// other lines are other files, and nothing is replaced.
func TestADirectoryIsAddedTo(t *testing.T) {
	dir := t.TempDir()
	c := Config{Dir: dir, Window: time.Hour, Shards: 1}
	files := func() (names []string) {
		all, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	var before []string
	for _, test := range []struct {
		reason string
		steps  stream
		more   int // files
	}{
		{"the first run", stream{send("09:00:00", "a", "b"), send("09:00:01", "c")}, 1},
		{"the same", stream{send("09:00:00", "a", "b"), send("09:00:01", "c")}, 0},
		{"in another order", stream{send("09:00:01", "c"), watermark("09:00:00"), send("09:00:01", "b"), send("09:00:02", "a")}, 0},
		{"without one of them", stream{send("09:00:00", "a", "b")}, 1},
		{"with one twice", stream{send("09:00:00", "a", "b", "b")}, 1},
	} {
		if err := run(t, c, test.steps); err != nil {
			t.Fatal(err)
		}
		now := files()
		if got := len(now) - len(before); got != test.more {
			t.Errorf("%s: %d more files, want %d: %q", test.reason, got, test.more, now)
		}
		before = now
	}
	if got := contents(t, dir)["20260301T090000Z-20260301T100000Z-pane0-shard0of1"]; len(got) != 3+2+3 {
		t.Errorf("lines %q, want those of all three files", got)
	}
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*Config)
		want   string // how the error begins; "" is none
	}{
		{"a local directory", func(*Config) {}, ""},
		{"no directory", func(c *Config) { c.Dir = "" }, `windowfile: directory "": want a directory`},
		{"the root", func(c *Config) { c.Dir = "//" }, `windowfile: directory "//": want a directory other than the root`},
		{"a file system of memory", func(c *Config) { c.Dir = "memfs://out" }, ""},
		{"an unknown file system", func(c *Config) { c.Dir = "hdfs://out" }, `windowfile: directory "hdfs://out": no such file system in this program`},
		{"the shortest window", func(c *Config) { c.Window = time.Second }, ""},
		{"a shorter one", func(c *Config) { c.Window = time.Second / 2 }, "windowfile: -file-window 500ms: want whole seconds from 1s to 24h"},
		{"parts of a second", func(c *Config) { c.Window = 1500 * time.Millisecond }, "windowfile: -file-window 1.5s: want whole seconds"},
		{"the longest window", func(c *Config) { c.Window = 24 * time.Hour }, ""},
		{"a longer one", func(c *Config) { c.Window = 24*time.Hour + time.Second }, "windowfile: -file-window 24h0m1s: want whole seconds"},
		{"no shard", func(c *Config) { c.Shards = 0 }, "windowfile: -file-shards 0: want 1 to 1000"},
		{"too many shards", func(c *Config) { c.Shards = 1001 }, "windowfile: -file-shards 1001: want 1 to 1000"},
	} {
		c := Config{Dir: "out"}.WithDefaults()
		test.change(&c)
		err := c.Validate()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}

func TestCheckRefusesAFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "timeouts.jsonl")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	want := "windowfile: " + file + ": is a file, want a directory"
	if err := (Config{Dir: file}).Check(); err == nil || err.Error() != want {
		t.Errorf("of a file Check gave %v, want %s", err, want)
	}
	for _, good := range []string{dir, filepath.Join(dir, "new"), "memfs://" + file} {
		if err := (Config{Dir: good}).Check(); err != nil {
			t.Errorf("of %s Check gave %v", good, err)
		}
	}
}
