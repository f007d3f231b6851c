package whole

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Parse reads a pattern from a text that is known to be right: it knows the grammar and
// refuses little else. Remember is the pattern's window. Types are bare.
func Parse(text string) (Pattern, error) {
	p, _, err := parse(text, false)
	return p, err
}

// parse is Parse. Where lenient is set, conditions that the model does not know are kept
// as text alone, and beyond says that there is one.
func parse(text string, lenient bool) (_ Pattern, beyond bool, _ error) {
	r := reader{text: text, lenient: lenient}
	p := Pattern{Every: r.word("every")}
	p.Sequence = r.sequence()
	if r.word("within") {
		p.Within = r.duration()
	}
	if r.word("skip") {
		p.Skip = r.skip()
	}
	p.Remember = p.Within
	if r.err == nil && r.peek() != "" {
		r.fail("want the end")
	}
	if r.err != nil {
		return Pattern{}, false, r.err
	}
	return p, r.beyond, nil
}

// reader reads tokens: words, conditions in brackets, and single characters.
type reader struct {
	text            string
	at              int
	err             error
	lenient, beyond bool
}

func (r *reader) fail(want string) {
	if r.err == nil {
		r.err = fmt.Errorf("whole: column %d of %q: %s", r.at+1, r.text, want)
	}
	r.at = len(r.text)
}

// peek returns the next word or character, "" at the end.
func (r *reader) peek() string {
	for r.at < len(r.text) && r.text[r.at] == ' ' {
		r.at++
	}
	end := r.at
	for end < len(r.text) && isWord(r.text[end]) {
		end++
	}
	if end == r.at && end < len(r.text) {
		end++
	}
	return r.text[r.at:end]
}

func isWord(c byte) bool {
	return unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || strings.IndexByte("_-.:/", c) >= 0
}

// word takes the next token if it is this one.
func (r *reader) word(word string) bool {
	if r.peek() != word {
		return false
	}
	r.at += len(word)
	return true
}

func (r *reader) any() string {
	word := r.peek()
	if word == "" || !isWord(word[0]) {
		r.fail("want a word")
		return ""
	}
	r.at += len(word)
	return word
}

func (r *reader) must(word string) {
	if !r.word(word) {
		r.fail("want " + word)
	}
}

func (r *reader) duration() int64 {
	d, err := time.ParseDuration(r.any())
	if err != nil {
		r.fail(err.Error())
	}
	return d.Milliseconds()
}

func (r *reader) sequence() []Element {
	seq := []Element{r.element(Begin, 0)}
	links := []Link{Next, FollowedBy, FollowedByAny, NotNext, NotFollowedBy}
	for r.err == nil && slices.Contains(links, Link(r.peek())) {
		link, within := Link(r.any()), int64(0)
		if r.word("within") {
			within = r.duration()
		}
		seq = append(seq, r.element(link, within))
	}
	return seq
}

func (r *reader) element(link Link, within int64) Element {
	el := Element{Link: link, Within: within, Min: 1, Max: 1}
	if r.word("(") {
		el.Group = r.sequence()
		r.must(")")
	} else {
		el.Step = r.step()
	}
	if !link.Negated() {
		r.quantifier(&el)
	}
	return el
}

func (r *reader) step() Step {
	var s Step
	if !r.word("any") {
		s.Types = []string{r.any()}
		for r.word("|") {
			s.Types = append(s.Types, r.any())
		}
	}
	s.Name = defaultName(s.Types)
	if r.peek() == "[" {
		s.Where = r.condition()
	}
	if r.word("as") {
		s.Name = r.any()
	}
	return s
}

func (r *reader) condition() Condition {
	r.must("[")
	start := r.at
	for depth := 1; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			text := strings.TrimSpace(r.text[start:r.at])
			c, err := ParseCondition(text)
			r.at++
			switch {
			case err != nil && r.lenient:
				r.beyond = true
				return Condition{Text: text}
			case err != nil:
				r.fail(err.Error())
			}
			return c
		}
	}
	r.fail("want ]")
	return Condition{}
}

func (r *reader) quantifier(el *Element) {
	switch {
	case r.word("?"):
		el.Optional = true
	case r.word("+"):
		el.Max = Unbounded
	case r.word("*"):
		el.Max, el.Optional = Unbounded, true
	case r.word("{"):
		el.Min = r.number()
		el.Max = el.Min
		if r.word(",") {
			if el.Max = Unbounded; r.peek() != "}" {
				el.Max = r.number()
			}
		}
		if el.Max != Unbounded && el.Max < max(el.Min, 1) {
			r.fail("want a bound that is not below the other")
		}
		r.must("}")
		if el.Min == 0 {
			el.Min, el.Optional = 1, true
		}
	}
	for {
		switch {
		case r.word("optional"):
			el.Optional = true
		case r.word("greedy"):
			el.Greedy = true
		case r.word("consecutive"):
			el.Consecutive = true
		case r.word("combinations"):
			el.Combinations = true
		case r.word("until"):
			el.Until = r.condition()
		default:
			return
		}
	}
}

func (r *reader) number() int {
	n, err := strconv.Atoi(r.any())
	if err != nil {
		r.fail("want a number")
	}
	return n
}

func (r *reader) skip() Skip {
	if r.word("past") {
		r.must("last")
		return Skip{To: PastLast}
	}
	r.must("to")
	switch {
	case r.word("next"):
		return Skip{To: ToNext}
	case r.word("first"):
		return Skip{ToFirst, r.any()}
	case r.word("last"):
		return Skip{ToLast, r.any()}
	}
	r.fail("want next, first or last")
	return Skip{}
}
