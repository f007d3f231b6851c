package cond

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// names are those of a condition on the step pay, or in the loop fails, of
// create followedBy fails+ followedBy pay.
var names = Names{
	Steps:   []Step{{Name: "create"}, {Name: "fails", List: true}, {Name: "any"}},
	Refused: map[string]string{"ship": "ship comes later: want members bare, as in total", "pay": "pay takes one event: want members bare, as in total"},
}

func TestCompileRefuses(t *testing.T) {
	for _, test := range []struct {
		text   string
		offset int
		want   string // part of the text
	}{
		{"", 0, "got nothing"},
		{" \t\n", 0, "got nothing"},
		{"// total > 1", 12, "got the end"},
		{"\xff", 0, "UTF-8"},
		{strings.Repeat("é", MaxText+1), MaxText, "characters"},
		{"total >", 7, "got the end"},
		{"(total > 1", 10, "got the end"},
		{"total > 1)", 9, `unexpected token`},
		{"total ~ 1", 6, "unrecognized character"},
		{`é == "x`, 7, "literal not terminated"},

		{"1 + 2", 0, "got a number: want what is true or false"},
		{"  \"x\"", 2, "got text"},
		{"nil", 0, "want what is true or false"},
		{"[true]", 0, "got a list"},
		{"time", 0, "got a time"},
		{"event", 0, "got an object"},
		{"duration(\"1m\")", 0, "got a duration"},
		{"fails", 0, "got a list"},

		{`type == 5`, 5, "mismatched types"},
		{`time > 5`, 5, "mismatched types"},
		{`id + 1 == "a"`, 3, "mismatched types"},
		{`len(5) > 1`, 0, "invalid argument for len"},
		{`upper(5) == "A"`, 6, "cannot use int"},
		{`any(5, # > 1)`, 4, "takes only array"},
		{`total > 1 && type`, 10, "mismatched types"},
		{`time.Hours() > 1`, 5, "no method Hours"},

		{"ship.total > 1", 0, "ship comes later"},
		{"total > pay.total", 8, "pay takes one event"},
		{"any(items, .x == ship.x)", 17, "ship comes later"},
		{"fails.amount > 1", 6, "last(fails).amount"},
		{`fails["amount"] > 1`, 5, "last(fails).amount"},
		{"$env.total > 1", 0, "$env"},
		{`get($env, "total") > 1`, 4, "$env"},
		{"let time = 1; total > time", 4, "want a name that is free"},
		{"let create = 1; total > 1", 4, "want a name that is free"},
		{"let ship = 1; total > 1", 4, "want a name that is free"},

		{"leng(fails) > 1", 0, "did you mean len?"},
		{"sums(fails, 1) > 1", 0, "did you mean sum?"},
		{"total > 1 && foo(1)", 13, "want a function that there is"},
		{"create(1)", 0, "want a function that there is"},
		{"items | al(# > 1)", 8, "did you mean all?"},
		{"let f = 1; f(1)", 11, "want a function that there is"},
		{"time.Local().Hour() < 8", 5, "got .Local()"},
		{"time.In(1).Hour() < 8", 5, "got .In()"},
		{"time.hour() < 8", 5, "did you mean Hour?"},
		{"create.time.Houre() < 8", 12, "did you mean Hour?"},
		{`time["Hour"]() < 8`, 12, "unexpected token"},

		{"now() > time", 0, "got now()"},
		{"time > ::now()", 9, "got now()"},
		{"time < (1 | now())", 12, "got now()"},
		{`date("2026-01-01", "2006-01-02", "Europe/Berlin") < time`, 33, "zones depend on the machine"},
		{`timezone("Local") == nil`, 0, "got timezone()"},
		{`repeat("a", 3) == note`, 0, "got repeat()"},
		{`::repeat("a", 3) == note`, 2, "got repeat()"},
		{"total in 1..5", 10, "range"},
		{"any(1..5, # == total)", 5, "range"},
		{`date("tomorrow") < time`, 5, "got the date"},
		{`time - create.time < duration("5 minutes")`, 30, "got the duration"},

		{`note matches currency`, 13, "not written down"},
		{`note matches "a" + "b"`, 17, "not written down"},
		{`note matches ("a" + "b")`, 18, "not written down"},
		{`note matches "("`, 13, "missing closing )"},
		{`note matches "` + strings.Repeat("a", maxRegexp+1) + `"`, 13, "regular expression"},
		{`note matches "(a{100}){100}"`, 13, "invalid repeat count"},
		{`note matches "` + strings.Repeat("a{999}", 6) + `"`, 13, "instructions"},

		{"any(a, any(b, # == 1))", 7, "got any inside the condition of any"},
		{"sum(fails, count(.items, # > 1)) > 1", 11, "got count inside the condition of sum"},
		{"all(a, len(filter(.b, # > 1)) == 1)", 11, "got filter inside the condition of all"},
		{"all(a, .b | any(# == 1))", 12, "got any inside the condition of all"},
		{"all(a, sum(.b) > 1)", 7, "got sum inside the condition of all"},
		{"all(a, max(.b) > 1)", 7, "got max inside the condition of all"},
		{`all(a, join(.b) == "x")`, 7, "got join inside the condition of all"},
		{"reduce(a, #acc + sum(.b)) > 1", 17, "got sum inside the condition of reduce"},
		{"all(a, ::any(.b, true))", 9, "got any inside the condition of all"},
		{"any(a, {let x = .b; any(x, # == 1)})", 20, "got any inside the condition of any"},
		{"any(filter(a, any(.b, true)), true)", 14, "got any inside the condition of filter"},

		{strings.Repeat("a && ", 100) + "a", 500, "more than 200"},
		{"[" + strings.Repeat("1,", 200) + "1] == a", 402, "more than 200"},
		{chain(40), -1, "more than 200"},
		{strings.Repeat("(", 1000) + "true" + strings.Repeat(")", 1000), maxTokens, "words and signs"},
		{strings.Repeat("!", 100_0) + "true", maxTokens, "words and signs"},
		{strings.Repeat("[", 10_000), maxTokens, "words and signs"},
		{strings.Repeat("not ", 1000) + "true", 4 * maxTokens, "words and signs"},
		{strings.Repeat("if a {", 300), 1601, "words and signs"},
		{strings.Repeat("{a:", 3000), 800, "words and signs"},
	} {
		c, err := Compile(test.text, names)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.100q: got %v, %v: want an error", test.text, c, err)
			continue
		}
		if test.offset >= 0 && e.Offset != test.offset || !strings.Contains(e.Text, test.want) {
			t.Errorf("%.100q: got error at %d: %s\nwant at %d: …%s…", test.text, e.Offset, e.Text, test.offset, test.want)
		}
		if strings.Contains(e.Error(), "\n") || len(e.Error()) > 2*maxShown {
			t.Errorf("%.100q: error is not one short line: %q", test.text, e.Error())
		}
	}
}

// chain is a condition whose tree is small as the parser counts, which shares the middle
// of a < b < c, and as large as 2 to the power of depth for who walks it.
func chain(depth int) string {
	return strings.Repeat("1 < (true ? ", depth) + "1" + strings.Repeat(" : 1) < 1", depth)
}

func TestCompileAcceptsUpTo200Nodes(t *testing.T) {
	if _, err := Compile(strings.Repeat("a && ", 99)+"a", names); err != nil { // 100 names, 99 operators
		t.Error(err)
	}
	if _, err := Compile("!("+strings.Repeat("a && ", 99)+"a)", names); err != nil {
		t.Error(err)
	}
	if _, err := Compile("!!("+strings.Repeat("a && ", 99)+"a)", names); err == nil {
		t.Error("201 nodes: no error")
	}
	if _, err := Compile(strings.Repeat("(", 300)+"true"+strings.Repeat(")", 300), names); err != nil {
		t.Error(err)
	}
}

func TestCondSaysWhatItLooksAt(t *testing.T) {
	for _, test := range []struct {
		text    string
		steps   []int
		members []string
	}{
		{` total > 100 && event["x-y"] == "a" `, nil, []string{"total", "x-y"}},
		{`event.create == 1 && event?.b?.c == 1`, nil, []string{"create", "b"}},
		{`event[note] == 1`, nil, []string{"note"}},
		{`time > create.time && type == "a" && event.id == "x"`, []int{0}, nil},
		{`len(fails) > 1 && create.x == last(fails).y && create.z`, []int{0, 1}, nil},
		{`any(fails, .create == total) && any == nil`, []int{1, 2}, []string{"total"}},
		{`let a = b; a > 1`, nil, []string{"b"}},
		{`any(items, {let total = .x; total > 1}) && total > 1`, nil, []string{"items", "total"}},
		{`count > 1 && date == 1 && len == 2`, nil, []string{"count", "date", "len"}},
	} {
		c, err := Compile(test.text, names)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if !slices.Equal(c.Steps(), test.steps) || !slices.Equal(c.members, test.members) || c.Alone() != (test.steps == nil) {
			t.Errorf("%s: got steps %v, members %v, want %v, %v", test.text, c.Steps(), c.members, test.steps, test.members)
		}
		if want := strings.TrimSpace(test.text); c.String() != want {
			t.Errorf("got text %q, want %q", c, want)
		}
	}
}

// FuzzCompile looks for text that panics, takes long, or has an error without a place.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`total > 100 && currency == "EUR"`, `any(items, .sku == "x") and not (a in [1, 2.5, "x"])`, `a?.b?.c ?? 1 == 1`, `x matches "^a+$"`,
		`let a = 5; a > total`, `1 < total < 5`, `if a {1} else {2} == 1`, `{a: 1, (b): 2}["a"] == 1`, `reduce(fails, #acc + .x, 0) > 1 | string`,
		`fails[1:2] == []`, `create.time.Format("2006") > b"\x00"`, `-a ** 2 % 3 != 0xff /* x */ // y`, "`raw``x`", `# == 1`, `a[:]`, `::len(a) > 1; true`, `$env`, `'\u{1F600}'`,
		chain(3), `sortBy(a, .b, "desc")[0] == 1 ? true : false`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		start := time.Now()
		c, err := Compile(text, names)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		var e *Error
		switch {
		case err == nil:
			m := NewEvaluator(fields, []*Cond{c})
			m.Start(Event{Key: "k", Type: "pay", Data: []byte(`{"a":[1,{"b":2}],"b":"x","total":5}`)})
			m.Eval(c, make([][]Event, len(c.Steps())))
		case !errors.As(err, &e):
			t.Errorf("got a %T", err)
		case e.Offset < 0 || e.Offset > utf8.RuneCountInString(text) || e.Text == "" || strings.Contains(e.Text, "\n"):
			t.Errorf("got error %q at %d", e.Text, e.Offset)
		}
	})
}

func Example() {
	c, err := Compile(`total > 100 && currency == "EUR"`, Names{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := NewEvaluator(fields, []*Cond{c})
	for _, data := range []string{`{"total":224.64,"currency":"EUR"}`, `{"total":12,"currency":"EUR"}`, `{"totel":224.64,"currency":"EUR"}`} {
		m.Start(Event{Type: "create", Data: []byte(data)})
		fmt.Println(m.Eval(c, nil))
	}
	// Output:
	// true <nil>
	// false <nil>
	// false cond: condition total > 100 && currency == "EUR": character 7: invalid operation: nothing > int: absent: total
}
