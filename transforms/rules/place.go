package rules

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// place is where a character stands in a file, from one.
type place struct{ line, column int }

// splitLines returns the lines of a text, without their ends. YAML knows more of those than
// \n. A mark of the byte order at the start is no character.
func splitLines(text string) [][]rune {
	var lines [][]rune
	var line []rune
	runes := []rune(strings.TrimPrefix(text, "\ufeff"))
	for i, r := range runes {
		switch {
		case r == '\r' && i+1 < len(runes) && runes[i+1] == '\n':
		case r == '\r', r == '\n', r == '\u0085', r == '\u2028', r == '\u2029':
			lines = append(lines, line)
			line = nil
		default:
			line = append(line, r)
		}
	}
	return append(lines, line)
}

// placeIn returns the place of a character of a value, which is a text, by its offset from
// zero. Behind the last one it is that behind the last that is no white space. Where the
// value cannot be followed through the file it is that of the value.
func placeIn(lines [][]rune, n *yaml.Node, offset int) place {
	value := []rune(n.Value)
	places := placesOf(lines, n, value)
	if offset < len(places) {
		return places[offset]
	}
	for i := len(places) - 1; i >= 0; i-- {
		if !unicode.IsSpace(value[i]) {
			return place{places[i].line, places[i].column + 1}
		}
	}
	return place{n.Line, n.Column}
}

// placesOf returns the places of the characters of a value, or nil. The file is read once
// more as YAML reads it, and the places count where the result is the same.
func placesOf(lines [][]rune, n *yaml.Node, value []rune) []place {
	s := scalar{lines: lines, line: n.Line - 1, column: n.Column - 1, most: len(value)}
	if s.line < 0 || s.line >= len(lines) || s.column < 0 || s.column >= len(lines[s.line]) {
		return nil
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		s.flow(n.Style)
		return s.places(value)
	}
	for indent := s.indent(); indent >= 0; indent-- { // a number behind | or > may say less than is there
		b := s
		b.block(indent, n.Style&yaml.FoldedStyle != 0)
		if places := b.places(value); places != nil {
			return places
		}
	}
	return nil
}

// scalar reads a value from the lines of a file.
type scalar struct {
	lines        [][]rune
	line, column int // of the next character, from zero
	most         int // characters of the value

	text []rune // read so far
	at   []place
}

// places returns the places of the value, or nil where another one was read.
func (s *scalar) places(value []rune) []place {
	if len(s.text) < len(value) || !slices.Equal(s.text[:len(value)], value) {
		return nil
	}
	return s.at[:len(value)]
}

func (s *scalar) emit(r rune, line, column int) {
	s.text, s.at = append(s.text, r), append(s.at, place{line + 1, column + 1})
}

// rest returns what is left of the line.
func (s *scalar) rest() []rune { return s.lines[s.line][s.column:] }

// flow reads a value that is plain or quoted.
func (s *scalar) flow(style yaml.Style) {
	single, double := style&yaml.SingleQuotedStyle != 0, style&yaml.DoubleQuotedStyle != 0
	if single || double {
		s.column++
	}
	for len(s.text) < s.most {
		rest := s.rest()
		switch {
		case len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t':
			if !s.blanks() {
				return
			}
		case double && rest[0] == '\\':
			if !s.escape(rest) {
				return
			}
		case single && rest[0] == '\'' && (len(rest) == 1 || rest[1] != '\''), double && rest[0] == '"':
			return
		default:
			s.emit(rest[0], s.line, s.column)
			s.column++
			if single && rest[0] == '\'' {
				s.column++
			}
		}
	}
}

// blanks reads white space in a flow value: at the end of a line it counts as one space,
// and each empty line as a line break. It reports whether there is more.
func (s *scalar) blanks() bool {
	line, column := s.line, s.column
	for _, r := range s.rest() {
		if r != ' ' && r != '\t' {
			for ; column < s.column; column++ {
				s.emit(s.lines[line][column], line, column)
			}
			return true
		}
		s.column++
	}
	breaks, ok := s.nextLine()
	if breaks == 1 {
		s.emit(' ', line, column)
	}
	for range breaks - 1 {
		s.emit('\n', line, column)
	}
	return ok
}

// nextLine goes to the first character that is no white space behind the end of the line,
// and returns how many line ends are before it.
func (s *scalar) nextLine() (breaks int, ok bool) {
	for s.line+1 < len(s.lines) {
		s.line, s.column, breaks = s.line+1, 0, breaks+1
		for _, r := range s.rest() {
			if r != ' ' && r != '\t' {
				return breaks, true
			}
			s.column++
		}
	}
	return breaks, false
}

// escapes are those of one letter, and numbered what is a number of so many digits.
var (
	escapes  = map[rune]rune{'0': 0, 'a': 7, 'b': 8, 't': 9, '\t': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, 'e': 27, ' ': ' ', '"': '"', '/': '/', '\\': '\\', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029}
	numbered = map[rune]int{'x': 2, 'u': 4, 'U': 8}
)

// escape reads what begins with a backslash. It reports whether that is an escape.
func (s *scalar) escape(rest []rune) bool {
	line, column := s.line, s.column
	if len(rest) == 1 { // the line goes on in the next one
		breaks, ok := s.nextLine()
		for range breaks - 1 {
			s.emit('\n', line, column)
		}
		return ok
	}
	if r, ok := escapes[rest[1]]; ok {
		s.emit(r, line, column)
		s.column += 2
		return true
	}
	digits := numbered[rest[1]]
	if digits == 0 || len(rest) < 2+digits {
		return false
	}
	r, err := strconv.ParseUint(string(rest[2:2+digits]), 16, 31)
	s.emit(rune(r), line, column)
	s.column += 2 + digits
	return err == nil
}

// indent returns how far the first line of a block value that is not empty stands in.
func (s *scalar) indent() int {
	for _, l := range s.lines[s.line+1:] {
		if n := leading(l); n < len(l) {
			return n
		}
	}
	return 0
}

// leading returns how many spaces a line begins with.
func leading(line []rune) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

// block reads a value that begins behind | or >, which is folded.
func (s *scalar) block(indent int, folded bool) {
	var ends []place // of the lines since the last one that is not empty
	blank := false   // that one begins with white space
	started := false
	for line := s.line + 1; line < len(s.lines); line++ {
		l := s.lines[line]
		in := leading(l)
		if in >= len(l) && len(l) <= indent {
			ends = append(ends, place{line, len(l)})
			continue
		}
		if in < indent {
			break
		}
		begins := l[indent] == ' ' || l[indent] == '\t'
		if folded && started && !blank && !begins {
			if len(ends) == 1 {
				s.emit(' ', ends[0].line, ends[0].column)
			}
			ends = ends[1:]
		}
		for _, e := range ends {
			s.emit('\n', e.line, e.column)
		}
		for i, r := range l[indent:] {
			s.emit(r, line, indent+i)
		}
		ends, blank, started = []place{{line, len(l)}}, begins, true
	}
	for _, e := range ends {
		s.emit('\n', e.line, e.column)
	}
}
