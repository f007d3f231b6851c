package bookmark

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// folder is where the files of a test are.
type folder struct {
	t   *testing.T
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name, text string) {
	f.t.Helper()
	w, err := os.Create(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	defer w.Close()
	var out io.Writer = w
	if strings.HasSuffix(name, ".gz") {
		z := gzip.NewWriter(w)
		defer z.Close()
		out = z
	}
	if _, err := io.WriteString(out, text); err != nil {
		f.t.Fatal(err)
	}
}

// read returns the bookmark of a file that was read up to an offset.
func (f folder) read(name, text string, offset int, ended bool) File {
	f.t.Helper()
	f.write(name, text)
	info, err := os.Stat(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return File{
		Path: f.path(name), Stat: StatOf(info), Offset: int64(offset), Ended: ended,
		Head: PrintOf([]byte(text[:min(len(text), Most)])), Tail: PrintOf([]byte(text[max(0, offset-Most):offset])),
	}
}

// open opens a file, decompressed by its name.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return f, err
	}
	z, err := gzip.NewReader(f)
	return z, err
}

// Files are known by what is in them, whatever they are called by now.
func TestFilesAreKnownAgain(t *testing.T) {
	long := strings.Repeat("an event\n", 2000) // more than both prints
	other := long[:len(long)-9] + "another\n"  // it begins as long does
	for _, test := range []struct {
		reason string
		change func(f folder)
		input  string
		want   string // the name under which the input was read; "": it is new
	}{
		{"as it was", func(folder) {}, "a", "a"},
		{"it has grown", func(f folder) { f.write("a", long+"more\n") }, "a", "a"},
		{"it has another name", func(f folder) { _ = os.Rename(f.path("a"), f.path("z")) }, "z", "a"},
		{"it is a copy", func(f folder) { f.write("z", long) }, "z", "a"},
		{"it is compressed", func(f folder) { f.write("a.gz", long); _ = os.Remove(f.path("a")) }, "a.gz", "a"},
		{"it is compressed, and has grown", func(f folder) { f.write("z.gz", long+"more\n") }, "z.gz", "a"},
		{"another one that begins so", func(f folder) { f.write("z", other) }, "z", "b"},
		{"another one under the name", func(f folder) { f.write("a", "new\n"+long) }, "a", ""},
		{"one that is shorter, and begins as a third one", func(f folder) { f.write("a", long[:5000]) }, "a", "short"},
		{"an empty one", func(f folder) { f.write("a", "") }, "a", ""},
		{"a new one", func(f folder) { f.write("z", "new\n") }, "z", ""},
		{"one of which nothing was read, under its name", func(f folder) { f.write("c", "later\n") }, "c", "c"},
	} {
		f := folder{t, t.TempDir()}
		log := Log{Files: []File{
			f.read("a", long, len(long), true), f.read("b", other, len(other), true), f.read("c", "", 0, true), f.read("short", long[:100], 50, true),
		}}
		test.change(f)
		k, err := log.Recognize([]string{f.path(test.input)}, open, []string{f.path("a"), f.path("b"), f.path("c"), f.path("short")})
		if err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		got := ""
		if k.Inputs[0] != nil {
			got = filepath.Base(k.Inputs[0].Path)
		}
		if got != test.want {
			t.Errorf("%s: it is taken for %q, want %q", test.reason, got, test.want)
		}
	}
}

// What is not read of a file that is no input any more would be lost without a word.
func TestAFileThatIsNotReadIsNotForgotten(t *testing.T) {
	const text = "one\ntwo\n"
	for _, test := range []struct {
		reason string
		offset int
		ended  bool
		change func(f folder)
		forget string
		want   string // what the error says behind the path
	}{
		{"it was read", len(text), true, func(folder) {}, "", ""},
		{"and is gone", len(text), true, func(f folder) { _ = os.Remove(f.path("a")) }, "", ""},
		{"it was not read to its end", 4, false, func(folder) {}, "", "it was read up to byte 4, and not to its end"},
		{"and is gone", 4, false, func(f folder) { _ = os.Remove(f.path("a")) }, "", "it was read up to byte 4, and not to its end"},
		{"and is given up", 4, false, func(folder) {}, "a", ""},
		{"another one is given up", 4, false, func(folder) {}, "b", "it was read up to byte 4, and not to its end"},
		{"it has grown", len(text), true, func(f folder) { f.write("a", text+"three\n") }, "", "it has 14 bytes, and had 8 when it was read"},
		{"another one has its name", len(text), true, func(f folder) { f.write("a", "something else\n") }, "", ""},
		{"it was read but for a torn line", 4, true, func(folder) {}, "", ""},
	} {
		f := folder{t, t.TempDir()}
		log := Log{Files: []File{f.read("a", text, test.offset, test.ended)}}
		test.change(f)
		f.write("b", "new\n")
		k, err := log.Recognize([]string{f.path("b")}, open, []string{f.path(test.forget)})
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), f.path("a")+": "+test.want+", and it is not among the inputs: want it, or -forget ")):
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		case test.want == "" && (len(k.Past) == 1) == (test.forget == "a"):
			t.Errorf("%s: the past has %d files", test.reason, len(k.Past))
		}
	}
}

// A file that has not changed is known without a look: it may be compressed, and long.
func TestAFileThatHasNotChangedIsNotOpened(t *testing.T) {
	f := folder{t, t.TempDir()}
	log := Log{Files: []File{f.read("a", "one\n", 4, true)}}
	opened := 0
	look := func(path string) (io.ReadCloser, error) {
		opened++
		return open(path)
	}
	if k, err := log.Recognize([]string{f.path("a")}, look, nil); err != nil || k.Inputs[0] == nil || opened > 0 {
		t.Errorf("got %v (%v), opened %d times", k.Inputs, err, opened)
	}
	if err := os.Chtimes(f.path("a"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if k, err := log.Recognize([]string{f.path("a")}, look, nil); err != nil || k.Inputs[0] == nil || opened == 0 {
		t.Errorf("once its time has changed: got %v (%v), opened %d times", k.Inputs, err, opened)
	}
	broken := func(string) (io.ReadCloser, error) { return nil, errors.New("cannot") }
	if _, err := log.Recognize([]string{f.path("a")}, broken, nil); err == nil || err.Error() != f.path("a")+": cannot" {
		t.Errorf("one that cannot be opened: got %v", err)
	}
}

func TestALogIsReadAsItWasWritten(t *testing.T) {
	l := Log{Version: 1, Begun: true, Largest: 5, Files: []File{{Path: "a", Stat: Stat{1, 2, 3, 4}, Offset: 9, Lines: 2, Ended: true, Head: Print{"h", 3}, Tail: Print{"t", 9}}}}
	text, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(text); err != nil || !reflect.DeepEqual(got, l) {
		t.Errorf("got %+v (%v)", got, err)
	}
	for text, want := range map[string]string{
		`{"version":2}`:          "version 2: want 1",
		`{"version":1,"more":1}`: "unknown field",
		`{"version":1} x`:        "something follows it",
		`{"version":1,"files":[{"path":"a","offset":-1}]}`:                   "offset -1",
		`{"version":1,"files":[{"path":"a","offset":1,"tail":{"bytes":2}}]}`: "prints of 0 and 2 bytes before 1",
		`{"version":1,"files":[{"path":"a","head":{"bytes":4097}}]}`:         "prints of 4097",
		`{"version":1,"files":[{}]}`:                                         "no path",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version":1,"begun":true,"largest":5,"files":[{"path":"a","offset":9,"tail":{"hash":"t","bytes":9}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Decode(text)
		if err != nil {
			return
		}
		again, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(again); err != nil || len(got.Files) != len(l.Files) {
			t.Errorf("%q is read, and %q is not (%v)", text, again, err)
		}
	})
}
