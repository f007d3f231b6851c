package windowfile

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/teststream"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/order"
)

func init() {
	register.Function2x0(toMessage)
	register.Emitter1[order.Message]()
}

func TestMain(m *testing.M) {
	beamfix.ForPrism()
	ptest.Main(m)
}

// toMessage makes a message of a line.
func toMessage(line string, emit func(order.Message)) {
	emit(order.Message{Body: []byte(line), ID: line})
}

// stream is what a test sends, in order: lines at a time, or a new watermark.
type stream []step

type step struct {
	at        string // time of day
	lines     []string
	watermark bool
}

func send(at string, lines ...string) step { return step{at: at, lines: lines} }

func watermark(at string) step { return step{at: at, watermark: true} }

func ms(t testing.TB, at string) int64 {
	parsed, err := time.Parse("2006-01-02T15:04:05.999", "2026-03-01T"+at)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UnixMilli()
}

// run writes a stream into a directory, to its end.
func run(t *testing.T, c Config, steps stream) error {
	t.Helper()
	config := teststream.NewConfig()
	for _, s := range steps {
		if s.watermark {
			config.AdvanceWatermark(ms(t, s.at))
			continue
		}
		if err := config.AddElementList(ms(t, s.at), s.lines); err != nil {
			t.Fatal(err)
		}
	}
	config.AdvanceWatermarkToInfinity()
	p, s := beam.NewPipelineWithRoot()
	Write(s, c, beam.ParDo(s, toMessage, teststream.Create(s, config)))
	_, err := beam.Run(context.Background(), "prism", p)
	return err
}

// contents returns the lines by file, sorted, without the hash in its name.
func contents(t *testing.T, dir string) map[string][]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutSuffix(e.Name(), ".jsonl")
		if !ok || len(name) < 17 || name[len(name)-17] != '-' {
			t.Fatalf("file %s: want name-hash.jsonl", e.Name())
		}
		lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		slices.Sort(lines)
		files[name[:len(name)-17]] = append(files[name[:len(name)-17]], lines...)
	}
	return files
}
