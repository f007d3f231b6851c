package story

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names reports whether an input that is no event is about an order. Where it is a JSON
// object with an orderId, that tells; else, as in a line that was cut off, whether the id
// stands in it as a word.
func Names(input, id string) bool {
	var members struct {
		OrderID json.RawMessage `json:"orderId"`
	}
	if err := json.Unmarshal([]byte(input), &members); err == nil && members.OrderID != nil {
		text := string(members.OrderID)
		var s string
		if json.Unmarshal(members.OrderID, &s) == nil {
			text = s
		}
		return text == id && id != ""
	}
	return hasWord(input, id) || hasWord(input, quoted(id))
}

// quoted returns an id as it stands in JSON, without the quotes.
func quoted(id string) string {
	text, err := json.Marshal(id)
	if err != nil { // no string fails
		return id
	}
	return string(text[1 : len(text)-1])
}

// hasWord reports whether a word stands in a text, and is no part of a longer one.
func hasWord(text, word string) bool {
	if word == "" {
		return false
	}
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		text = text[i+len(word):]
	}
}

// inWord reports whether a character may be a part of an id. What is no character at
// all, as at the ends of a text, is not.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
}
