package order

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tidwall/gjson"
)

func TestPlainEventsAreReadInOnePass(t *testing.T) {
	for _, test := range []struct {
		text string
		want bool
	}{
		{`{"orderId":"o1","userId":"u1","type":"create","time":"2026-01-01T00:00:00.000Z","amount":224.64}`, true},
		{`{ "orderId" : 42 , "type" : "pay" , "time" : -1 , "paid" : true , "note" : null }`, true},
		{`{"amount":0,"rate":0.5,"sum":-10.25}`, true},
		{`{}`, false},
		{`{"a":{}}`, false},
		{`{"a":[1]}`, false},
		{`{"a":"\n"}`, false},
		{`{"a":"é"}`, false},
		{"{\"a\":\"\t\"}", false},
		{`{"a":1e3}`, false},
		{`{"a":01}`, false},
		{`{"a":1.}`, false},
		{`{"a":-}`, false},
		{`{"a":1,}`, false},
		{`{"a":}`, false},
		{`{"a"}`, false},
		{`{"a}`, false},
		{`{"a":"}`, false},
		{`{"a":tru}`, false},
		{`{"a":1}}`, false},
		{`{,"a":1}`, false},
		{`[]`, false},
		{`{`, false},
		{`}`, false},
	} {
		if got := flatObject(test.text, nil, new([numFields]gjson.Result)); got != test.want {
			t.Errorf("%s: got %v, want %v", test.text, got, test.want)
		}
	}
}

// FuzzFlatObject compares with the parser that knows all of JSON.
func FuzzFlatObject(f *testing.F) {
	for _, seed := range []string{
		`{"orderId":"o1","userId":42,"type":"create","time":"2026-03-01T12:00:00Z","id":null}`,
		`{"type":"a","type":"b","x":[],"time":-0.5}`, `{ "id" : true , "type":false}`, `{"id":1e5}`, `{"id":00}`, `{"id":"`, `{"id":"\\"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want [numFields]gjson.Result
		if !flatObject(text, nil, &got) {
			return
		}
		if !gjson.Valid(text) {
			t.Fatalf("%q is not JSON", text)
		}
		gjson.Parse(text).ForEach(func(key, value gjson.Result) bool {
			if field := fieldOf(key.Str); field >= 0 {
				want[field] = value
			}
			return true
		})
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(gjson.Result{}, "Num", "Index", "Indexes")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}

// FuzzParseUTC compares with package time, and goes through all days once.
func FuzzParseUTC(f *testing.F) {
	for day := time.Unix(0, 0).UTC(); day.Year() < 2401; day = day.AddDate(0, 0, 1) {
		text := day.Format(time.RFC3339)
		if ms, ok := parseUTC(text); ok != (day.Day() <= 28) || ok && ms != day.UnixMilli() {
			f.Fatalf("%s: got %d, %v, want %d", text, ms, ok, day.UnixMilli())
		}
	}
	for _, seed := range []string{"2026-01-01T23:59:59.999Z", "2026-02-28T00:00:00.1234567Z", "2026-01-01T00:00:00.Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+00:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ms, ok := parseUTC(text)
		if !ok {
			return
		}
		if want, err := time.Parse(time.RFC3339, text); err != nil || want.UnixMilli() != ms {
			t.Errorf("%q: got %d, want %d, %v", text, ms, want.UnixMilli(), err)
		}
	})
}
