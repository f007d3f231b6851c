package files

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.Function3x0(showEvents)
	register.Function2x1(showReject)
}

func TestMain(m *testing.M) {
	beamfix.ForPrism()
	ptest.MainWithDefault(m, "prism")
}

// showEvent is an element as text. Marks of the watermark are left out: how many
// there are is up to the blocks.
func showEvents(ts beam.EventTime, events []order.Event, emit func(string)) {
	for i := range events {
		emit(showEvent(ts, &events[i]))
	}
}

func showEvent(ts beam.EventTime, e *order.Event) string {
	switch e.Mark {
	case order.MarkWatermark:
		return "mark"
	case order.MarkCut:
		return fmt.Sprintf("cut %d,%d at %d", e.Time, e.At, int64(ts))
	case order.MarkEnd:
		return fmt.Sprintf("end %d,%d at %d", e.Time, e.At, int64(ts))
	}
	return fmt.Sprintf("%s at %d: %s", eventText(*e), e.At, e.Raw)
}

func showReject(ts beam.EventTime, r order.Reject) string {
	return fmt.Sprintf("%s %s at %d: %s", r.Reason, r.Source, int64(ts), r.Input)
}

// pipeline runs a source and returns its counters.
func pipeline(t *testing.T, c Config, wantEvents, wantRejects []string) (map[string]int64, error) {
	t.Helper()
	p, s := beam.NewPipelineWithRoot()
	events, rejects := Read(s, c)
	passert.EqualsList(s, beam.ParDo(s, showEvents, events), wantEvents)
	passert.EqualsList(s, beam.ParDo(s, showReject, rejects), wantRejects)
	result, err := ptest.RunWithMetrics(p)
	if err != nil {
		return nil, err
	}
	counters := map[string]int64{}
	for _, m := range result.Metrics().AllMetrics().Counters() {
		if m.Namespace() == "ordertimeout" {
			counters[m.Name()] += m.Result()
		}
	}
	return counters, nil
}

func TestReadOnPrism(t *testing.T) {
	write(t, map[string]string{
		"a.jsonl":   line("a", 10_000) + "x\n\n" + line("b", 4_000),
		"b.csv.gz":  "orderId,type,time\nc,pay,7000\n",
		"c.jsonl":   "",
		"d.unknown": line("d", 12_000),
	})
	run := process.NewRun()
	defer run.Close()
	c := Config{Inputs: []string{"?.*"}, Disorder: 5 * time.Second, Run: run.ID}
	counters, err := pipeline(t, c, []string{
		"mark",
		`c@7000 b.csv.gz:2 at 7000: {"orderId":"c","type":"pay","time":"1970-01-01T00:00:07.000Z"}`,
		`a@10000 a.jsonl:1 at 10000: {"orderId":"a","type":"a","time":10000}`,
		`b@4000 a.jsonl:4 +5000 at 5000: {"orderId":"b","type":"a","time":4000}`,
		`d@12000 d.unknown:1 at 12000: {"orderId":"d","type":"a","time":12000}`,
		"end 12000,12000 at 7000",
	}, []string{"malformed a.jsonl:2 at 0: x"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"read": 5, "malformed": 1, "integer-times": 4, "january-1970": 4}
	if diff := cmp.Diff(want, counters); diff != "" || run.Err() != nil {
		t.Errorf("%v (-want +got)\n%s", run.Err(), diff)
	}
}

func TestReadOfNothingOnPrism(t *testing.T) {
	write(t, map[string]string{"f": "\n\n"})
	counters, err := pipeline(t, Config{Inputs: []string{"f"}}, []string{"end 0,0 at 0"}, []string{})
	if err != nil || counters["read"] != 0 {
		t.Errorf("read %d: %v", counters["read"], err)
	}
}

func TestReadOfStandardInputOnPrism(t *testing.T) {
	useStdin(t, line("a", 1)+line("b", 2))
	counters, err := pipeline(t, Config{Inputs: []string{"-"}}, []string{
		"mark", // of the second; with no disorder its time is the watermark
		`a@1 -:1 at 1: {"orderId":"a","type":"a","time":1}`,
		`b@2 -:2 at 2: {"orderId":"b","type":"a","time":2}`,
		"end 2,2 at 2",
	}, []string{})
	if err != nil || counters["read"] != 2 {
		t.Errorf("read %d: %v", counters["read"], err)
	}
}

func TestReadErrorOnPrismIsTheRuns(t *testing.T) {
	write(t, map[string]string{"f.csv": "a,b\n"})
	run := process.NewRun()
	defer run.Close()
	if _, err := pipeline(t, Config{Inputs: []string{"f.csv"}, Run: run.ID}, []string{"cut 0,0 at 0"}, []string{}); err != nil {
		t.Errorf("the pipeline itself: %v", err)
	}
	if err, want := run.Err(), `files: f.csv: header "a,b": no column "type"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReadErrorOnPrismWithoutARunFailsTheBundle(t *testing.T) {
	write(t, map[string]string{"f.csv": "a,b\n"})
	// With nothing beside the source: a bundle that is at work when the job fails meets
	// a data race of the SDK, which reads the broken stream twice (Beam 2.77.0,
	// core/runtime/harness/datamgr.go:571 beside :363).
	p, s := beam.NewPipelineWithRoot()
	Read(s, Config{Inputs: []string{"f.csv"}})
	_, err := ptest.RunWithMetrics(p)
	if want := `files: f.csv: header "a,b": no column "type"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want one with %s", err, want)
	}
}

func TestStopOnPrism(t *testing.T) {
	t.Chdir(t.TempDir())
	makePipe(t, "p") // no one will ever write to it
	run := process.NewRun()
	defer run.Close()
	time.AfterFunc(10*time.Millisecond, run.Stop)
	if _, err := pipeline(t, Config{Inputs: []string{"p"}, Run: run.ID, EndOfTime: true}, []string{"cut 0,0 at 0"}, []string{}); err != nil {
		t.Error(err)
	}
}

// Every bundle but the first starts where the last one ended, in the same
// session or in another.
func TestReadOnPrismInManyBundles(t *testing.T) {
	const n = 300_000
	var text bytes.Buffer
	for i := range n {
		text.WriteString(line("o", int64(i)))
	}
	write(t, map[string]string{"f": text.String()})
	p, s := beam.NewPipelineWithRoot()
	events, _ := Read(s, Config{Inputs: []string{"f"}, Disorder: time.Second})
	_ = events
	result, err := ptest.RunWithMetrics(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range result.Metrics().AllMetrics().Counters() {
		if m.Name() == "read" && m.Result() != n {
			t.Errorf("read %d, want %d", m.Result(), n)
		}
	}
}

func TestReadPanicsOnWhatValidateAndPathsRefuse(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []Config{{}, {Inputs: []string{"missing"}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", c)
				}
			}()
			_, s := beam.NewPipelineWithRoot()
			Read(s, c)
		}()
	}
}

func BenchmarkRead(b *testing.B) {
	b.Chdir(b.TempDir())
	const n = 200_000
	var jsonl, csv bytes.Buffer
	csv.WriteString("orderId,userId,type,time,amount,sku\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		when := time.UnixMilli(1772366400000 + int64(i)).UTC().Format("2006-01-02T15:04:05.000Z")
		fmt.Fprintf(&jsonl, `{"orderId":"o-%d","userId":"u-%d","type":"create","time":%q,"amount":%d.95,"sku":"AB-123"}`+"\n", i, r.IntN(5000), when, r.IntN(500))
		fmt.Fprintf(&csv, "o-%d,u-%d,create,%s,%d.95,AB-123\n", i, r.IntN(5000), when, r.IntN(500))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(jsonl.Bytes())
	z.Close()
	for name, data := range map[string][]byte{"f.jsonl": jsonl.Bytes(), "f.csv": csv.Bytes(), "f.jsonl.gz": zipped.Bytes()} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s := newSession(Config{Inputs: []string{name}, Disorder: time.Second}, process.Of(""), 0)
				bundle := bundle{session: s, claim: func(any) bool { return true }, event: func(beam.EventTime, []order.Event) {}}
				for ending := more; ending == more; bundle.size = 0 {
					var err error
					if ending, err = bundle.read(b.Context(), nil); err != nil {
						b.Fatal(err)
					}
				}
				if bundle.counts.Records != n {
					b.Fatalf("read %d records", bundle.counts.Records)
				}
				s.close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
		})
	}
}
