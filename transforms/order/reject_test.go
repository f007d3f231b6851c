package order

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestUndeliveredOutcomesAreWhole(t *testing.T) {
	body := `{"outcome":"timeout","events":{"create":"` + strings.Repeat("x", 3*maxRejectInput) + `"}}`
	m := Message{Body: []byte(body), Outcome: "timeout", ID: "1f", Refs: []uint64{7, 8}}
	r := NewUndelivered(&m, "sink: out: no space left on device")
	var got struct{ Reason, Error, Source, Input string }
	if err := json.Unmarshal(r.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	if got.Input != body {
		t.Errorf("the input has %d bytes, want the %d of the outcome", len(got.Input), len(body))
	}
	if got.Reason != "undelivered" || got.Source != "timeout 1f" || got.Error != "sink: out: no space left on device" {
		t.Errorf("got %q, %q, %q", got.Reason, got.Source, got.Error)
	}
	if len(r.Refs) != 2 || r.Refs[0] != 7 {
		t.Errorf("Refs are %v, want those of the message", r.Refs)
	}
}
