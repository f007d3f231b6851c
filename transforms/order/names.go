package order

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Values of Names.Format.
const (
	FormatLines       = "jsonl"
	FormatCSV         = "csv"
	FormatCloudEvents = "cloudevents"
)

// Names says how the input writes its events: what it calls their members and types, and
// the format. The zero value are the usual names. It is plain data, so that a file of
// settings can fill it.
type Names struct {
	// Fields (-fields) has the path of each member that is not found under its own name, by
	// that name: orderId, userId, type, time or id. A path is names of members with dots
	// between them, and numbers of list elements from 0 on, as in items.0.id or items[0].id.
	// Behind a backslash a dot, comma, bracket or backslash is part of a name. In CSV a path
	// is the name of a column.
	Fields map[string]string `json:"fields,omitempty" yaml:"fields"`
	// Types (-types) has what types of the input are called in patterns and conditions. A
	// type that is not in it stays as it is.
	Types map[string]string `json:"types,omitempty" yaml:"types"`
	// Format (-format) is FormatLines, FormatCSV, FormatCloudEvents, or "": the name of a
	// file decides between the first two.
	Format string `json:"format,omitempty" yaml:"format"`
}

// Validate returns what is wrong with the settings, in a line that begins with the flag, or
// nil.
func (n Names) Validate() error {
	if !slices.Contains([]string{"", FormatLines, FormatCSV, FormatCloudEvents}, n.Format) {
		return fmt.Errorf("-format %q: want jsonl, csv or cloudevents", n.Format)
	}
	for _, from := range sortedKeys(n.Types) {
		if from == "" || n.Types[from] == "" {
			return fmt.Errorf("-types %q: got an empty name, want TYPE=NAME", from+"="+n.Types[from])
		}
	}
	_, err := n.paths()
	return err
}

// Text returns the settings as text that is the same for the same settings; "" for those
// that change nothing for a Decoder. ParseNames reads it.
func (n Names) Text() string {
	if n.Format != FormatCloudEvents {
		n.Format = ""
	}
	if len(n.Fields)+len(n.Types) == 0 && n.Format == "" {
		return ""
	}
	text, _ := json.Marshal(n) // of strings, by sorted keys
	return string(text)
}

// ParseNames reads what Text has written. The error says what is wrong with it.
func ParseNames(text string) (n Names, err error) {
	if text == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return n, fmt.Errorf("order: names %q: %w", text, err)
	}
	return n, n.Validate()
}

// ParseFields reads the value of -fields, NAME=PATH,…. The error does not name the flag.
func ParseFields(text string) (map[string]string, error) { return parsePairs(text, "NAME=PATH", false) }

// ParseTypes reads the value of -types, TYPE=NAME,…, where a backslash stands before a comma,
// equals sign or backslash that is part of a name. The error does not name the flag.
func ParseTypes(text string) (map[string]string, error) { return parsePairs(text, "TYPE=NAME", true) }

// parsePairs reads pairs. Escapes are left to who reads the values, or are taken out here.
func parsePairs(text, form string, unescape bool) (map[string]string, error) {
	pairs := map[string]string{}
	for _, pair := range splitEscaped(text, ',') {
		sides := splitEscaped(pair, '=')
		if len(sides) != 2 || sides[0] == "" || sides[1] == "" {
			return nil, fmt.Errorf("got %q, want %s", pair, form)
		}
		if unescape {
			for i, side := range sides {
				var err error
				if sides[i], err = unescaped(side); err != nil {
					return nil, err
				}
			}
		}
		if _, ok := pairs[sides[0]]; ok {
			return nil, fmt.Errorf("got %q twice, want it once", sides[0])
		}
		pairs[sides[0]] = sides[1]
	}
	return pairs, nil
}

// splitEscaped splits at a separator that has no backslash before it.
func splitEscaped(text string, separator byte) (parts []string) {
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// unescaped takes out the backslashes of a name in -types.
func unescaped(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			if i++; i == len(text) || strings.IndexByte(`,=\`, text[i]) < 0 {
				return "", fmt.Errorf(`got %q, want a backslash only before a comma, = or \`, text)
			}
		}
		b.WriteByte(text[i])
	}
	return b.String(), nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
