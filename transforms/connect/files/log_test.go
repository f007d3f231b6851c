package files

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func TestReplayStampsEventsWithTheirPlaceInTime(t *testing.T) {
	tests := []struct {
		reason string
		times  []int64
		want   transcript
	}{
		{"in order", []int64{1, 2, 3}, transcript{Log: []string{"o@1 f:1", "o@2 f:2", "o@3 f:3"}, End: "3,3"}},
		{"as late as the disorder allows", []int64{2000, 1000}, transcript{Log: []string{"o@2000 f:1", "o@1000 f:2"}, End: "2000,2000"}},
		{"a millisecond later", []int64{2000, 999}, transcript{Log: []string{"o@2000 f:1", "o@999 f:2 +1000"}, End: "2000,2000"}},
		{"the watermark is that before the event", []int64{1000, 5000, 4500}, transcript{Log: []string{"o@1000 f:1", "o@5000 f:2", "o@4500 f:3"}, End: "5000,5000"}},
		{"a late event does not move it", []int64{5000, 1, 4000, 3999}, transcript{Log: []string{"o@5000 f:1", "o@1 f:2 +4000", "o@4000 f:3", "o@3999 f:4 +4000"}, End: "5000,5000"}},
		{"the epoch, without a watermark", []int64{0, 500, 0}, transcript{Log: []string{"o@0 f:1", "o@500 f:2", "o@0 f:3"}, End: "500,500"}},
		{"the epoch, late", []int64{1500, 0}, transcript{Log: []string{"o@1500 f:1", "o@0 f:2 +500"}, End: "1500,1500"}},
		{"nothing", nil, transcript{End: "0,0"}},
	}
	for _, tt := range tests {
		var text strings.Builder
		for _, ms := range tt.times {
			text.WriteString(line("o", ms))
		}
		write(t, map[string]string{"f": text.String()})
		same(t, tt.reason, replay(t, Config{Inputs: []string{"f"}, Disorder: time.Second}, 0), tt.want)
	}
}

func TestReplayMergesFilesByTheTimeOfTheirNextEvent(t *testing.T) {
	tests := []struct {
		reason string
		files  map[string]string
		want   []string
	}{
		{"by time", map[string]string{"f1": line("a", 10) + line("b", 30), "f2": line("c", 20) + line("d", 40)},
			[]string{"a@10 f1:1", "c@20 f2:1", "b@30 f1:2", "d@40 f2:2"}},
		{"of equal times the first path's first", map[string]string{"f1": line("a", 10) + line("b", 10), "f2": line("c", 10), "f0": line("d", 10)},
			[]string{"d@10 f0:1", "a@10 f1:1", "b@10 f1:2", "c@10 f2:1"}},
		{"the order within a file stays", map[string]string{"f1": line("a", 30) + line("b", 10), "f2": line("c", 20)},
			[]string{"c@20 f2:1", "a@30 f1:1", "b@10 f1:2"}},
		{"what is malformed comes as it is seen", map[string]string{"f1": "x\n" + line("a", 30) + "x", "f2": line("c", 20) + "y\n"},
			[]string{"x f1:1", "c@20 f2:1", "x f2:2", "a@30 f1:2", "x f1:3"}},
		{"an empty file", map[string]string{"f1": "", "f2": line("c", 20), "f3": "\n\n"}, []string{"c@20 f2:1"}},
		{"compressed files, and the names decide", map[string]string{"f1.gz": line("a", 10), "f2.JSONL.ZST.zst": line("b", 20), "f3.gz": ""}, []string{"a@10 f1.gz:1", "b@20 f2.JSONL.ZST.zst:1"}},
	}
	for _, tt := range tests {
		write(t, tt.files)
		paths, err := Config{Inputs: []string{"f*"}}.Paths()
		if err != nil {
			t.Fatal(err)
		}
		got := merged(t, Config{Inputs: paths, Disorder: time.Second})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
		}
	}
}

func TestReplayGoesOnAtAnyRecord(t *testing.T) {
	write(t, map[string]string{
		"f1": line("a", 1000) + "x\n\n" + line("b", 4000) + line("c", 2000),
		"f2": "\n" + line("d", 3000) + line("e", 500) + "y",
	})
	c := Config{Inputs: []string{"f1", "f2"}, Disorder: time.Second}
	all := merged(t, c)
	if len(all) != 7 {
		t.Fatalf("got %d records, want 7: %q", len(all), all)
	}
	for skip := range len(all) + 1 {
		got := replay(t, c, int64(skip))
		var want transcript
		for _, text := range all[skip:] {
			if place, ok := strings.CutPrefix(text, "x "); ok {
				want.Rejects = append(want.Rejects, place)
			} else {
				want.Log = append(want.Log, text)
			}
		}
		for i, text := range got.Rejects {
			got.Rejects[i] = strings.TrimPrefix(text[:strings.Index(text, ": ")], "malformed ")
		}
		want.End = "4000,4000"
		same(t, fmt.Sprintf("behind %d records", skip), got, want)
	}
	got := replay(t, c, 8)
	same(t, "behind the end", got, transcript{Err: "files: cannot go on at record 8: there are only 7 left", End: "4000,3000"})
}

func TestEndOfTheInput(t *testing.T) {
	write(t, map[string]string{"f": line("a", 10_000)})
	c := Config{Inputs: []string{"f"}, Disorder: time.Second}
	if got, want := replay(t, c, 0).End, "10000,10000"; got != want {
		t.Errorf("got %s, want the largest event time %s", got, want)
	}
	c.EndOfTime = true
	if got, want := replay(t, c, 0).End, "10000,9007199254740992"; got != want {
		t.Errorf("with EndOfTime: got %s, want %s", got, want)
	}
}

func TestInputThatBreaksOffEndsAtItsWatermark(t *testing.T) {
	var text strings.Builder
	for i := range 20_000 { // more than any buffer in the decompressors
		text.WriteString(line(fmt.Sprintf("o%d", i*i*7919), int64(i)))
	}
	for _, name := range []string{"f.gz", "f.zst"} {
		write(t, map[string]string{name: text.String(), "g": line("later", 1e6)})
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, info.Size()*3/4); err != nil {
			t.Fatal(err)
		}
		got := replay(t, Config{Inputs: []string{name, "g"}, EndOfTime: true, Disorder: 100 * time.Millisecond}, 0)
		n := len(got.Log)
		if n < 1000 || n >= 20_000 {
			t.Errorf("%s: got %d events, want those in front of the fault", name, n)
		}
		got.Log = nil
		same(t, name, got, transcript{
			Err: fmt.Sprintf("files: %s: unexpected end of file after %d lines", name, n),
			End: fmt.Sprintf("%d,%d", n-1, n-1-100),
		})
	}
}

func TestInputThatCannotBeReadEndsTheRun(t *testing.T) {
	tests := []struct {
		reason, name, content string
		config                Config
		want                  string
	}{
		{"not compressed", "f.jsonl.gz", line("a", 1), Config{}, "files: f.jsonl.gz: gzip: invalid header"},
		{"empty, and so not even a header", "f.gz", "", Config{}, "files: f.gz: unexpected end of file"},
		{"not compressed", "f.zst", line("a", 1), Config{}, "files: f.zst: invalid input: magic number mismatch after 0 lines"},
		{"no type", "f.csv", "orderId,time\no,1\n", Config{}, `files: f.csv: header "orderId,time": no column "type"`},
		{"a quote that is not closed", "f.csv", "orderId,\"time\no,1\n", Config{}, `files: f.csv:1: header: cell 2: the quote is not closed`},
		{"no order id by order", "f.csv", "userId,type,time\nu,a,1\n", Config{DecoderConfig: order.DecoderConfig{ByOrder: true}}, `files: f.csv: header "userId,type,time": no column "orderId", which -key order needs`},
		{"gone", "", "", Config{Inputs: []string{"f"}}, "files: f: no such file or directory"},
	}
	for _, tt := range tests {
		t.Chdir(t.TempDir())
		if tt.name != "" {
			if err := os.WriteFile(tt.name, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			tt.config.Inputs = []string{tt.name}
		}
		s := newSession(tt.config, process.Of(""), 0)
		n := note{t: t}
		for n.bundle(s, process.Of("")) == more {
		}
		s.close()
		same(t, tt.reason, n.transcript, transcript{Err: tt.want, End: "0,0"})
	}
}

func TestConcatenatedMembersAreOneFile(t *testing.T) {
	for _, ext := range []string{".gz", ".zst"} {
		write(t, map[string]string{"a" + ext: line("a", 1), "b" + ext: line("b", 2)})
		a, _ := os.ReadFile("a" + ext)
		b, _ := os.ReadFile("b" + ext)
		if err := os.WriteFile("ab"+ext, append(a, b...), 0o600); err != nil {
			t.Fatal(err)
		}
		same(t, ext, replay(t, Config{Inputs: []string{"ab" + ext}}, 0),
			transcript{Log: []string{"a@1 ab" + ext + ":1", "b@2 ab" + ext + ":2"}, End: "2,2"})
	}
}

func TestCSVFiles(t *testing.T) {
	tests := []struct {
		reason, text string
		columns      []string
		want         []string
		rejects      []string
	}{
		{"a header", "orderId,type,time\no,a,1\n", nil, []string{"o@1 f.csv:2"}, nil},
		{"blank lines and a mark before it", "\xEF\xBB\xBF\r\n\r\norderId,type,time\r\n\r\no,a,1\r\n", nil, []string{"o@1 f.csv:5"}, nil},
		{"columns", "1,o,a\n2,p,b", []string{"time", "orderId", "type"}, []string{"o@1 f.csv:1", "p@2 f.csv:2"}, nil},
		{"a row of two lines", "orderId,type,time,x\no,a,1,\"x\ny\"\np,a,2,\n", nil, []string{"o@1 f.csv:2", "p@2 f.csv:4"}, nil},
		{"cells missing", "orderId,type,time\no,a\np,a,1\n", nil, []string{"p@1 f.csv:3"}, []string{"malformed f.csv:2: row: got 2 cells, want 3"}},
		{"a wrong quote costs its line", "orderId,type,time\n\"o,a,1\np,a,2\nq,a,3\n", nil, []string{"p@2 f.csv:3", "q@3 f.csv:4"}, []string{"malformed f.csv:2: not CSV: cell 1: the quote is not closed"}},
		{"only a header", "orderId,type,time\n", nil, nil, nil},
		{"nothing", "", nil, nil, nil},
	}
	for _, tt := range tests {
		write(t, map[string]string{"f.csv": tt.text})
		got := replay(t, Config{Inputs: []string{"f.csv"}, Columns: tt.columns}, 0)
		same(t, tt.reason, got, transcript{Log: tt.want, Rejects: tt.rejects, End: got.End})
	}
}

func TestFormatIsTheFlagsElseTheNames(t *testing.T) {
	csv, json := "orderId,type,time\no,a,1\n", line("o", 1)
	tests := []struct{ name, format, text, want string }{
		{"f.csv", "", csv, "o@1 f.csv:2"},
		{"F.CSV", "", csv, "o@1 F.CSV:2"},
		{"f.csv.gz", "", csv, "o@1 f.csv.gz:2"},
		{"f.csv.zst", "", csv, "o@1 f.csv.zst:2"},
		{"f.csv.jsonl", "", json, "o@1 f.csv.jsonl:1"},
		{"f.log", "", json, "o@1 f.log:1"},
		{"f.log", "csv", csv, "o@1 f.log:2"},
		{"f.csv", "jsonl", json, "o@1 f.csv:1"},
	}
	for _, tt := range tests {
		write(t, map[string]string{tt.name: tt.text})
		got := replay(t, Config{Inputs: []string{tt.name}, Format: tt.format}, 0)
		if diff := cmp.Diff([]string{tt.want}, got.Log); diff != "" {
			t.Errorf("%s, format %q (-want +got)\n%s", tt.name, tt.format, diff)
		}
	}
}

func TestRawSurvives(t *testing.T) {
	var want []string
	for i := range 30_000 { // many buffers
		want = append(want, strings.TrimSpace(line(fmt.Sprintf("o%d", i), int64(i))))
	}
	write(t, map[string]string{"f": strings.Join(want, "\n")})
	got := replay(t, Config{Inputs: []string{"f"}}, 0)
	if len(got.events) != len(want) {
		t.Fatalf("got %d events, want %d", len(got.events), len(want))
	}
	for i, e := range got.events {
		if string(e.Raw) != want[i] || e.OrderID != fmt.Sprintf("o%d", i) {
			t.Fatalf("event %d: got %s", i, e.Raw)
		}
	}
}

func TestReaderCountsHints(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1) + line("b", 3e9) + "x\n" + `{"orderId":"c","type":"a","time":"2026-03-01T12:00:00Z"}`})
	for skip, want := range map[int64][4]int64{0: {4, 1, 2, 1}, 1: {3, 1, 1, 0}, 2: {2, 1, 0, 0}} {
		s := newSession(Config{Inputs: []string{"f"}}, process.Of(""), skip)
		b := bundle{session: s, claim: func(any) bool { return true }, event: func(beam.EventTime, []order.Event) {}, reject: func(beam.EventTime, order.Reject) {}}
		if ending, err := b.read(t.Context(), nil); ending != complete || err != nil {
			t.Fatal(ending, err)
		}
		if got := [4]int64{b.counts.Records, b.counts.Malformed, b.counts.Integers, b.counts.January}; got != want {
			t.Errorf("behind %d records: got %v, want %v", skip, got, want)
		}
		s.close()
	}
}

func TestReaderTellsHowFarItIs(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1), "g.gz": line("b", 2)})
	run := process.NewRun()
	defer run.Close()
	s := newSession(Config{Inputs: []string{"f", "g.gz"}}, run, 0)
	defer s.close()
	n := note{t: t}
	for n.bundle(s, run) == more {
	}
	if read, size := run.Read.Load(), run.Size.Load(); read != size || size == 0 {
		t.Errorf("read %d of %d bytes", read, size)
	}
}
