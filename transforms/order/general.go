package order

import "strings"

// General returns the error of a malformed input without what is the input's own, so
// that errors of one kind have one text: what was got, what is in quotes, and numbers,
// but not what is wanted. It is of use with errors of this package, and harmless with
// others.
func General(text string) string {
	head, want := text, ""
	if i := strings.LastIndex(text, ", want "); i >= 0 {
		head, want = text[:i], text[i:]
	}
	if fault, _, ok := strings.Cut(head, "got "); ok {
		return fault + "got …" + want
	}
	return generalHead(head) + want
}

// generalHead replaces what is in quotes and numbers.
func generalHead(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		switch end := i + 1; {
		case c == '"' || c == '\'':
			for end < len(s) && s[end] != c {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			b.WriteString("…")
			i = min(end+1, len(s))
		case '0' <= c && c <= '9':
			for end < len(s) && '0' <= s[end] && s[end] <= '9' {
				end++
			}
			b.WriteString("…")
			i = end
		default:
			b.WriteByte(c)
			i = end
		}
	}
	return b.String()
}
