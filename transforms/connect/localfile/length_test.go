package localfile

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// outcome returns a line of an outcome, and the message of it.
func outcome(kind, id string) order.Message {
	return order.Message{Body: []byte(`{"outcome":"` + kind + `","id":"` + id + `","events":{}}`), Outcome: kind, ID: id}
}

// bodies are the lines of messages.
func bodies(messages ...order.Message) (text string) {
	for _, m := range messages {
		text += string(m.Body) + "\n"
	}
	return text
}

// writeOnce opens files that are added to, each with what was noted of them, writes the
// messages to the first, and returns the lengths and the warnings.
func writeOnce(t *testing.T, noted []Length, messages []order.Message, paths ...string) (lengths []Length, warnings []string) {
	t.Helper()
	r := process.NewRun()
	defer r.Close()
	var targets []Target
	for _, path := range paths {
		targets = append(targets, Target{Name: path, Mode: Append, Once: true})
	}
	set, err := Open(r, Since(targets, noted)...)
	if err != nil {
		t.Fatal(err)
	}
	fn, reject, rejected := of(t, r, paths[0])
	for _, m := range messages {
		if err := fn.ProcessElement(t.Context(), 0, m, reject); err != nil {
			t.Fatal(err)
		}
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil || len(*rejected) > 0 {
		t.Fatal(err, *rejected)
	}
	lengths, warnings = set.Lengths(math.MaxInt64), set.Warnings()
	if err := set.Sync(lengths); err != nil {
		t.Error(err)
	}
	return lengths, warnings
}

// What a run of before has written since its last carry point is not written again.
func TestAnOutcomeIsWrittenOnce(t *testing.T) {
	a, b, c, d := outcome("timeout", "1"), outcome("success", "1"), outcome("timeout", "2"), outcome("timeout", "3")
	spaced := order.Message{Body: []byte(`{ "id": "3", "events": {"outcome":"x"}, "outcome": "timeout" }`)}
	for _, test := range []struct {
		reason       string
		noted, there []order.Message // up to the carry point, and since
		torn         string
		write        []order.Message
		want         string // behind what is there
	}{
		{reason: "behind the point", noted: []order.Message{a}, there: []order.Message{b, c}, write: []order.Message{c, d, b}, want: bodies(d)},
		{reason: "what stands before the point is another one", noted: []order.Message{a}, write: []order.Message{a}, want: bodies(a)},
		{reason: "the kind counts", there: []order.Message{a}, write: []order.Message{b}, want: bodies(b)},
		{reason: "written otherwise", there: []order.Message{spaced}, write: []order.Message{d, c}, want: bodies(c)},
		{reason: "no outcomes", there: []order.Message{
			message("no json"), message(`["timeout","2"]`), message(`{"outcome":"timeout","id":2}`), message(`{"id":"2"}`), message(`{"outcome":"timeout"}`), message(""),
		}, write: []order.Message{c}, want: bodies(c)},
		{reason: "a torn line is none", there: []order.Message{a}, torn: string(c.Body[:len(c.Body)-1]), write: []order.Message{a, c}, want: "\n" + bodies(c)},
		{reason: "torn before its line break", there: []order.Message{a}, torn: string(c.Body), write: []order.Message{a, c}, want: "\n"},
		{reason: "a line that is longer than the buffer", there: []order.Message{
			{Body: []byte(`{"outcome":"timeout","id":"2","events":"` + strings.Repeat("x", 1<<20) + `"}`)}, a,
		}, write: []order.Message{c, a, b}, want: bodies(b)},
	} {
		path := filepath.Join(t.TempDir(), "out")
		lengths, _ := writeOnce(t, nil, test.noted, path)
		there := bodies(test.noted...) + bodies(test.there...) + test.torn
		writeFile(t, path, there)
		_, warnings := writeOnce(t, lengths, test.write, path)
		if got := readFile(t, path); got != there+test.want || len(warnings) > 0 {
			t.Errorf("%s: behind what was there stands %q (%q), want %q", test.reason, strings.TrimPrefix(got, there), warnings, test.want)
		}
	}
}

// Without a carry file, or where it does not know the file, all of it is looked at.
func TestAFileThatIsNotNotedIsReadFromItsStart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	a, b := outcome("timeout", "1"), outcome("timeout", "2")
	writeOnce(t, nil, []order.Message{a}, path)
	other, _ := writeOnce(t, nil, nil, filepath.Join(dir, "other"))
	writeOnce(t, other, []order.Message{b, a}, path)
	if got := readFile(t, path); got != bodies(a, b) {
		t.Errorf("the file has %q", got)
	}
}

func TestSeveralTargetsOfOneFileAreReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	again := filepath.Join(filepath.Dir(path), ".", "..", filepath.Base(filepath.Dir(path))) + "/./out"
	a, b := outcome("timeout", "1"), outcome("timeout", "2")
	lengths, _ := writeOnce(t, nil, []order.Message{a}, path, again)
	if len(lengths) != 1 {
		t.Fatalf("lengths %v: want one, of the one file", lengths)
	}
	writeFile(t, path, bodies(a, b))
	writeOnce(t, lengths, []order.Message{a, b}, again, path) // it is noted under the other name
	if got := readFile(t, path); got != bodies(a, b, a) {
		t.Errorf("the file has %q", got)
	}
}

// A file of outcomes stays one where rejects go to it, too.
func TestAFileOfOutcomesAndOthersIsOneOfOutcomes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	writeFile(t, path, bodies(outcome("timeout", "1")))
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, Target{Name: path, Mode: Append}, Target{Name: path, Mode: Append, Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.targets[path].told.outcomes); n != 1 {
		t.Errorf("%d outcomes stand in it, want one", n)
	}
}

// Whose name has another file is said, and nothing is taken for written in it.
func TestAnotherFileIsAddedToAsItIs(t *testing.T) {
	a, b := outcome("timeout", "1"), outcome("timeout", "2")
	long := outcome("timeout", strings.Repeat("x", 2*maxHead))
	for _, test := range []struct{ reason, there, want string }{
		{"shorter", bodies(a), fmt.Sprintf("it has %d bytes, and had %d at the last carry point: it is added to as it is", len(bodies(a)), len(bodies(a, b, long)))},
		{"missing", "", fmt.Sprintf("it has 0 bytes, and had %d at the last carry point: it is added to as it is", len(bodies(a, b, long)))},
		{"it begins otherwise", bodies(b, a, long, a), "it begins otherwise than at the last carry point: it is another file, and is added to as it is"},
		{"it goes on otherwise, which is no matter", bodies(a, b) + strings.Replace(bodies(long, a), "x\"", "y\"", 1), ""},
	} {
		path := filepath.Join(t.TempDir(), "out")
		lengths, _ := writeOnce(t, nil, []order.Message{a, b, long}, path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if test.there != "" {
			writeFile(t, path, test.there)
		}
		lines, want := []order.Message{a}, test.there
		if test.want != "" {
			test.want, want = "localfile: "+path+": "+test.want, want+bodies(a)
		}
		_, warnings := writeOnce(t, lengths, lines, path)
		if got := strings.Join(warnings, "\n"); got != test.want {
			t.Errorf("%s: warned %q, want %q", test.reason, got, test.want)
		}
		if got := readFile(t, path); got != want {
			t.Errorf("%s: the file has %d bytes, want %d", test.reason, len(got), len(want))
		}
	}
}

// What a failed write has left in the file is behind the length that is noted: it is
// rejected, but may be there.
func TestTheLengthEndsBeforeAFailedWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	r := process.NewRun()
	defer r.Close()
	set, err := Open(r, Target{Name: path, Mode: Append})
	if err != nil {
		t.Fatal(err)
	}
	f := set.targets[path]
	if _, err := f.write([]byte("line\n"), false); err != nil {
		t.Fatal(err)
	}
	f.err, f.unsure = os.ErrInvalid, 3 // as a full disk leaves it
	if _, err := f.w.Write([]byte("cut")); err != nil {
		t.Fatal(err)
	}
	if got := set.Lengths(math.MaxInt64); len(got) != 1 || got[0].Bytes != 5 || got[0].HeadBytes != 5 {
		t.Errorf("lengths %+v, want 5 bytes", got)
	}
}

// A write that fails knows how much of it is in the file.
func TestAWriteThatIsNotSyncedIsUnsure(t *testing.T) {
	out := stdoutOf(t)
	go func() { _, _ = out.Read(make([]byte, 8)) }()
	f := &file{w: os.Stdout, regular: true, turn: make(chan struct{}, 1)} // a pipe takes lines and refuses to sync
	if n, err := f.write([]byte("line\n"), true); err == nil || n != 0 || f.unsure != 5 {
		t.Errorf("wrote %d for sure, %d unsure, error %v: want 0, 5 and one", n, f.unsure, err)
	}
}

// Only what is added to is noted: a pipe has no length, and what is replaced none that lasts.
func TestLengthsAreOfFilesThatAreAddedTo(t *testing.T) {
	dir := t.TempDir()
	r := process.NewRun()
	defer r.Close()
	added := filepath.Join(dir, "added")
	set, err := Open(r, Target{Name: added, Mode: Append}, Target{Name: filepath.Join(dir, "replaced")},
		Target{Name: filepath.Join(dir, "aside"), Mode: Aside}, Target{Name: os.DevNull, Mode: Append}, Target{Name: Stdout, Mode: Append}, Target{Name: None, Mode: Append})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range set.Lengths(math.MaxInt64) {
		names = append(names, l.Name)
	}
	if !slices.Equal(names, []string{added}) {
		t.Errorf("lengths of %q, want of %s", names, added)
	}
	var without *Set
	if without.Lengths(math.MaxInt64) != nil {
		t.Error("nothing has lengths")
	}
}

// What is taken as written is done, so that its source lets go of it.
func TestWhatStandsInTheFileIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	a := outcome("timeout", "1")
	writeFile(t, path, bodies(a))
	r := process.NewRun()
	defer r.Close()
	if _, err := Open(r, Target{Name: path, Mode: Append, Once: true}); err != nil {
		t.Fatal(err)
	}
	done := ledgertest.Hold(t, r, 1)
	fn, reject, _ := of(t, r, path)
	a.Refs = []uint64{1}
	if err := fn.ProcessElement(t.Context(), 0, a, reject); err != nil {
		t.Fatal(err)
	}
	if err := fn.FinishBundle(t.Context(), reject); err != nil {
		t.Fatal(err)
	}
	if got := slices.Concat(done()...); !slices.Equal(got, []uint64{1}) {
		t.Errorf("done are %v, want 1", got)
	}
}

func FuzzReadTold(f *testing.F) {
	f.Add([]byte(bodies(outcome("timeout", "1"), message("x"), outcome("success", "2"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, err := readTold(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		lines := told{outcomes: map[[16]byte]bool{}}
		for line := range strings.Lines(string(text)) {
			lines.add([]byte(line))
		}
		if len(whole.outcomes) != len(lines.outcomes) || len(whole.outcomes) > strings.Count(string(text), "\n")+1 {
			t.Errorf("%d outcomes as a whole, %d by line", len(whole.outcomes), len(lines.outcomes))
		}
	})
}

// While outcomes may come that stand in the file behind the noted length, that stays.
func TestTheLengthWaitsForWhatStandsBehindIt(t *testing.T) {
	a, b, c := outcome("timeout", "1"), outcome("success", "2"), outcome("timeout", "3")
	for _, test := range []struct {
		reason    string
		watermark int64
		again     []order.Message
		moves     bool
	}{
		{"none has come again", 0, nil, false},
		{"one has", 0, []order.Message{b}, false},
		{"one has, twice, and another one has", 0, []order.Message{b, b, c}, false},
		{"both have", 0, []order.Message{b, a}, true},
		{"the clock has passed their writing", time.Now().Add(time.Hour).UnixMilli(), nil, true},
		{"the input has ended", math.MaxInt64, nil, true},
	} {
		path := filepath.Join(t.TempDir(), "out")
		writeFile(t, path, bodies(c))
		set := openOnce(t, path, nil)
		known := set.Lengths(math.MaxInt64)
		set.Close()
		writeFile(t, path, bodies(c, a, b))
		set = openOnce(t, path, &known[0])
		for i := range test.again {
			set.targets[path].told.has(&test.again[i])
		}
		want := known[0].Bytes
		if test.moves {
			want = int64(len(bodies(c, a, b)))
		}
		if got := set.Lengths(test.watermark); len(got) != 1 || got[0].Bytes != want {
			t.Errorf("%s: %v, want %d bytes", test.reason, got, want)
		}
	}
}

// openOnce opens a file of outcomes that a run adds to.
func openOnce(t *testing.T, path string, known *Length) *Set {
	t.Helper()
	r := process.NewRun()
	t.Cleanup(func() { r.Close() })
	set, err := Open(r, Target{Name: path, Mode: Append, Once: true, Known: known})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
