package order

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTimeIsStrictRFC3339(t *testing.T) {
	const bad = -1
	tests := []struct {
		reason string
		text   string
		want   int64
	}{
		{"UTC", "2026-03-01T12:00:00Z", noon},
		{"another offset", "2026-03-01T14:30:00+02:30", noon},
		{"-00:00 is an offset too", "2026-03-01T12:00:00-00:00", noon},
		{"one digit of a fraction", "2026-03-01T12:00:00.1Z", noon + 100},
		{"finer than a millisecond is cut, not rounded", "2026-03-01T12:00:00.1239999999999Z", noon + 123},
		{"a leap day", "2024-02-29T00:00:00Z", 1709164800000},
		{"the first millisecond", "1970-01-01T00:00:00Z", 0},
		{"just before it", "1969-12-31T23:59:59.9999Z", bad},
		{"the first millisecond, elsewhere", "1969-12-31T23:00:00-01:00", 0},
		{"the last millisecond", "9999-12-31T23:59:59.9999Z", MaxTime - 1},
		{"the year 10000 by its offset", "9999-12-31T23:59:59-00:01", bad},
		{"the year 0", "0000-01-01T00:00:00Z", bad},
		{"a comma before the fraction", "2026-03-01T12:00:00,5Z", bad},
		{"an empty fraction", "2026-03-01T12:00:00.Z", bad},
		{"one digit of an hour", "2026-03-01T9:00:00Z", bad},
		{"no offset", "2026-03-01T12:00:00", bad},
		{"an offset without colon", "2026-03-01T12:00:00+0200", bad},
		{"an offset of 24 hours", "2026-03-01T12:00:00+24:00", bad},
		{"an offset of 60 minutes", "2026-03-01T12:00:00+01:60", bad},
		{"24:00", "2026-03-01T24:00:00Z", bad},
		{"a leap second", "2016-12-31T23:59:60Z", bad},
		{"lower case", "2026-03-01t12:00:00z", bad},
		{"a space for the T", "2026-03-01 12:00:00Z", bad},
		{"the 29th of February of another year", "2026-02-29T12:00:00Z", bad},
		{"no such month", "2026-13-01T12:00:00Z", bad},
		{"only a date", "2026-03-01", bad},
		{"a year of five digits", "12026-03-01T12:00:00Z", bad},
		{"white space around", " 2026-03-01T12:00:00Z", bad},
		{"nothing", "", bad},
	}
	for _, tt := range tests {
		got, err := new(Decoder).time(tt.text, false)
		if tt.want == bad && err == nil || tt.want != bad && (err != nil || got != tt.want) {
			t.Errorf("%s: %s: got %d, %v, want %d", tt.reason, tt.text, got, err, tt.want)
		}
	}
}

func TestIntegerTimes(t *testing.T) {
	const bad = -1
	tests := []struct {
		reason string
		unit   time.Duration
		text   string
		want   int64
	}{
		{"milliseconds by default", 0, "1772366400000", noon},
		{"milliseconds", time.Millisecond, "1772366400000", noon},
		{"seconds", time.Second, "1772366400", noon},
		{"the first", 0, "0", 0},
		{"minus zero", 0, "-0", 0},
		{"before the first", 0, "-1", bad},
		{"the last", 0, "253402300799999", MaxTime - 1},
		{"after the last", 0, "253402300800000", bad},
		{"the last second", time.Second, "253402300799", MaxTime - 1000},
		{"after the last second", time.Second, "253402300800", bad},
		{"before the first second", time.Second, "-1", bad},
		{"milliseconds as seconds", time.Second, "1772366400000", bad},
		{"seconds that overflow to a good time", time.Second, "18446744073709552", bad},
		{"more than 63 bits", 0, "9223372036854775808", bad},
		{"more than 64 bits, in seconds", time.Second, "18446744073709551617", bad},
		{"very negative seconds", time.Second, "-9223372036854775808", bad},
		{"an exponent", 0, "1e12", bad},
		{"a fraction", 0, "1.0", bad},
	}
	for _, tt := range tests {
		got, err := (&Decoder{Unit: tt.unit}).time(tt.text, true)
		if tt.want == bad && err == nil || tt.want != bad && (err != nil || got != tt.want) {
			t.Errorf("%s: %s: got %d, %v, want %d", tt.reason, tt.text, got, err, tt.want)
		}
	}
}

// A deadline has four digits for the year, as every time that is written.
func TestADeadlineIsBeforeTheYear10000(t *testing.T) {
	d := &Decoder{Within: 10 * time.Minute}
	for text, want := range map[string]string{
		"9999-12-31T23:49:59.999Z":      "",
		"9999-12-31T23:50:00Z":          `time: got "9999-12-31T23:50:00Z", want a deadline, 10m0s later, before the year 10000`,
		"9999-12-31T23:59:59.999Z":      `time: got "9999-12-31T23:59:59.999Z", want a deadline, 10m0s later, before the year 10000`,
		"9999-12-31T23:50:00.000-00:01": `time: got "9999-12-31T23:50:00.000-00:01", want a deadline, 10m0s later, before the year 10000`,
	} {
		ms, err := d.time(text, false)
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if err == nil && FormatTime(ms+d.Within.Milliseconds()) != "9999-12-31T23:59:59.999Z" {
			t.Errorf("%s: got %d", text, ms)
		}
	}
}

func TestTimeErrorsSayWhatIsWanted(t *testing.T) {
	d := &Decoder{Unit: time.Second, MaxAhead: time.Hour, Now: func() time.Time { return time.UnixMilli(noon) }}
	for text, want := range map[string]string{
		"1.5":          "time: got 1.5, want RFC 3339 with an offset, or integer seconds",
		"-1":           "time: got -1, want one of the years 1970 to 9999",
		"253402300800": "time: got 253402300800, want one of the years 1970 to 9999",
		"1772370001":   "time: got 1772370001, want at most 1h0m0s from now",
	} {
		if _, err := d.time(text, true); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestMaxAheadFollowsTheClock(t *testing.T) {
	now := time.UnixMilli(noon)
	asked := 0
	d := &Decoder{MaxAhead: time.Minute, Now: func() time.Time { asked++; return now }}
	near := func(ms int64) bool {
		_, err := d.time(strconv.FormatInt(ms, 10), true)
		if err != nil && !strings.Contains(err.Error(), "from now") {
			t.Fatal(err)
		}
		return err == nil
	}
	if !near(noon + 60_000) {
		t.Error("exactly as far ahead as allowed: got malformed")
	}
	if near(noon + 60_001) {
		t.Error("a millisecond further: got accepted")
	}
	now = now.Add(time.Millisecond)
	if !near(noon + 60_001) {
		t.Error("a millisecond later: got malformed")
	}
	asked = 0
	for range 1000 {
		near(noon)
	}
	if asked > 0 {
		t.Errorf("asked for the time %d times for a time that is past", asked)
	}
	d.MaxAhead = 0
	if !near(MaxTime - 1) {
		t.Error("without a limit: got malformed")
	}
}
