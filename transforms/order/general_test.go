package order

import (
	"strings"
	"testing"
)

// However many lines are wrong, the kinds of what is wrong with them are few.
func TestErrorsOfOneKindHaveOneGeneralText(t *testing.T) {
	d := &Decoder{MaxAhead: 1}
	for _, kind := range [][]string{
		{`{"orderId":"a","type":"pay","time":"yesterday"}`, `{"orderId":"b","type":"pay","time":"a, want b"}`, `{"orderId":"a","type":"pay","time":{"x":1}}`},
		{`{"orderId":"a","type":"pay","time":253402300800000}`, `{"orderId":"a","type":"pay","time":"1969-01-01T00:00:00Z"}`},
		{`{"orderId":true,"type":"pay","time":1}`, `{"orderId":[1,2],"type":"pay","time":1}`},
		{`xyz`, `qrs`, `'`, `\`},
		{`{"a":1,}`, `{"abc":1,}`},
		{`[1]`, `"x"`, `12`},
	} {
		seen := map[string]bool{}
		for _, line := range kind {
			_, err := d.JSON([]byte(line))
			if err == nil {
				t.Fatalf("%s is an event", line)
			}
			seen[General(err.Error())] = true
		}
		if len(seen) != 1 {
			t.Errorf("%q: got %v, want one text", kind, seen)
		}
	}
}

func TestGeneralTextSaysWhatIsWanted(t *testing.T) {
	for text, want := range map[string]string{
		`time: got "x", want one of the years 1970 to 9999`:  `time: got …, want one of the years 1970 to 9999`,
		`row: got 3 cells, want 4`:                           `row: got …, want 4`,
		`type: missing, want a non-empty string`:             `type: missing, want a non-empty string`,
		`not JSON: invalid character '\'' in "a" at byte 12`: `not JSON: invalid character … in … at byte …`,
		`not CSV: cell 2: the quote is not closed`:           `not CSV: cell …: the quote is not closed`,
		`"never closed`: `…`,
		`ends in \`:     `ends in \`,
		`'\`:            `…`,
		"":              "",
	} {
		if got := General(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func FuzzGeneral(f *testing.F) {
	f.Add(`not JSON: invalid character '"' at byte 1`)
	f.Add(`got "`)
	f.Fuzz(func(t *testing.T, text string) {
		got := General(text)
		if again := General(got); again != got || strings.Count(got, "\n") > strings.Count(text, "\n") {
			t.Errorf("%q: got %q, and of that %q", text, got, again)
		}
	})
}
