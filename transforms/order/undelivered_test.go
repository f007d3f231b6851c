package order

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndeliveredOutcomesAreReadAsTheyWere(t *testing.T) {
	for _, kind := range []Kind{Success, Timeout} {
		o := Outcome{Kind: kind, ID: "1f", UserID: "ü<", OrderID: "o\n1", Events: []StepEvents{{Step: "create", Raws: [][]byte{[]byte(`{"n": "` + strings.Repeat("\\\"", 1<<17) + `", "id":7}`)}}}}
		m := Message{Body: o.JSON(), Outcome: string(o.Kind), ID: o.ID, UserID: o.UserID, OrderID: o.OrderID}
		r := NewUndelivered(&m, "webhook: https://shop.example: 410 Gone")
		read, err := ReadReject(r.AppendJSON(nil))
		if diff := cmp.Diff(r, read); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got)\n%s", kind, err, diff)
		}
		got, err := read.Message()
		if diff := cmp.Diff(m, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", kind, err, diff)
		}
	}
}

func TestWhatIsNoUndeliveredOutcomeIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		``:                          "order: not a reject: ",
		`null`:                      "order: not a reject: ",
		`{"reason":"undelivered"}`:  "order: not a reject: ",
		`{"input":"{}"}`:            "order: not a reject: ",
		`{"reason":1,"input":"{}"}`: "order: not a reject: ",
		`{"outcome":"timeout","id":"1f","events":{}}`:                                           "order: not a reject: ",
		`{"reason":"undelivered","input":"{\"outc"}`:                                            "order: the input of the reject is no JSON object",
		`{"reason":"undelivered","input":"{\"outcome\":\"open\",\"id\":\"1\"}"}`:                `order: the input of the reject has the outcome "open": want success or timeout`,
		`{"reason":"undelivered","input":"{\"type\":\"create\"}"}`:                              `order: the input of the reject has the outcome "": want success or timeout`,
		`{"reason":"undelivered","input":"{\"outcome\":\"timeout\"}"}`:                          "order: the input of the reject has no id",
		`{"reason":"undelivered","input":"{\"outcome\":\"timeout\",\"id\":7}"}`:                 "order: the input of the reject is no JSON object",
		`{"reason":"undelivered","input":"{\"outcome\":\"` + strings.Repeat("x", 100) + `\"}"}`: `order: the input of the reject has the outcome "xxxxxxxxxxxxxxxxxxxx": want`,
	} {
		r, err := ReadReject([]byte(line))
		if err == nil {
			_, err = r.Message()
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

func FuzzReadReject(f *testing.F) {
	f.Add([]byte(`{"reason":"undelivered","error":"e","source":"s","input":"{\"outcome\":\"timeout\",\"id\":\"1\"}"}`))
	f.Add([]byte(`{"reason":"late","input":"\ud800"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := ReadReject(line)
		if err != nil {
			return
		}
		again, err := ReadReject(r.AppendJSON(nil))
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		if m, err := r.Message(); err == nil && (m.ID == "" || !bytes.Equal(m.Body, []byte(r.Input))) {
			t.Errorf("%q is the message %+v", line, m)
		}
	})
}
