package cond

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestNoEventStalls evaluates what would take for ever, or all memory, if it were not
// charged: on an event of a mebibyte, for many branches.
func TestNoEventStalls(t *testing.T) {
	const branches = 1000
	note := strings.Repeat("a", 900_000)
	list := strings.Repeat(`{"n":1},`, 12_000)
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	data := fmt.Sprintf(`{"note":%q,"tone":%q,"items":[%s{"n":2}],"deep":%s}`, note, note[:100_000], list[:90_000/8*8], deep)
	e := Event{Type: "pay", Data: []byte(data)}
	double := func(first, operation string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "let v0 = %s; ", first)
		for i := range 20 {
			fmt.Fprintf(&b, "let v%d = %s; ", i+1, strings.ReplaceAll(operation, "X", fmt.Sprint("v", i)))
		}
		return b.String()
	}
	for _, text := range []string{
		`replace(note, "", note) == "x"`, `replace(note, "a", note, 100000) == "x"`, `join(split(note, ""), note) == "x"`,
		double("note", "X + X") + `v20 == "x"`, double("items", "concat(X, X)") + `v20 == []`, double("items", "[X, X]") + `v20 == []`,
		double("items", "[X, X]") + `string(v20) == ""`, double("items", "{a: X, b: X}") + `v20 in [1]`, double("note", `replace(X, "a", "aa")`) + `v20 == ""`,
		double("note", `toJSON(X)`) + `v20 == ""`, double("[note]", `flatten([X, X])`) + `v20 == []`, double("note", `toBase64(X)`) + `v20 == ""`,
		double("items", "map(X, [#, #])") + `v20 == []`, double("note", `join([X, X])`) + `v20 == ""`, double("note", `[X, X] | join(X)`) + `v20 == ""`,
		`reduce(items, #acc + #acc, note) == "x"`, `reduce(items, [#acc, #acc], 0) == []`, `reduce(items, [#acc], 0) == []`, `string(reduce(items, ({a: #acc}), 0)) == ""`,
		`note matches "(a?){300}a{300}b"`, `any(items, note matches "(x+x+)+y")`, `note matches "^(.*)(.*)(.*)(.*)(.*)$b"`,
		`uniq(items) == []`, `any(items, # in items)`, `any(items, items == deep)`, `any(items, deep == deep and false)`, `all(items, items == items)`,
		`flatten(deep) == []`, `toJSON(deep) == ""`, `string(deep) == ""`, `any(items, string(items) == "")`, `any(items, max(items, 1) == 2)`, `any(items, mean(deep, 1) == 2)`,
		`len(map(items, note + "x")) == 0`, `len(map(items, [note, note])) == 0`, `sortBy(items, note) == 1`, `len(groupBy(items, note)) == 0`, `sort(split(note, "")) == []`, `median(map(items, .n)) == 0`,
		`any(items, upper(note) == "")`, `any(items, len(note) == 0)`, `any(items, note contains tone + "b")`, `any(items, note > note + "a")`, `any(items, note == tone)`,
		`any(items, note in [note + "x"])`, `any(items, trim(note, tone) != "")`, `any(items, int(note) == 1)`, `any(items, split(note, "") == [])`, `any(items, split(note, "", 2) == [])`,
		`any(items, (date(note) ?? 1) == 1)`, `any(items, time.Format(note) == "")`, `any(items, event[note] != nil)`, `any(items, get(event, note) != nil)`, `any(items, ({(note): 1}) == at)`,
		`any(items, note in event)`, `any(items, (fromJSON(tone) ?? 1) == 1)`, `any(items, hasPrefix(note, note + "x"))`, `any(items, lastIndexOf(note, tone + "b") == 1)`,
		`any(items, toJSON(note) == "")`, `any(items, indexOf(note, tone + "b") == 1)`, `at[note] == 1`, `note[note] == 1`, `keys(event)[0] == "x"`, `any(items, take(items, 5) == [])`,
		`count(items, .n > 0) == 0 || sum(items, .n) == 0 || all(items, .n == 0)`, `len(fromPairs(map(items, [#, #]))) == 0`, `any(items, duration(note) == duration("1m"))`, `event == event && false`,
	} {
		c, err := Compile(text, names)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		m := NewEvaluator(fields, []*Cond{c})
		m.Start(e)
		m.meter.work = maxWork - maxWork/50 // a part of it tells as much
		start := time.Now()
		for range branches {
			m.Eval(c, nil)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", text, took)
		}
	}
}
