package files

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

func TestValidateNamesTheFlag(t *testing.T) {
	in := []string{"f"}
	tests := []struct {
		reason string
		config Config
		want   string
	}{
		{"the least", Config{Inputs: in}, ""},
		{"all", Config{Inputs: []string{"-", "*.csv"}, Format: "csv", Columns: []string{"orderId", "type", "time"}, DecoderConfig: order.DecoderConfig{TimeUnit: time.Second, MaxAhead: time.Hour}, Disorder: time.Second}, ""},
		{"columns where the name may say CSV", Config{Inputs: in, Columns: []string{"orderId", "type", "time"}}, ""},
		{"no input", Config{}, `files: -input "": want a path, a pattern, or - for standard input`},
		{"an empty input", Config{Inputs: []string{"f", ""}}, `files: -input "": want a path, a pattern, or - for standard input`},
		{"unknown format", Config{Inputs: in, Format: "xml"}, `files: -format "xml": want jsonl, csv or cloudevents`},
		{"columns of JSON", Config{Inputs: in, Format: "jsonl", Columns: []string{"a", "b"}}, `files: -columns "a,b": only CSV has columns, want -format csv`},
		{"columns of standard input", Config{Inputs: []string{"-"}, Columns: []string{"orderId", "type", "time"}}, `files: -columns "orderId,type,time" with -input -: standard input is JSON lines, want -format csv`},
		{"columns of rows on standard input", Config{Inputs: []string{"-"}, Format: "csv", Columns: []string{"orderId", "type", "time"}}, ""},
		{"columns without type", Config{Inputs: in, Columns: []string{"a", "b"}}, `files: -columns "a,b": no column "type"`},
		{"columns by order", Config{Inputs: in, DecoderConfig: order.DecoderConfig{ByOrder: true}, Columns: []string{"userId", "type", "time"}}, `files: -columns "userId,type,time": no column "orderId", which -key order needs`},
		{"another unit", Config{Inputs: in, DecoderConfig: order.DecoderConfig{TimeUnit: time.Microsecond}}, `files: -time-unit 1µs: want ms or s`},
		{"negative disorder", Config{Inputs: in, Disorder: -1}, `files: -disorder -1ns: want 0 or more`},
		{"negative distance", Config{Inputs: in, DecoderConfig: order.DecoderConfig{MaxAhead: -1}}, `files: -max-ahead -1ns: want 0 or more`},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.reason, got, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	write(t, map[string]string{"b.jsonl": "", "a.jsonl": "", "c.csv": "", "x*": "", "xy": ""})
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.jsonl", "z.jsonl"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "dangling"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		reason string
		inputs []string
		want   string
	}{
		{"as given", []string{"c.csv"}, "c.csv"},
		{"a pattern, sorted; a link is the same file", []string{"*.jsonl"}, "a.jsonl b.jsonl"},
		{"inputs are sorted too", []string{"c.csv", "a.jsonl"}, "a.jsonl c.csv"},
		{"a file is read once", []string{"a.jsonl", "./a.jsonl", "a.jsonl", "[a]*"}, "./a.jsonl"},
		{"standard input", []string{"c.csv", "-"}, "- c.csv"},
		{"a file named like a pattern is that file", []string{"x*"}, "x*"},
		{"a pattern that no file is named like", []string{"x?"}, "x* xy"},
		{"no match", []string{"*.gz"}, `files: -input "*.gz": no file matches`},
		{"a bad pattern", []string{"[a"}, `files: -input "[a": not a valid pattern`},
		{"missing", []string{"a.jsonl", "nope"}, `files: -input "nope": no such file or directory`},
		{"a dangling link", []string{"dangl*"}, `files: -input "dangling": no such file or directory`},
		{"a directory", []string{"dir"}, `files: -input "dir": is a directory, want a file`},
		{"a directory by a pattern", []string{"d*r"}, `files: -input "dir": is a directory, want a file`},
	}
	for _, tt := range tests {
		paths, err := Config{Inputs: tt.inputs}.Paths()
		got := strings.Join(paths, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
		}
	}
}

func TestPathsRefuseWhatMayNotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	write(t, map[string]string{"secret": ""})
	if err := os.Chmod("secret", 0); err != nil {
		t.Fatal(err)
	}
	_, err := Config{Inputs: []string{"secret"}}.Paths()
	if want := `files: -input "secret": permission denied`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPathsDoNotWaitForTheWriterOfAPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	makePipe(t, "p").Close()
	paths, err := Config{Inputs: []string{"p"}}.Paths()
	if diff := cmp.Diff([]string{"p"}, paths); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
