package order

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestOutcomeJSON(t *testing.T) {
	create := []byte(`{"note":"<b> & \u00e9 é","n":1.0}`)
	pay := []byte(`{ "x" : [1,2] }`)
	created := []StepEvents{{"create", false, [][]byte{create}}}
	for _, test := range []struct {
		reason string
		o      Outcome
		want   string
	}{
		{
			"a success has endedAt, and the events byte for byte",
			Outcome{
				Kind: Success, ID: "ab", UserID: "u1", OrderID: "o1", StartedAt: 0, EndedAt: 1_772_442_000_250, Deadline: 600_000, At: 1,
				Events: []StepEvents{created[0], {`pay "now"`, false, [][]byte{pay}}},
			},
			`{"outcome":"success","id":"ab","userId":"u1","orderId":"o1","startedAt":"1970-01-01T00:00:00.000Z","endedAt":"2026-03-02T09:00:00.250Z","deadline":"1970-01-01T00:10:00.000Z","events":{"create":{"note":"<b> & \u00e9 é","n":1.0},"pay \"now\"":{ "x" : [1,2] }}}`,
		},
		{
			"a timeout has waitingFor in its place, and absent ids are left out",
			Outcome{Kind: Timeout, ID: "ab", OrderID: "o1", StartedAt: 1, Deadline: MaxTime - 1, At: MaxTime - 1, WaitingFor: []string{"pay"}, Events: created},
			`{"outcome":"timeout","id":"ab","orderId":"o1","startedAt":"1970-01-01T00:00:00.001Z","deadline":"9999-12-31T23:59:59.999Z","waitingFor":["pay"],"events":{"create":{"note":"<b> & \u00e9 é","n":1.0}}}`,
		},
		{
			"ids with any characters, and no HTML escapes",
			Outcome{Kind: Timeout, UserID: "<\"\\\n\x00😀>", StartedAt: 951_782_400_000, Deadline: 4_107_542_400_000, WaitingFor: []string{"a<b", "\"c\""}},
			`{"outcome":"timeout","id":"","userId":"<\"\\\n\u0000😀>","startedAt":"2000-02-29T00:00:00.000Z","deadline":"2100-03-01T00:00:00.000Z","waitingFor":["a<b","\"c\""],"events":{}}`,
		},
		{
			"what waited for nothing has no deadline",
			Outcome{Kind: Success, Deadline: NoDeadline},
			`{"outcome":"success","id":"","startedAt":"1970-01-01T00:00:00.000Z","endedAt":"1970-01-01T00:00:00.000Z","events":{}}`,
		},
		{
			"a rule has its name before the id, and waitingFor is never null",
			Outcome{Kind: Timeout, Rule: "un-paid_1", ID: "ab"},
			`{"outcome":"timeout","rule":"un-paid_1","id":"ab","startedAt":"1970-01-01T00:00:00.000Z","deadline":"1970-01-01T00:00:00.000Z","waitingFor":[],"events":{}}`,
		},
		{
			"a step that can take several events has a list, whether of one or more",
			Outcome{Kind: Success, Events: []StepEvents{{"a", true, [][]byte{pay}}, {"b", true, [][]byte{pay, []byte("{}"), pay}}, {"c", false, [][]byte{pay}}}},
			`{"outcome":"success","id":"","startedAt":"1970-01-01T00:00:00.000Z","endedAt":"1970-01-01T00:00:00.000Z","deadline":"1970-01-01T00:00:00.000Z","events":{"a":[{ "x" : [1,2] }],"b":[{ "x" : [1,2] },{},{ "x" : [1,2] }],"c":{ "x" : [1,2] }}}`,
		},
	} {
		got := string(test.o.AppendJSON([]byte("before ")))
		if got != "before "+test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.reason, got, test.want)
		}
		if !json.Valid([]byte(strings.TrimPrefix(got, "before "))) {
			t.Errorf("%s: not JSON: %s", test.reason, got)
		}
	}
}

func TestRejectJSON(t *testing.T) {
	long := strings.Repeat("x", maxRejectInput-1)
	for _, test := range []struct{ reason, input, want string }{
		{"plain", `{"a":"b"}`, `"{\"a\":\"b\"}"`},
		{"invalid UTF-8 and NUL", "\xff<\x00", `"�<\u0000"`},
		{"as long as is kept", long + "y", `"` + long + `y"`},
		{"longer than is kept", long + "yz", `"` + long + `y"`},
		{"cut inside a character", long + "é", `"` + long + `�"`},
	} {
		r := NewReject(Late, "why", "in.jsonl", 17, []byte(test.input))
		if got, want := string(r.AppendJSON(nil)), `{"reason":"late","error":"why","source":"in.jsonl:17","input":`+test.want+`}`; got != want {
			t.Errorf("%s: got %.200s, want %.200s", test.reason, got, want)
		}
	}
	if r := NewReject(Malformed, "why", "", 0, nil); r.Source != "" {
		t.Errorf("source %q of an input without one", r.Source)
	}
}

func FuzzKey(f *testing.F) {
	f.Add("u1", "o1")
	f.Add(strings.Repeat("u", 300), "\xff\x00")
	f.Fuzz(func(t *testing.T, user, id string) {
		gotUser, gotID, err := SplitKey(Key(user, id))
		if err != nil || gotUser != user || gotID != id {
			t.Errorf("SplitKey(Key(%q, %q)) = %q, %q, %v", user, id, gotUser, gotID, err)
		}
		_, _, _ = SplitKey(user) // any bytes: no panic
	})
}

func TestBrokenKeys(t *testing.T) {
	for _, key := range []string{"", "\x02a", "\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if _, _, err := SplitKey(key); err == nil {
			t.Errorf("SplitKey(%q): no error", key)
		}
	}
}

// FormatTime is the standard library's formatting, for every day there is.
func TestFormatTime(t *testing.T) {
	for ms := MinTime; ms < MaxTime; ms += msPerDay - 9973 { // all hours on the way
		if got, want := FormatTime(ms), time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("FormatTime(%d) = %s, want %s", ms, got, want)
		}
	}
	if got, want := FormatTime(MaxTime-1), "9999-12-31T23:59:59.999Z"; got != want {
		t.Errorf("the last time is %s, want %s", got, want)
	}
}

func BenchmarkOutcomeJSON(b *testing.B) {
	raw := []byte(`{"orderId":"o1","userId":"u75153","type":"create","time":"2026-01-01T00:00:00.000Z","amount":224.64}`)
	o := Outcome{Kind: Success, ID: OutcomeID("p", "k", 1, ""), UserID: "u75153", OrderID: "o1", StartedAt: 1_772_442_000_250, EndedAt: 1_772_442_000_250,
		Deadline: 1_772_442_600_250, Events: []StepEvents{{"create", false, [][]byte{raw}}, {"pay", false, [][]byte{raw}}}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = o.AppendJSON(buf[:0])
	}
}
