package transforms_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ordertimeout/transforms/order"
)

var update = flag.Bool("update", false, "write the golden files of this version anew")

// elementVersion is the directory of testdata/golden that this build writes, by
//
//	go test ./transforms -run Golden -update
//
// Elements may be on their way when a job is updated or resumed. A row of another
// number of fields is an error to Beam (2.77.0, core/graph/coder/row_decoder.go:180):
// after a field is added to one of these types or taken away, what waits for a
// windowed file, which is all that waits as a row, cannot be read, and jobs that write
// such files start anew. A change that can read the old ones increases this.
const elementVersion = 1

// elements are what the steps of the pipeline hand on, with every field set, the
// zero value, and what is at an edge.
var elements = map[string]any{
	"event": []order.Event{
		{
			UserID: "u1", OrderID: "o1", Type: "create", ID: "e1", Time: 1_700_000_000_000, At: 1_700_000_000_001,
			Raw: []byte(`{"orderId":"o1"}`), Source: "orders.jsonl", Line: 17, Ref: 1<<64 - 1,
		},
		{Mark: order.MarkEnd, Time: -1, At: order.EndOfTime},
		{Raw: []byte{0, 0xff}, UserID: "\u00e9\x00"},
	},
	"outcome": order.Outcome{
		Kind: order.Success, ID: "0123", Rule: "unpaid", UserID: "u1", OrderID: "o1", StartedAt: 1, EndedAt: 2, Deadline: 3, At: 4, WaitingFor: []string{"pay", ""},
		Events: []order.StepEvents{
			{Step: "create", Raws: [][]byte{[]byte("{}")}},
			{Step: "pay", List: true, Raws: [][]byte{[]byte("[]"), {}, []byte("{}")}},
		},
		Refs: []uint64{0, 1 << 63},
	},
	"outcome-timeout": order.Outcome{
		Kind: order.Timeout, Deadline: 5, At: 5, WaitingFor: []string{},
		Events: []order.StepEvents{{Step: "create", Raws: [][]byte{[]byte("{}")}}},
	},
	"message":       order.Message{Body: []byte("{}"), Outcome: "timeout", ID: "0123", UserID: "u1", OrderID: "o1", Refs: []uint64{5}},
	"message-empty": order.Message{},
	"reject":        order.Reject{Reason: order.Late, Error: "too late", Source: "orders.jsonl:17", Input: "{}", Refs: []uint64{5, 6}},
	"reject-empty":  order.Reject{Reason: order.Malformed},
}

func TestGoldenElements(t *testing.T) {
	for name, element := range elements {
		path := func(version int) string { return fmt.Sprintf("testdata/golden/v%d/%s.bin", version, name) }
		var b bytes.Buffer
		if err := beam.NewElementEncoder(reflect.TypeOf(element)).Encode(element, &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if *update {
			writeFile(t, path(elementVersion), b.Bytes())
		}
		if want := readFile(t, path(elementVersion)); !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s: this build writes\n%q\nwant\n%q", path(elementVersion), b.Bytes(), want)
		}
		for version := range elementVersion {
			encoded := bytes.NewReader(readFile(t, path(version+1)))
			got, err := beam.NewElementDecoder(reflect.TypeOf(element)).Decode(encoded)
			if err != nil || encoded.Len() > 0 {
				t.Errorf("%s: %v, %d bytes left", path(version+1), err, encoded.Len())
				continue
			}
			if diff := cmp.Diff(element, got, cmpopts.IgnoreUnexported(order.Outcome{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path(version+1), diff)
			}
		}
	}
}

// An outcome is the same line of JSON on the worker that it is sent to.
func TestOutcomesAreWrittenAlikeOnAnotherWorker(t *testing.T) {
	for _, name := range []string{"outcome", "outcome-timeout"} {
		sent := elements[name].(order.Outcome)
		sent.Render(nil)
		var b bytes.Buffer
		if err := beam.NewElementEncoder(reflect.TypeOf(&sent)).Encode(&sent, &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := beam.NewElementDecoder(reflect.TypeOf(&sent)).Decode(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := string(got.(*order.Outcome).JSON()), string(sent.JSON()); got != want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, want)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}
