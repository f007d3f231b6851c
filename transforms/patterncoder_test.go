package transforms

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
)

// Beam has coders for what FindPattern takes and gives, and they lose nothing.
func TestWhatFindPatternTakesAndGivesCanBeSent(t *testing.T) {
	e := cep.Event{Type: "fail", ID: "7", Time: 1000, At: 2000, Data: []byte("\x00\xff{"), Ref: 1 << 63}
	for _, want := range []any{
		e,
		PatternOutcome{
			Key: "bob", ID: "00", TimedOut: true, StartedAt: 1, EndedAt: 2, Deadline: 1<<63 - 1, At: -4, WaitingFor: []string{"login", "key"},
			Steps: []PatternStep{{"fail", []cep.Event{e, e}}, {"login", []cep.Event{e}}},
		},
		PatternReject{Key: "bob", Event: e, Reason: order.Late, Error: "fail is too late"},
	} {
		typ := reflect.TypeOf(want)
		var b bytes.Buffer
		if err := beam.NewElementEncoder(typ).Encode(want, &b); err != nil {
			t.Fatal(err)
		}
		got, err := beam.NewElementDecoder(typ).Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", typ, diff)
		}
	}
}
