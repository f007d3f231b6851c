package syntax

import (
	"fmt"
	"strings"
	"unicode"
)

// reserved are the words that are event types in quotes only.
var reserved = words(`next followedBy followedByAny notNext notFollowedBy within
	begin times timesOrMore oneOrMore optional greedy consecutive allowCombinations until where or and`)

// links are the words of the links.
var links = map[string]Link{
	"next": Next, "followedBy": FollowedBy, "followedByAny": FollowedByAny,
	"notNext": NotNext, "notFollowedBy": NotFollowedBy,
}

// String returns the link's word in pattern text.
func (l Link) String() string {
	for word, link := range links {
		if link == l {
			return word
		}
	}
	if l == Begin {
		return "begin"
	}
	return fmt.Sprintf("Link(%d)", uint8(l))
}

// insteads are words of Flink CEP's API, and what is written here in their place.
var insteads = map[string]string{
	"begin":             "the first step alone",
	"times":             "{n} or {n,m} behind the step",
	"timesOrMore":       "{n,} behind the step",
	"oneOrMore":         "+ behind the step",
	"allowCombinations": "combinations behind the loop",
	"where":             "[condition] behind the step",
	"or":                "|| in a condition, or type|type",
	"and":               "&& in a condition",
}

// taken are the names of the current event in a condition. No step can be named so
// there.
var taken = words("event type time id userId orderId")

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// nameable reports whether conditions and skip can speak of a step of that name.
func nameable(name string) bool {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != "" && !taken[name]
}

// nearest returns the one of the words that text was probably meant to be, or "".
func nearest(text string, words []string) string {
	best, least := "", 3
	for _, w := range words {
		d := distance(text, w)
		if strings.EqualFold(text, w) {
			d = 1
		}
		if d < least && 2*d < max(len(text), len(w)) {
			best, least = w, d
		}
	}
	return best
}

// distance returns how many letters have to be added, left out or changed, or swapped
// with the next, to make b of a; or 3 where it is 3 or more.
func distance(a, b string) int {
	const far = 3
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= far || len(t)-len(s) >= far {
		return far
	}
	var before, last []int
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, last, row = last, row, make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return min(row[len(t)], far)
}
