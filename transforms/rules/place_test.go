package rules

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A mark stands in a value, and its place is that in the file.
func TestPlacesInValues(t *testing.T) {
	for _, test := range []struct{ reason, text string }{
		{"plain", "a: x §y"},
		{"plain, behind characters of several bytes", "é: ü ö§"},
		{"plain, in two lines", "a: x\n  y §z\nb: c"},
		{"plain, with empty lines", "a: x\n\n\n  y\n  § z"},
		{"plain, in a flow", "[a, {b: c d §}]"},
		{"plain, white space at the ends of lines", "a: x  \t\n   y§"},
		{"single quotes", "a: 'it''s §'"},
		{"single quotes, in lines", "a: 'x\n\n  y   z\n  §'"},
		{"double quotes", `a: "x \t\"\x41\u00e9\U0001F600 §"`},
		{"double quotes, in lines", "a: \"x \\\n   y\\n\n  \n z §\""},
		{"double quotes, with spaces that are kept", "a: \"x\\ \n   \\  y §\""},
		{"JSON", `{"a": "x \/ §"}`},
		{"literal", "a:\n  b: |\n    x\n\n      y\n    z §\n"},
		{"literal, kept", "a: |+\n  x §\n\n\n"},
		{"literal, with a number", "a: |1\n   x\n  §"},
		{"literal, at the end of the text", "- |-\n x§"},
		{"folded", "a: >-\n  x\n  y\n\n  z §\n"},
		{"folded, with lines that stand in", "a: >\n  x\n    y\n    z\n  u\n\n  v §\n"},
		{"folded, behind empty lines", "a: >\n\n\n  x\n  y §\n"},
		{"folded, of one line", "a: >- # a comment\n  §"},
		{"other ends of lines", "a: b\r\nc: >-\r\n  x\r  y §\r\n"},
		{"a mark of the byte order", "\ufeffa: x §"},
	} {
		var document yaml.Node
		loader, err := yaml.NewLoader(strings.NewReader(test.text))
		if err == nil {
			err = loader.Load(&document)
		}
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		lines := splitLines(test.text)
		n, offset := marked(&document)
		if n == nil {
			t.Errorf("%s: no value with the mark", test.reason)
			continue
		}
		got := placeIn(lines, n, offset)
		if got.line > len(lines) || got.column > len(lines[got.line-1]) || lines[got.line-1][got.column-1] != '§' {
			t.Errorf("%s: got %d:%d of %q", test.reason, got.line, got.column, test.text)
		}
		if placesOf(lines, n, []rune(n.Value)) == nil {
			t.Errorf("%s: the value is not followed", test.reason)
		}
	}
}

// marked returns the value that has the mark, and its offset there.
func marked(n *yaml.Node) (*yaml.Node, int) {
	if before, _, ok := strings.Cut(n.Value, "§"); ok {
		return n, len([]rune(before))
	}
	for _, child := range n.Content {
		if found, offset := marked(child); found != nil {
			return found, offset
		}
	}
	return nil, 0
}

// Behind a value is the place behind its last word.
func TestPlaceBehindAValue(t *testing.T) {
	for text, want := range map[string]place{
		"a: x y":          {1, 7},
		"a: 'x y  '":      {1, 8},
		"a: |\n  x y\n\n": {2, 6},
		"a: ''":           {1, 4},
		"a: '  '":         {1, 4},
	} {
		var document yaml.Node
		if err := yaml.Load([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		n := document.Content[0].Content[1]
		if got := placeIn(splitLines(text), n, len([]rune(n.Value))); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
