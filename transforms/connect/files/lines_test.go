package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// cutAll returns the records of a stream, each as "line: record".
func cutAll(r io.Reader, split func([]byte, bool) int, buffer int) (records []string, err error) {
	l := &lines{r: r, split: split, buffer: buffer}
	var kept [][]byte
	var at []int64
	for {
		record, line, err := l.next()
		if err != nil {
			for i, record := range kept { // only now: no buffer may be written to again
				records = append(records, fmt.Sprintf("%d: %s", at[i], record))
			}
			if err == io.EOF {
				err = nil
			}
			return records, err
		}
		kept, at = append(kept, record), append(at, line)
	}
}

func TestLinesAreRecords(t *testing.T) {
	tests := []struct {
		reason, input string
		want          []string
	}{
		{"nothing", "", nil},
		{"a last line without line break", "a\nb", []string{"1: a", "2: b"}},
		{"a last line with one", "a\nb\n", []string{"1: a", "2: b"}},
		{"CRLF", "a\r\nb\r\n", []string{"1: a", "2: b"}},
		{"only one CR belongs to the line break", "a\r\r\n", []string{"1: a\r"}},
		{"blank lines count, and are skipped", "\n \t\r\na\n\r\n\nb", []string{"3: a", "6: b"}},
		{"a byte order mark at the start", "\xEF\xBB\xBFa\nb", []string{"1: a", "2: b"}},
		{"only at the start", "a\n\xEF\xBB\xBFb", []string{"1: a", "2: \xEF\xBB\xBFb"}},
		{"half a mark is no mark", "\xEF\xBB", []string{"1: \xEF\xBB"}},
		{"a mark and nothing else", "\xEF\xBB\xBF", nil},
		{"quotes mean nothing", "\"a\nb\"", []string{`1: "a`, `2: b"`}},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.input), iotest.OneByteReader(strings.NewReader(tt.input)), iotest.DataErrReader(strings.NewReader(tt.input))} {
			got, err := cutAll(r, splitLine, 16)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got)\n%s", tt.reason, err, diff)
			}
		}
	}
}

func TestRowsAreRecords(t *testing.T) {
	tests := []struct {
		reason, input string
		want          []string
	}{
		{"lines", "a,b\nc,d", []string{"1: a,b", "2: c,d"}},
		{"a quoted line break", "a,\"b\nc\",d\ne", []string{"1: a,\"b\nc\",d", "3: e"}},
		{"CRLF", "a,\"b\r\nc\"\r\nd\r\n", []string{"1: a,\"b\r\nc\"", "3: d"}},
		{"the end right after a quote", "\"a\nb\"", []string{"1: \"a\nb\""}},
		{"the end in a bare cell after one", "\"a\nb\",c", []string{"1: \"a\nb\",c"}},
		{"the end after a CR", "\"a\nb\"\r", []string{"1: \"a\nb\""}},
		{"doubled quotes", "\"a\"\"\nb\"\"\"\nc", []string{"1: \"a\"\"\nb\"\"\"", "3: c"}},
		{"a blank line in a quoted cell is no blank line", "\"\n\n\",b\nc", []string{"1: \"\n\n\",b", "4: c"}},
		{"blank lines", "\n  \na\n", []string{"3: a"}},
		{"a byte order mark before a quote", "\xEF\xBB\xBF\"a\nb\"\nc", []string{"1: \"a\nb\"", "3: c"}},
		{"a quote that is never closed costs its line", "a,\"b\nc\nd\n", []string{`1: a,"b`, "2: c", "3: d"}},
		{"and so does one that another line seems to close", "a,\"b\nc,\"d\"\ne\n", []string{`1: a,"b`, `2: c,"d"`, "3: e"}},
		{"a quote inside a bare cell", "a\"b\nc\"\nd", []string{`1: a"b`, `2: c"`, "3: d"}},
		{"text after a closing quote", "\"a\nb\"c\nd", []string{`1: "a`, `2: b"c`, "3: d"}},
		{"a CR after a closing quote that ends no line", "\"a\nb\"\rc\nd", []string{`1: "a`, "2: b\"\rc", "3: d"}},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.input), iotest.OneByteReader(strings.NewReader(tt.input)), iotest.DataErrReader(strings.NewReader(tt.input))} {
			got, err := cutAll(r, splitRow, 16)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got)\n%s", tt.reason, err, diff)
			}
		}
	}
}

func TestOversizedRecordsAreCut(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	const most = order.MaxLine
	tests := []struct {
		reason, input string
		split         func([]byte, bool) int
		want          []string
	}{
		{"the longest line", x(most) + "\r\nb", splitLine, []string{"1: " + x(most), "2: b"}},
		{"one byte more", x(most+1) + "\nb", splitLine, []string{"1: " + x(most+1), "2: b"}},
		{"much more", x(5*most) + "\nb\n", splitLine, []string{"1: " + x(most+1), "2: b"}},
		{"much more at the end", "a\n" + x(3*most), splitLine, []string{"1: a", "2: " + x(most+1)}},
		{"blank at its start is not blank", strings.Repeat(" ", 3*most) + "x\nb", splitLine, []string{"1: " + strings.Repeat(" ", most+1), "2: b"}},
		{"the longest row", "\"\n" + x(most-3) + "\"\r\nb", splitRow, []string{"1: \"\n" + x(most-3) + "\"", "3: b"}},
		{"a row of many lines that is too long ends with the first", "\"a\n" + x(most) + "\"\nb", splitRow, []string{`1: "a`, "2: " + x(most+1), "3: b"}},
		{"a quote that is not closed", "\"a\n" + strings.Repeat("b\n", 3), splitRow, []string{`1: "a`, "2: b", "3: b", "4: b"}},
	}
	for _, tt := range tests {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(tt.input), "by halves": iotest.HalfReader(strings.NewReader(tt.input))} {
			got, err := cutAll(r, tt.split, 16<<10)
			if err != nil {
				t.Errorf("%s, %s: %v", tt.reason, name, err)
			}
			if diff := cmp.Diff(brief(tt.want), brief(got)); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", tt.reason, name, diff)
			}
		}
	}
}

// brief makes long records readable.
func brief(records []string) []string {
	var out []string
	for _, r := range records {
		if len(r) > 50 {
			r = fmt.Sprintf("%.20q and so on, %d bytes", r, len(r))
		}
		out = append(out, r)
	}
	return out
}

func TestOversizedLineTakesBoundedMemory(t *testing.T) {
	l := &lines{r: io.LimitReader(zeros{}, 1<<30), split: splitLine, buffer: blockSize}
	record, _, err := l.next()
	if err != nil || len(record) != order.MaxLine+1 {
		t.Fatalf("got %d bytes, %v", len(record), err)
	}
	if _, _, err := l.next(); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
	if got := cap(l.data); got > 4<<20 {
		t.Errorf("a line of a gigabyte left a buffer of %d bytes", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestLinesBeforeAnErrorAreRecords(t *testing.T) {
	broken := errors.New("broken")
	for _, split := range []func([]byte, bool) int{splitLine, splitRow} {
		r := io.MultiReader(strings.NewReader("a\nb\nhalf a li"), iotest.ErrReader(broken))
		got, err := cutAll(r, split, 16)
		if diff := cmp.Diff([]string{"1: a", "2: b"}, got); err != broken || diff != "" {
			t.Errorf("got %v (-want +got)\n%s", err, diff)
		}
	}
}

func TestReaderThatGivesNothingIsAnError(t *testing.T) {
	if _, err := cutAll(stuck{}, splitLine, 16); err != io.ErrNoProgress {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// FuzzLines checks that records do not depend on how a stream is read, that
// they are in order and on the lines they claim, and that nothing is lost.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{"a\nb\r\n\r\n c", "\xEF\xBB\xBFa,\"b\nc\"\nd", "\"a\"\"\n\"\nb\"c\n,\"", "\n\"\n\"\r"} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, input []byte, chunk uint8) {
		for name, split := range map[string]func([]byte, bool) int{"lines": splitLine, "rows": splitRow} {
			want, err := cutAll(bytes.NewReader(input), split, len(input)+16)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cutAll(&chunks{input, int(chunk%16) + 1}, split, 16)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%s: by chunks: %v (-want +got)\n%s", name, err, diff)
			}
			text := strings.Split(strings.TrimPrefix(string(input), "\xEF\xBB\xBF"), "\n")
			left := strings.Join(text, "")
			for _, record := range got {
				var line int
				if _, err := fmt.Sscanf(record, "%d: ", &line); err != nil {
					t.Fatal(err)
				}
				_, record, _ = strings.Cut(record, ": ")
				first, _, _ := strings.Cut(record, "\n")
				if !strings.HasPrefix(text[line-1], first) {
					t.Fatalf("%s: line %d is %q, got %q", name, line, text[line-1], first)
				}
				before, after, ok := strings.Cut(left, strings.ReplaceAll(record, "\n", ""))
				if !ok || strings.Trim(before, " \t\r") != "" {
					t.Fatalf("%s: lost %q before %q", name, before, record)
				}
				left = after
			}
			if strings.Trim(left, " \t\r") != "" {
				t.Fatalf("%s: lost %q at the end", name, left)
			}
		}
	})
}

// chunks gives a few bytes a read.
type chunks struct {
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.size)], c.data)
	c.data = c.data[n:]
	return n, nil
}
