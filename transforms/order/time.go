package order

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// january is the end of January 1970: seconds that are read as milliseconds
// stay below it until the year 2054.
const january = int64(31 * 24 * time.Hour / time.Millisecond)

// time returns an event time in milliseconds. The text is RFC 3339, or an
// integer in the decoder's unit.
func (d *Decoder) time(text string, integer bool) (int64, error) {
	read := parseTime
	if integer {
		read = d.parseInteger
	}
	ms, ok := read(text)
	switch {
	case !ok:
		return 0, d.timeError("got " + shownTime(text, integer))
	case ms < MinTime || ms >= MaxTime:
		return 0, fmt.Errorf("%s: got %s, want one of the years 1970 to 9999", d.label(timeField), shownTime(text, integer))
	case !d.near(ms):
		return 0, fmt.Errorf("%s: got %s, want at most %v from now", d.label(timeField), shownTime(text, integer), d.MaxAhead)
	case ms >= MaxTime-d.Within.Milliseconds():
		return 0, fmt.Errorf("%s: got %s, want a deadline, %v later, before the year 10000", d.label(timeField), shownTime(text, integer), d.Within)
	}
	return ms, nil
}

// Time returns the time in a text by the rules of an event's: RFC 3339, or an integer in
// the decoder's unit.
func (d *Decoder) Time(text string) (ms int64, err error) {
	integer := isInteger(text)
	if ms, err = d.time(text, integer); err == nil && integer {
		d.countInteger(ms)
	}
	return ms, err
}

// shownTime is how an error shows a time.
func shownTime(text string, integer bool) string {
	if integer {
		return cut(text)
	}
	return strconv.Quote(cut(text))
}

func (d *Decoder) timeError(fault string) error {
	unit := "milliseconds"
	if d.Unit == time.Second {
		unit = "seconds"
	}
	return fmt.Errorf("%s: %s, want RFC 3339 with an offset, or integer %s", d.label(timeField), fault, unit)
}

// parseTime reads RFC 3339 in upper case. Digits finer than a millisecond are
// dropped.
func parseTime(text string) (ms int64, ok bool) {
	if ms, ok = parseUTC(text); ok {
		return ms, true
	}
	var t time.Time
	if !isRFC3339(text) || t.UnmarshalText([]byte(text)) != nil {
		return 0, false
	}
	return t.UnixMilli(), true
}

// parseUTC reads what most times look like, 2026-01-02T15:04:05.678Z with any
// fraction or none. It is there because time.Parse is slow. It reports false for all
// else, and for a day of month above 28: package time knows the months.
func parseUTC(text string) (ms int64, ok bool) {
	const layout = "0000-00-00T00:00:00"
	if len(text) <= len(layout) || text[len(text)-1] != 'Z' {
		return 0, false
	}
	for i := range len(layout) {
		if layout[i] == '0' && text[i]-'0' > 9 || layout[i] != '0' && text[i] != layout[i] {
			return 0, false
		}
	}
	two := func(i int) int64 { return int64(text[i]-'0')*10 + int64(text[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if year < 1970 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	ms = ((days(year, month, day)*24+hour)*60+minute)*60_000 + second*1000
	fraction := text[len(layout) : len(text)-1]
	if fraction == "" {
		return ms, true
	}
	if fraction[0] != '.' || len(fraction) == 1 {
		return 0, false
	}
	unit := int64(100)
	for i := 1; i < len(fraction); i++ {
		digit := fraction[i] - '0'
		if digit > 9 {
			return 0, false
		}
		ms += int64(digit) * unit
		unit /= 10
	}
	return ms, true
}

// isRFC3339 checks what package time lets pass: hours of one digit, a comma
// before the fraction, and offsets of any size (golang/go#54580).
func isRFC3339(text string) bool {
	const second = len("2006-01-02T15:04:05")
	if len(text) <= second || text[len("2006-01-02T15")] != ':' {
		return false
	}
	zone := text[second:]
	if zone[0] == '.' {
		zone = strings.TrimLeft(zone[1:], "0123456789")
	}
	if zone == "Z" {
		return true
	}
	return len(zone) == len("+00:00") && zone[3] == ':' && zone[1:3] < "24" && zone[4:6] < "60"
}

// parseInteger reads an integer time. One that is out of range, however far, is
// some time out of the range of event times.
func (d *Decoder) parseInteger(text string) (ms int64, ok bool) {
	if !isInteger(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return MaxTime, true
	}
	if d.Unit == time.Second {
		n = min(max(n, -1), MaxTime/1000) * 1000
	}
	return n, true
}

// near reports whether a time is not too far ahead of the clock. The clock is
// read only where the time is later than what was fine the last time.
func (d *Decoder) near(ms int64) bool {
	if d.MaxAhead == 0 || ms <= d.latest {
		return true
	}
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	d.latest = now().Add(d.MaxAhead).UnixMilli()
	return ms <= d.latest
}
