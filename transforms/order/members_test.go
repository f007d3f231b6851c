package order

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMembersOfAnEvent(t *testing.T) {
	for _, test := range []struct {
		data string
		want any // of member a
	}{
		{`{"a":1}`, 1},
		{`{"a":-0}`, 0},
		{`{"a":1.0}`, 1.0},
		{`{"a":1e3}`, 1000.0},
		{`{"a":999999999999999999}`, 999999999999999999},
		{`{"a":9223372036854775807}`, math.MaxInt},
		{`{"a":-9223372036854775808}`, math.MinInt},
		{`{"a":9223372036854775808}`, 9223372036854775808.0},
		{`{"a":1e999}`, math.Inf(1)},
		{`{"a":-1e999}`, math.Inf(-1)},
		{`{"a":"x"}`, "x"},
		{`{"a":""}`, ""},
		{`{"a":"é\n\ud83d\ude00"}`, "é\n😀"},
		{`{"a":"\ud800x"}`, "\uFFFDx"},
		{"{\"a\":\"\xff\xfe\"}", "\uFFFD\uFFFD"},
		{`{"a":true,"b":false}`, true},
		{`{"a":null}`, nil},
		{`{"b":1}`, nil},
		{`{}`, nil},
		{`{"a":1,"a":2}`, 2},
		{`{"a":1,"a":null}`, nil},
		{`{"\u0061":3}`, 3},
		{`{"b":{"a":1},"c":["a",{"a":2}]}`, nil},
		{`{"b":"}\"","a":1}`, 1},
		{` { "a" : [ 1 , "x" , { } ] } `, []any{1, "x", map[string]any{}}},
		{`{"a":{"a":{"b":1},"b":[]}}`, map[string]any{"a": map[string]any{"b": 1}, "b": []any{}}},
		{``, nil},
		{`[1]`, nil},
		{`{"a`, nil},
		{`{"`, nil},
		{`{"a":`, nil},
		{`{"a":"`, nil},
		{`{"a":"\`, nil},
		{`{"a":tru}`, nil},
		{`{"b":[}`, nil},
	} {
		values := []any{"stale"}
		Members([]byte(test.data), []string{"a"}, values)
		if diff := cmp.Diff(test.want, values[0]); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.data, diff)
		}
	}
}

// TestMembersAreThoseOfJSON compares with encoding/json on random objects.
func TestMembersAreThoseOfJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		writeObject(&b, random, 3)
		compareWithJSON(t, []byte(b.String()))
		if t.Failed() {
			return
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":[1,{"a":"x"}],"a":2.5e3}`, "{\"a\":\"\xff\"}", `{"a":"\u00e9\ud800"}`, `{"a":[[[[`, `{"userId":12}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if object := trimSpace(data); json.Valid(data) && object[0] == '{' {
			compareWithJSON(t, data)
		} else {
			Members(data, []string{"a", "b"}, make([]any, 2))
			Whole(data)
		}
		IDs(Key("", "o"), data)
		Cell(string(data))
	})
}

func compareWithJSON(t *testing.T, data []byte) {
	t.Helper()
	want := asRead(decoded(t, data)).(map[string]any)
	if diff := cmp.Diff(want, Whole(data)); diff != "" {
		t.Errorf("%s: Whole: -want +got\n%s", data, diff)
	}
	names := []string{"a", "b", "x-y", "é", "not there"}
	got := make([]any, len(names))
	Members(data, names, got)
	for i, name := range names {
		if diff := cmp.Diff(want[name], got[i]); diff != "" {
			t.Errorf("%s: %s: -want +got\n%s", data, name, diff)
		}
	}
}

// decoded returns a value, the members of its objects decoded one by one: encoding/json
// merges objects that are members with the same name.
func decoded(t *testing.T, raw json.RawMessage) any {
	t.Helper()
	switch trimSpace(raw)[0] {
	case '{':
		object := map[string]any{}
		d := json.NewDecoder(strings.NewReader(string(raw)))
		for _, err := d.Token(); d.More(); {
			if err != nil {
				t.Fatal(err)
			}
			name, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				t.Fatal(err)
			}
			object[name.(string)] = decoded(t, value)
		}
		return object
	case '[':
		var raws []json.RawMessage
		if err := json.Unmarshal(raw, &raws); err != nil {
			t.Fatal(err)
		}
		list := make([]any, len(raws))
		for i, r := range raws {
			list[i] = decoded(t, r)
		}
		return list
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// asRead turns the numbers of encoding/json to those of Members.
func asRead(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = asRead(v[name])
		}
	case []any:
		for i := range v {
			v[i] = asRead(v[i])
		}
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, _ := strconv.ParseFloat(v.String(), 64)
		return f
	}
	return v
}

func writeObject(b *strings.Builder, random *rand.Rand, depth int) {
	b.WriteByte('{')
	for i := range random.IntN(6) {
		if i > 0 {
			b.WriteString([]string{",", " , "}[random.IntN(2)])
		}
		b.WriteString([]string{`"a"`, `"b"`, `"x-y"`, `"\u00e9"`, `"é"`, `"\""`, `"long name of a member"`}[random.IntN(7)])
		b.WriteString([]string{":", " :\t"}[random.IntN(2)])
		writeValue(b, random, depth)
	}
	b.WriteByte('}')
}

func writeValue(b *strings.Builder, random *rand.Rand, depth int) {
	switch n := random.IntN(12); {
	case n < 2 && depth > 0:
		writeObject(b, random, depth-1)
	case n < 4 && depth > 0:
		b.WriteByte('[')
		for i := range random.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, random, depth-1)
		}
		b.WriteByte(']')
	case n < 6:
		fmt.Fprintf(b, "%d", int64(random.Uint64())>>random.IntN(64))
	case n < 8:
		b.WriteString([]string{"1.5", "-0.25", "1e3", "1E-2", "-0", "0", "123456789012345678901234567890", "1e400", "-9223372036854775809"}[random.IntN(9)])
	case n < 11:
		b.WriteString([]string{`""`, `"x"`, `"\\"`, `"a\"b"`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, `"é{["`, "\"\xff\"", `"}],:"`}[random.IntN(9)])
	default:
		b.WriteString([]string{"true", "false", "null"}[random.IntN(3)])
	}
}

func TestDeepMembersTakeTimeInProportion(t *testing.T) {
	for _, data := range []string{
		`{"a":` + strings.Repeat("[", maxNesting/2) + strings.Repeat("]", maxNesting/2) + `}`,
		`{"a":` + strings.Repeat("[", 1<<20),
		`{"a":` + strings.Repeat(`{"a":`, 1<<18),
		`{"b":` + strings.Repeat("[", 1<<20),
		`{"a":"` + strings.Repeat(`\`, 1<<20),
		`{"a":` + strings.Repeat("9", 1<<20) + `}`,
	} {
		start := time.Now()
		Members([]byte(data), []string{"a"}, make([]any, 1))
		Whole([]byte(data))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%.20s…: took %v", data, took)
		}
	}
}

func TestIDsComeFromTheKeyElseFromTheBytes(t *testing.T) {
	for _, test := range []struct{ key, data, user, id string }{
		{Key("u", "o"), `{"userId":"v"}`, "u", "o"},
		{Key("", "o"), `{"userId":"v","orderId":"o"}`, "v", "o"},
		{Key("", "o"), `{"userId":42}`, "42", "o"},
		{Key("", "o"), `{"userId":123456789012345678901234567890}`, "123456789012345678901234567890", "o"},
		{Key("", "o"), `{"userId":"v","userId":null}`, "", "o"},
		{Key("", "o"), `{"userId":"\u0076"}`, "v", "o"},
		{Key("", "o"), `{"x":{"userId":"v"}}`, "", "o"},
		{Key("u", ""), `{}`, "u", ""},
		{"", `{"userId":"v"}`, "", ""},
	} {
		if user, id := IDs(test.key, []byte(test.data)); user != test.user || id != test.id {
			t.Errorf("IDs(%q, %s) = %q, %q, want %q, %q", test.key, test.data, user, id, test.user, test.id)
		}
	}
}

func TestCellsStandForValues(t *testing.T) {
	for text, want := range map[string]any{
		"": nil, "true": true, "false": false, "null": "null", "True": "True", "12": 12, "-1.5": -1.5, "1e3": 1000.0, "-0": 0,
		"012": "012", "1.": "1.", ".5": ".5", "+1": "+1", "-": "-", "1 ": "1 ", " 1": " 1", "1,5": "1,5", "0x10": "0x10", "NaN": "NaN", "-Inf": "-Inf", "1_0": "1_0",
		"12:30": "12:30", "2026-01-02": "2026-01-02", "{}": "{}", "[1]": "[1]", `"x"`: `"x"`, "9223372036854775808": 9223372036854775808.0,
	} {
		if got := Cell(text); got != want {
			t.Errorf("Cell(%q) = %v (%[2]T), want %v (%[3]T)", text, got, want)
		}
	}
}

func BenchmarkMembers(b *testing.B) {
	data := []byte(`{"orderId":"o-1234567","userId":"u-7654321","type":"create","time":"2026-03-01T12:00:00.000Z","id":"e-123456789","total":224.64,"currency":"EUR","items":3,"channel":"web","note":"please leave it at the door"}`)
	names, values := []string{"total", "currency"}, make([]any, 2)
	b.Run("two", func(b *testing.B) {
		for b.Loop() {
			Members(data, names, values)
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			Whole(data)
		}
	})
}
