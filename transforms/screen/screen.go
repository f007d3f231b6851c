// Package screen makes text that comes from outside fit for a terminal. Such text then
// writes no escape sequence, does not reverse the order of what is beside it, stays on its
// line, and takes as many columns as it is given.
package screen

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Text returns s with all that does not print written as Go escapes it: \x1b, \u202e,
// \xff for a byte that is not UTF-8. Spaces other than the plain one do not print.
func Text(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteString(s[:n])
		case r < 0x80:
			b.WriteString(ascii(r))
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

// plain reports whether all of s is printable ASCII, as most text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// ascii returns the escape of a control character.
func ascii(r rune) string {
	switch r {
	case '\t':
		return `\t`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	}
	return fmt.Sprintf(`\x%02x`, r)
}

// Width returns how many columns a Text takes: two for wide characters, as those of
// Chinese and Japanese and most emoji are, none for what combines with the one before.
func Width(text string) int {
	if plain(text) {
		return len(text)
	}
	return uniseg.StringWidth(text)
}

// Fit returns s as a Text of exactly so many columns, at least 3: filled up with
// spaces, or cut with … in the middle, as ids differ at their ends.
func Fit(s string, columns int) string {
	if len(s) <= columns && plain(s) {
		return s + strings.Repeat(" ", columns-len(s))
	}
	pieces, width := split(Text(clip(s, columns)))
	if width <= columns {
		return join(pieces) + strings.Repeat(" ", columns-width)
	}
	left, right := (columns-1)/2, columns-1-(columns-1)/2
	head, used := 0, 0
	for ; used+pieces[head].width <= left; head++ {
		used += pieces[head].width
	}
	tail := len(pieces)
	for room := right; pieces[tail-1].width <= room; tail-- {
		room -= pieces[tail-1].width
		used += pieces[tail-1].width
	}
	return join(pieces[:head]) + "…" + join(pieces[tail:]) + strings.Repeat(" ", columns-1-used)
}

// Short returns s as a Text of at most so many columns, at least 3.
func Short(s string, columns int) string { return strings.TrimRight(Fit(s, columns), " ") }

// maxBytes is how many bytes of text a column may take; more than a person's name has.
// An id of a megabyte is not worth more work than that.
const maxBytes = 16

// clip cuts the middle out of what is far too long for so many columns, and leaves
// enough at both ends that it is still too long.
func clip(s string, columns int) string {
	if most := maxBytes * columns; len(s) > 2*most {
		return s[:most] + s[len(s)-most:]
	}
	return s
}

// piece is what a person takes for a character.
type piece struct {
	text  string
	width int
}

// split cuts a Text into its characters, and returns how many columns they take. It
// replaces one of more than maxBytes, as a letter with a tower of accents: that would be
// written over the lines above.
func split(text string) (pieces []piece, width int) {
	for state := -1; text != ""; {
		var p piece
		p.text, text, p.width, state = uniseg.FirstGraphemeClusterInString(text, state)
		if len(p.text) > maxBytes {
			p = piece{"\uFFFD", 1}
		}
		pieces = append(pieces, p)
		width += p.width
	}
	return pieces, width
}

func join(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}
