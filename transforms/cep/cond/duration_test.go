package cond

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// first are the names of an expression over the first event of create followedBy pay.
var first = Names{Refused: map[string]string{"create": "create is a step", "pay": "pay is a step"}}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // the duration, or part of the error
	}{
		{`"48h"`, "48h0m0s"},
		{`"2d"`, "48h0m0s"},
		{`duration("90s")`, "1m30s"},
		{`currency == "EUR" ? "48h" : "10m"`, "48h0m0s"},
		{`currency == "USD" ? "48h" : duration("10m")`, "10m0s"},
		{`if total > 100 {"1h"} else {"2h"}`, "1h0m0s"},
		{`let hours = string(count); hours + "h"`, "4h0m0s"},
		{`total > 1; "3h"`, "3h0m0s"},
		{`window ?? "5m"`, "5m0s"},
		{`{"EUR": "1h", "USD": "2h"}[currency]`, "1h0m0s"},
		{`duration("1h") - duration("59m")`, "1m0s"},
		{`event?.window ?? (paid ? "7m" : "8m")`, "7m0s"},
		{`duration("1us")`, "1ms"},
		{`duration("1ms1ns")`, "2ms"},
		{`"36500d"`, "876000h0m0s"},

		{`window`, "got nothing: want a duration, or the text of one"},
		{`total`, "got a number: want a duration"},
		{`currency`, `got the duration "EUR"`},
		{`at.city + "h"`, `got the duration "Ulmh"`},
		{`string(count - 4) + "h"`, "got the duration 0s: want more than zero"},
		{`string(count - 5) + "h"`, "got the duration -1h0m0s: want more than zero"},
		{`string(count + 36500) + "d"`, "want at most 100 years"},
		{`total > 100 ? window : "1h"`, "got nothing"},
		{`window.x == 1 ? "1h" : "2h"`, "absent: window"},
	} {
		c, err := CompileDuration(test.text, first)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		m := NewEvaluator(fields, []*Cond{c})
		m.Start(current)
		d, err := m.Duration(c)
		if err != nil && (!strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "cond: condition ")) || err == nil && d.String() != test.want {
			t.Errorf("%s: got %v, %v, want %s", test.text, d, err, test.want)
		}
	}
}

func TestCompileDurationRefuses(t *testing.T) {
	for _, test := range []struct {
		text   string
		offset int
		want   string // part of the text
	}{
		{"", 0, "got nothing"},
		{"channel ==", 10, "got the end"},
		{"10 m", 3, "unexpected token"},
		{"48", 0, "got a number: want a duration, or the text of one"},
		{"  true", 2, "got true or false"},
		{"nil", 0, "got nothing"},
		{"time", 0, "got a time"},
		{"event", 0, "got an object"},
		{`["1h"]`, 0, "got a list"},
		{`total > 5`, 6, "got true or false"},
		{`len(items)`, 0, "got a number"},
		{`"soon"`, 0, `got the duration "soon": want one such as 10m or 2d`},
		{`"0s"`, 0, "got the duration 0s: want more than zero"},
		{`duration("-1h")`, 0, "got the duration -1h0m0s: want more than zero"},
		{`duration("soon")`, 9, `got the duration "soon"`},
		{`"40000d"`, 0, "want at most 100 years"},
		{`channel == "b2b" ? "48hh" : "10m"`, 19, `got the duration "48hh"`},
		{`channel == "b2b" ? "48h" : 10`, 27, "got a number"},
		{`channel == "b2b" ? "48h" : nil`, 27, "got nothing"},
		{`channel ?? 10`, 11, "got a number"},
		{`let h = 5; h`, 11, "got a number"},
		{`"1h"; 5`, 6, "got a number"},
		{`duration("1h") - duration("2h")`, 0, "got the duration -1h0m0s"},
		{`string(2 - 2) + "h"`, 0, "got the duration 0s"},
		{`[1][3]`, 0, "out of range"},
		{`create.total > 5 ? "1h" : "2h"`, 0, "create is a step"},
		{`now()`, 0, "got now()"},
	} {
		c, err := CompileDuration(test.text, first)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, %v: want an error", test.text, c, err)
			continue
		}
		if e.Offset != test.offset || !strings.Contains(e.Text, test.want) || strings.Contains(e.Text, "\n") {
			t.Errorf("%s: got error at %d: %s\nwant at %d: …%s…", test.text, e.Offset, e.Text, test.offset, test.want)
		}
	}
}

// FuzzCompileDuration looks for expressions that panic, and for durations out of bounds.
func FuzzCompileDuration(f *testing.F) {
	for _, seed := range []string{`a == "b2b" ? "48h" : "10m"`, `duration("1h") * 2`, `b ?? "5m"`, `let a = 1; string(a) + "h"`, `{"x": "1h"}[b]`, `time - date("2026-01-01")`, `1; "2d"`, `"x" | duration()`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		c, err := CompileDuration(text, first)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) || e.Offset < 0 || e.Text == "" || strings.Contains(e.Text, "\n") {
				t.Errorf("%q: error %#v", text, err)
			}
			return
		}
		m := NewEvaluator(fields, []*Cond{c})
		m.Start(Event{Key: "k", Type: "create", Data: []byte(`{"a":"b2b","b":"x","total":5}`)})
		if d, err := m.Duration(c); err == nil && (d < time.Millisecond || d > MaxDuration || d%time.Millisecond != 0) {
			t.Errorf("%q: got %v", text, d)
		}
	})
}
