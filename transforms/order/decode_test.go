package order

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// noon is a time that many tests use, 2026-03-01T12:00:00Z.
const noon = 1772366400000

func TestJSONReadsEvents(t *testing.T) {
	tests := []struct {
		reason string
		line   string
		want   Event
	}{
		{"all fields, and one of the user's",
			`{"orderId":"o1","userId":"u1","type":"create","time":"2026-03-01T12:00:00Z","id":"e1","sum":9.5}`,
			Event{OrderID: "o1", UserID: "u1", Type: "create", Time: noon, ID: "e1"}},
		{"an integer is the same id as its digits",
			`{"orderId":42,"userId":-7,"type":"pay","time":1772366400000,"id":3}`,
			Event{OrderID: "42", UserID: "-7", Type: "pay", Time: noon, ID: "3"}},
		{"an integer id may be larger than any machine word",
			`{"orderId":123456789012345678901234567890,"type":"pay","time":0}`,
			Event{OrderID: "123456789012345678901234567890", Type: "pay"}},
		{"null and the empty string are absent ids",
			`{"orderId":null,"userId":"u","id":"","type":"pay","time":0}`,
			Event{UserID: "u", Type: "pay"}},
		{"of duplicate members the last counts, even where the first is wrong",
			`{"orderId":[1],"orderId":"o","type":"a","type":"b","time":"x","time":1}`,
			Event{OrderID: "o", Type: "b", Time: 1}},
		{"a later null takes the id away again",
			`{"orderId":"o","userId":"u","orderId":null,"type":"a","time":1}`,
			Event{UserID: "u", Type: "a", Time: 1}},
		{"a member name may be written with escapes",
			`{"orderId":"o","\u006frderId":"p","type":"a","ty\u0070e":"b","time":1}`,
			Event{OrderID: "p", Type: "b", Time: 1}},
		{"names are case-sensitive",
			`{"orderId":"o","ORDERID":"p","type":"a","Type":"b","time":1}`,
			Event{OrderID: "o", Type: "a", Time: 1}},
		{"members of members are not fields",
			`{"x":{"orderId":"p","time":7},"orderId":"o","type":"a","time":1,"y":[{"type":"z"}]}`,
			Event{OrderID: "o", Type: "a", Time: 1}},
		{"escapes in strings are decoded",
			`{"orderId":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","type":"a","time":1}`,
			Event{OrderID: "\"\\/\b\f\n\r\té😀", Type: "a", Time: 1}},
		{"a written replacement character is a character",
			`{"orderId":"` + "\uFFFD" + `\ufffd","type":"a","time":1}`,
			Event{OrderID: "\uFFFD\uFFFD", Type: "a", Time: 1}},
		{"an escaped backslash before a u is no escape",
			`{"orderId":"\\ud800","type":"a","time":1}`,
			Event{OrderID: `\ud800`, Type: "a", Time: 1}},
		{"half a surrogate pair in what is the user's is the user's affair",
			`{"orderId":"o","type":"a","time":1,"note":"\ud800"}`,
			Event{OrderID: "o", Type: "a", Time: 1}},
		{"NUL may be part of an id if it is escaped",
			`{"orderId":"a\u0000b","type":"a","time":1}`,
			Event{OrderID: "a\x00b", Type: "a", Time: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			d := &Decoder{}
			got, err := d.JSON([]byte(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Raw = []byte(tt.line)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestJSONRefusesWhatIsNoEvent(t *testing.T) {
	const rest = `,"type":"a","time":1}`
	tests := []struct{ reason, line, want string }{
		{"blank", ` `, "not JSON: the line is empty"},
		{"text", `hello`, "not JSON: invalid character 'h' looking for beginning of value at byte 1"},
		{"cut off", `{"orderId":"o"`, "not JSON: unexpected end of JSON input at byte 14"},
		{"two values", `{"orderId":"o"` + rest + ` {}`, "not JSON: invalid character '{' after top-level value at byte 37"},
		{"trailing comma", `{"orderId":"o",}`, "not JSON: invalid character '}' looking for beginning of object key string at byte 16"},
		{"single quotes", `{'orderId':1}`, `not JSON: invalid character '\'' looking for beginning of object key string at byte 2`},
		{"NaN", `{"orderId":NaN}`, "not JSON: invalid character 'N' looking for beginning of value at byte 12"},
		{"leading zero", `{"orderId":042` + rest, "not JSON: invalid character '4' after object key:value pair at byte 13"},
		{"plus sign", `{"orderId":+42` + rest, "not JSON: invalid character '+' looking for beginning of value at byte 12"},
		{"raw control character in a string", "{\"orderId\":\"a\tb\"" + rest, `not JSON: invalid character '\t' in string literal at byte 14`},
		{"raw NUL in a string", "{\"orderId\":\"a\x00b\"" + rest, `not JSON: invalid character '\x00' in string literal at byte 14`},
		{"NUL between tokens", "{\x00\"orderId\":\"o\"" + rest, `not JSON: invalid character '\x00' looking for beginning of object key string at byte 2`},
		{"a byte order mark", "\uFEFF{\"orderId\":\"o\"" + rest, "not JSON: invalid character 'ï' looking for beginning of value at byte 1"},
		{"vertical tab is no white space", "\v{\"orderId\":\"o\"" + rest, `not JSON: invalid character '\v' looking for beginning of value at byte 1`},
		{"bad escape", `{"orderId":"\x41"` + rest, "not JSON: invalid character 'x' in string escape code at byte 14"},
		{"invalid UTF-8", "{\"orderId\":\"\xff\"" + rest, "not JSON: invalid UTF-8"},
		{"invalid UTF-8 in what is the user's", "{\"x\":\"\xc3\",\"orderId\":\"o\"" + rest, "not JSON: invalid UTF-8"},
		{"array", `[{"orderId":"o"}]`, `got [{"orderId":"o"}], want a JSON object`},
		{"number", ` 42 `, "got 42, want a JSON object"},
		{"null", `null`, "got null, want a JSON object"},
		{"no id", `{"type":"a","time":1}`, "orderId, userId: both missing, want at least one"},
		{"only absent ids", `{"userId":null,"orderId":"","id":"x"` + rest, "orderId, userId: both missing, want at least one"},
		{"fraction as id", `{"orderId":4.0` + rest, "orderId: got 4.0, want a string or an integer"},
		{"exponent as id", `{"userId":1e3` + rest, "userId: got 1e3, want a string or an integer"},
		{"negative fraction as id", `{"userId":-0.5` + rest, "userId: got -0.5, want a string or an integer"},
		{"boolean as id", `{"orderId":"o","id":true` + rest, "id: got true, want a string or an integer"},
		{"false as id", `{"orderId":false` + rest, "orderId: got false, want a string or an integer"},
		{"array as id", `{"orderId":[]` + rest, "orderId: got [], want a string or an integer"},
		{"object as id", `{"orderId":{}` + rest, "orderId: got {}, want a string or an integer"},
		{"half a surrogate pair", `{"orderId":"\uD800"` + rest, `orderId: got "\uD800", want whole characters, not half a surrogate pair`},
		{"two high halves", `{"orderId":"\ud83d\ud83d\ude00"` + rest, `orderId: got "\ud83d\ud83d\ude00", want whole characters, not half a surrogate pair`},
		{"a low half", `{"orderId":"x\ude00"` + rest, `orderId: got "x\ude00", want whole characters, not half a surrogate pair`},
		{"no type", `{"orderId":"o","time":1}`, "type: missing, want a non-empty string"},
		{"empty type", `{"orderId":"o","type":"","time":1}`, `type: got "", want a non-empty string`},
		{"null type", `{"orderId":"o","type":null,"time":1}`, `type: got null, want a non-empty string`},
		{"number as type", `{"orderId":"o","type":1,"time":1}`, `type: got 1, want a non-empty string`},
		{"no time", `{"orderId":"o","type":"a"}`, "time: missing, want RFC 3339 with an offset, or integer milliseconds"},
		{"null time", `{"orderId":"o","type":"a","time":null}`, "time: missing, want RFC 3339 with an offset, or integer milliseconds"},
		{"boolean time", `{"orderId":"o","type":"a","time":true}`, "time: got true, want RFC 3339 with an offset, or integer milliseconds"},
		{"digits in quotes are no integer time", `{"orderId":"o","type":"a","time":"1"}`, `time: got "1", want RFC 3339 with an offset, or integer milliseconds`},
		{"a long value is cut", `{"orderId":["` + strings.Repeat("é", 100) + `"]` + rest, `orderId: got ["` + strings.Repeat("é", 19) + "…, want a string or an integer"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			d := &Decoder{}
			e, err := d.JSON([]byte(tt.line))
			if err == nil {
				t.Fatalf("got %+v, want error %q", e, tt.want)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(Event{}, e); diff != "" {
				t.Errorf("event beside the error (-want +got)\n%s", diff)
			}
		})
	}
}

func TestJSONByOrderWantsAnOrderID(t *testing.T) {
	d := &Decoder{ByOrder: true}
	if _, err := d.JSON([]byte(`{"orderId":"o","type":"a","time":1}`)); err != nil {
		t.Error(err)
	}
	_, err := d.JSON([]byte(`{"userId":"u","type":"a","time":1}`))
	if want := "orderId: missing, want one with -key order"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestJSONLimitsTheLengthOfALine(t *testing.T) {
	line := func(size int) []byte {
		b := []byte(`{"orderId":"o","type":"a","time":1,"x":"`)
		return append(append(b, bytes.Repeat([]byte{'x'}, size-len(b)-2)...), `"}`...)
	}
	d := &Decoder{}
	if _, err := d.JSON(line(MaxLine)); err != nil {
		t.Errorf("%d bytes: %v", MaxLine, err)
	}
	_, err := d.JSON(line(MaxLine + 1))
	if want := "oversized: got a line of more than 1048576 bytes, want at most that"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A parser that calls itself for every bracket would need a stack of hundreds
// of megabytes here.
func TestJSONBoundsTheDepth(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(`{"orderId":"o","type":"a","time":1,"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}")
	}
	d := &Decoder{}
	if _, err := d.JSON(nested(9999)); err != nil {
		t.Errorf("depth 10000: %v", err)
	}
	for _, line := range [][]byte{nested(10000), nested(MaxLine/2 - 100), bytes.Repeat([]byte{'['}, MaxLine), bytes.Repeat([]byte(`{"":`), MaxLine/4)} {
		if _, err := d.JSON(line); err == nil || !strings.Contains(err.Error(), "max depth") {
			t.Errorf("%.20s: got %v, want one about the depth", line, err)
		}
	}
}

func TestJSONRawIsTheObjectOnOneLine(t *testing.T) {
	tests := []struct{ reason, line, want string }{
		{"white space inside stays", "{ \"orderId\" :\t\"o\",\"type\":\"a\",\"time\":1 }", "{ \"orderId\" :\t\"o\",\"type\":\"a\",\"time\":1 }"},
		{"white space around goes", " \t{\"orderId\":\"o\",\"type\":\"a\",\"time\":1}\r\n ", `{"orderId":"o","type":"a","time":1}`},
		{"line breaks between tokens become spaces", "{\n\"orderId\":\"o\",\r\n\"type\":\"a\\n\",\r\"time\":1}", `{ "orderId":"o",  "type":"a\n", "time":1}`},
	}
	for _, tt := range tests {
		line := []byte(tt.line)
		e, err := new(Decoder).JSON(line)
		if err != nil {
			t.Fatalf("%s: %v", tt.reason, err)
		}
		if diff := cmp.Diff(tt.want, string(e.Raw)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
		}
		if string(line) != tt.line {
			t.Errorf("%s: the caller's line was written to", tt.reason)
		}
	}
}

func TestDecoderCountsIntegerTimesOfEvents(t *testing.T) {
	tests := []struct {
		reason        string
		unit          time.Duration
		line          string
		integers, jan int64
	}{
		{"text", 0, `{"orderId":"o","type":"a","time":"1970-01-02T00:00:00Z"}`, 0, 0},
		{"the last millisecond of January 1970", 0, `{"orderId":"o","type":"a","time":2678399999}`, 1, 1},
		{"the first of February", 0, `{"orderId":"o","type":"a","time":2678400000}`, 1, 0},
		{"seconds", time.Second, `{"orderId":"o","type":"a","time":2678400}`, 1, 0},
		{"malformed for another reason", 0, `{"type":"a","time":1}`, 0, 0},
	}
	for _, tt := range tests {
		d := &Decoder{Unit: tt.unit}
		_, _ = d.JSON([]byte(tt.line))
		if d.IntegerTimes != tt.integers || d.January != tt.jan {
			t.Errorf("%s: got %d, %d, want %d, %d", tt.reason, d.IntegerTimes, d.January, tt.integers, tt.jan)
		}
	}
}

// FuzzJSON compares with encoding/json: both call the same lines JSON objects,
// and find the same fields in them.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"orderId":"o1","userId":"u1","type":"create","time":"2026-03-01T12:00:00Z"}`,
		`{"orderId":42,"userId":null,"type":"pay","time":1772366400000,"id":"x","a":[1,{"b":-0.5e-3}]}`,
		`{"\u006frderId":"\ud83d\ude00","type":"a","time":0,"type":"b"}`,
		`{"orderId":"\ud800","type":"a","time":0}`, `[]`, `{`, " {} \r", "{\"a\":\"\x00\"}", "{\"orderId\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		e, err := new(Decoder).JSON(line)
		if !bytes.Equal(before, line) {
			t.Fatal("the line was written to")
		}
		var members map[string]json.RawMessage
		isObject := json.Unmarshal(line, &members) == nil && members != nil && utf8.Valid(line)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("error of several lines: %q", err)
			}
			if isObject && (strings.HasPrefix(err.Error(), "not JSON") || strings.Contains(err.Error(), "want a JSON object")) {
				t.Errorf("encoding/json takes it: %v", err)
			}
			return
		}
		if !isObject {
			t.Fatal("encoding/json does not take it")
		}
		if e.Type == "" || e.OrderID == "" && e.UserID == "" || e.Time < MinTime || e.Time >= MaxTime {
			t.Errorf("got invalid event %+v", e)
		}
		for name, got := range map[string]string{"orderId": e.OrderID, "userId": e.UserID, "id": e.ID, "type": e.Type} {
			var want string
			if raw := members[name]; json.Unmarshal(raw, &want) != nil {
				want = string(raw) // an integer, or absent
			}
			if got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if bytes.ContainsAny(e.Raw, "\n\r") {
			t.Error("Raw has a line break")
		}
		again, err := new(Decoder).JSON(e.Raw)
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			t.Errorf("Raw is another event: %v\n%s", err, diff)
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	line := []byte(`{"orderId":"o-1000042","userId":"u-77120","type":"create","time":"2026-03-01T12:00:00.123Z","amount":129.95,"sku":"AB-123"}`)
	d := &Decoder{MaxAhead: 24 * time.Hour}
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.JSON(line); err != nil {
			b.Fatal(err)
		}
	}
}
