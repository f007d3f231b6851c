package screen

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextEscapesWhatDoesNotPrint(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"o-1", "o-1"},
		{"München 山田", "München 山田"},
		{"a\x1b[2Jb", `a\x1b[2Jb`},
		{"a\tb\r\nc", `a\tb\r\nc`},
		{"\x7f\u009b31m", `\x7f\u009b31m`},
		{"a\u202eb\u200d\u2028", `a\u202eb\u200d\u2028`},
		{"\xff\xc3", `\xff\xc3`},
		{"\U000e0041", `\U000e0041`},
		{"a\u00a0b", `a\u00a0b`},
	} {
		if got := Text(test.in); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestFitFillsUpAndCutsTheMiddle(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", "         "},
		{"o-1", "o-1      "},
		{"123456789", "123456789"},
		{"1234567890", "1234…7890"},
		{"山田", "山田     "},
		{"山田山田山田", "山田…山田"},
		{"a山田山田山b", "a山…山b  "},
		{"\x1b\x1b\x1b", `\x1b…\x1b`},
		{"e" + strings.Repeat("\u0301", 100), "\uFFFD        "},
		{strings.Repeat("x", 1<<20) + "yz", "xxxx…xxyz"},
	} {
		if got := Fit(test.in, 9); got != test.want {
			t.Errorf("%.40q: got %q, want %q", test.in, got, test.want)
		}
		if got, want := Short(test.in, 9), strings.TrimRight(test.want, " "); got != want {
			t.Errorf("%.40q: short %q, want %q", test.in, got, want)
		}
	}
}

// Whatever an id is, it stays in its columns.
func FuzzFit(f *testing.F) {
	for _, s := range []string{"", "o-1", "\x1b[31m", "山田山田", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "🇩🇪🇩🇪🇩", "e\u0301\u0301", "\xff\xfe{\x00", "\u202eabc", "a\nb", "\u1100\u1161\u11a8", "\u0301", "؀1", "ก็็็็"} {
		f.Add(s, 9)
	}
	f.Fuzz(func(t *testing.T, s string, columns int) {
		columns = min(max(columns, 3), 200)
		got := Fit(s, columns)
		if w := Width(got); w != columns {
			t.Errorf("%q in %d: got %q of %d columns", s, columns, got, w)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q: got %q, want what prints", s, got)
		}
		if !utf8.ValidString(s) && s != "" && Text(s) == s {
			t.Errorf("%q: what is not UTF-8 is left", s)
		}
	})
}
