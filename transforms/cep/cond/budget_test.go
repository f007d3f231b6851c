package cond

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ordertimeout/transforms/order"
)

func mustCompile(t testing.TB, text string) *Cond {
	t.Helper()
	c, err := Compile(text, names)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

// events returns n events.
func events(n int) []Event {
	made := make([]Event, n)
	for i := range made {
		made[i] = Event{Key: current.Key, Type: "fail", Time: int64(i), Data: fmt.Appendf(nil, `{"amount":%d,"code":"c%[1]d"}`, i)}
	}
	return made
}

func TestAnEventCostsAMillionElements(t *testing.T) {
	items := `{"items":[0` + strings.Repeat(",1", 999) + `]}`
	for _, test := range []struct {
		text string
		each int // elements of an evaluation
	}{
		{`len(fails) == 1000`, 1000},
		{`sum(fails, .amount) == sum(fails, .amount) && len(fails) > 0`, 1000},
		{`true || len(fails) == 0`, 1000},
		{`len(fails) == 1000 && create == nil`, 1000},
		{`any(items, # == 1)`, 1000},
		{`any(items, # == 1) && any(items, # == 1)`, 2000},
		{`any(items, # == 1) && len(fails) == 1000`, 2000},
	} {
		c := mustCompile(t, test.text)
		m := NewEvaluator(fields, []*Cond{c, mustCompile(t, "true")})
		var taken [][]Event
		for _, s := range c.names {
			if s.List {
				taken = append(taken, events(1000))
			} else {
				taken = append(taken, nil)
			}
		}
		for range 2 {
			m.Start(Event{Data: []byte(items)})
			for i := range MaxElements / test.each {
				m.meter.work = 0 // the other bound
				if holds, err := m.Eval(c, taken); !holds || err != nil {
					t.Fatalf("%s: evaluation %d: got %v, %v", test.text, i, holds, err)
				}
			}
			if m.meter.work = 0; m.Spent() {
				t.Errorf("%s: spent before its bound", test.text)
			}
			if holds, err := m.Eval(c, taken); holds || err == nil || !strings.Contains(err.Error(), "more than 1000000 elements") {
				t.Errorf("%s: one more evaluation: got %v, %v", test.text, holds, err)
			}
			if !m.Spent() {
				t.Errorf("%s: not spent", test.text)
			}
			if len(c.names) > 0 {
				few := slices.Repeat([][]Event{nil}, len(taken))
				if _, err := m.Eval(c, few); err == nil {
					t.Errorf("%s: an empty list beyond the bound: no error", test.text)
				}
			}
		}
	}
}

// TestTheBoundDoesNotDependOnThePast: what an event costs is the same whether or not the
// events of its lists are still decoded.
func TestTheBoundDoesNotDependOnThePast(t *testing.T) {
	c := mustCompile(t, `sum(fails, .amount) > 0`)
	m := NewEvaluator(fields, []*Cond{c})
	list := [][]Event{events(100)}
	var spent []meter
	for range 3 {
		m.Start(current)
		if holds, err := m.Eval(c, list); !holds || err != nil {
			t.Fatal(holds, err)
		}
		spent = append(spent, m.meter)
	}
	if spent[0] != spent[1] || spent[1] != spent[2] {
		t.Errorf("got costs %v, want all the same", spent)
	}
}

func TestEarlierEventsStayDecoded(t *testing.T) {
	counting, calls := fields, 0
	counting.Whole = func(data []byte) map[string]any {
		calls++
		return order.Whole(data)
	}
	c := mustCompile(t, `sum(fails, .amount) > 0`)
	m := NewEvaluator(counting, []*Cond{c})
	list := events(1000)
	for i := range 10 {
		m.Start(Event{Time: int64(i), Data: fmt.Appendf(nil, `{"n":%d}`, i)})
		m.Eval(c, [][]Event{list})
	}
	if calls != len(list) {
		t.Errorf("got %d events decoded, want %d", calls, len(list))
	}
	many := events(maxObjects + 1)
	for range 2 {
		m.Start(current)
		if holds, err := m.Eval(c, [][]Event{many}); !holds || err != nil {
			t.Fatal(holds, err)
		}
		if n := len(m.objects.cached); n > maxObjects {
			t.Errorf("%d events stay decoded, want at most %d", n, maxObjects)
		}
	}
	long := make([]Event, 100)
	for i := range long {
		long[i] = Event{Data: fmt.Appendf(nil, `{"amount":%d,"note":%q}`, i, strings.Repeat("x", maxObjectBytes/64-100))}
	}
	m.Start(current)
	if holds, err := m.Eval(c, [][]Event{long}); !holds || err != nil {
		t.Fatal(holds, err)
	}
	if size := m.objects.size; size > maxObjectBytes {
		t.Errorf("%d bytes stay decoded, want at most %d", size, maxObjectBytes)
	}
}

// TestDecodedEventsAreNotTakenForOthers has events with the same bytes, and the same
// memory with other bytes.
func TestDecodedEventsAreNotTakenForOthers(t *testing.T) {
	c := mustCompile(t, `create.total == 1 && create.id == "a" && create.type == "t" && create.userId == "u" && create.time == date("1970-01-01")`)
	m := NewEvaluator(fields, []*Cond{c})
	memory := []byte(`{"total":1}`)
	right := Event{Key: order.Key("u", "o"), ID: "a", Type: "t", Data: memory}
	for _, change := range []func(e *Event){
		func(e *Event) { e.ID = "b" }, func(e *Event) { e.Type = "x" }, func(e *Event) { e.Key = order.Key("v", "o") }, func(e *Event) { e.Time = 1 },
		func(e *Event) { memory[len(memory)-2] = '2' },
	} {
		m.Start(current)
		memory[len(memory)-2] = '1'
		if holds, err := m.Eval(c, [][]Event{{right}}); !holds || err != nil {
			t.Errorf("got %v, %v, want true", holds, err)
		}
		other := right
		change(&other)
		if holds, err := m.Eval(c, [][]Event{{other}}); holds || err != nil {
			t.Errorf("%+v: got %v, %v, want false", other, holds, err)
		}
	}
}

// TestConditionsDoNotDependOnTheMachine evaluates in another zone.
func TestConditionsDoNotDependOnTheMachine(t *testing.T) {
	defer func(l *time.Location) { time.Local = l }(time.Local)
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("CET", 3600), time.FixedZone("EST", -5*3600)} {
		time.Local = zone
		for _, text := range []string{
			`string(date("Sun, 01 Mar 2026 07:30:00 CET")) == "2026-03-01 07:30:00 +0000 UTC"`, `string(date(note)) == "2026-03-01 06:30:00 +0000 UTC"`,
			`string(date("01 Mar 26 07:30 EST", "02 Jan 06 15:04 MST")) == "2026-03-01 07:30:00 +0000 UTC"`, `string(time) == "1970-01-01 00:00:00 +0000 UTC"`,
			`time.Hour() == 0 && create.time.Hour() == 0`, `string(date("2026-03-01")) == "2026-03-01 00:00:00 +0000 UTC"`,
		} {
			e := Event{Data: []byte(`{"note":"2026-03-01T07:30:00+01:00"}`)}
			if holds, err := eval(t, text, e, map[string][]Event{"create": {e}}); !holds || err != nil {
				t.Errorf("%s: in %v got %v, %v, want true", text, zone, holds, err)
			}
		}
	}
}

func TestGoroutinesShareConditions(t *testing.T) {
	texts := []string{`total > 100 && currency in ["EUR", "USD"]`, `sum(fails, .amount) == 12.5 && note matches "gift"`, `sort([3, 1, 2])[0] == 1 && coupon > 1 || true`}
	var conds []*Cond
	for _, text := range texts {
		conds = append(conds, mustCompile(t, text))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			mustCompile(t, texts[0])
			m := NewEvaluator(fields, conds)
			for range 200 {
				m.Start(current)
				for i, want := range []bool{true, true, false} {
					if holds, _ := m.Eval(conds[i], [][]Event{{fail1, fail2}}); holds != want {
						t.Errorf("%s: got %v", texts[i], holds)
					}
				}
			}
		})
	}
	group.Wait()
}

// FuzzEval evaluates conditions of all kinds on any bytes: none may panic, and what is
// true or false must be so again.
func FuzzEval(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,{"b":2}],"b":"x","total":1e999}`, `{"a":{"a":{"a":[[[]]]}},"b":-0}`, `{"a":"` + strings.Repeat("é", 50) + `","b":"12"}`, `[`, `{"a":null,"b":9223372036854775807}`,
	} {
		f.Add([]byte(seed), uint64(1))
	}
	texts := []string{
		`a == b`, `a != b`, `a < b`, `a + b == a`, `a - b > 0`, `a * b > 0`, `a / b > 0`, `a % b == 0`, `a ** b > 1`, `-a < 0`, `!a`, `a && b`, `a ?? b`, `a in b`, `a contains b`, `a matches "x+"`,
		`a.b == 1`, `a[b] == 1`, `a[0:b] == a`, `a[-1] == 1`, `a?.b?.c == 1`, `any(a, # == b)`, `all(a, .b > 1)`, `sum(a) > 1`, `count(a, #) > 1`, `map(a, .b) == b`, `reduce(a, #acc + #) == 1`,
		`sortBy(a, #) == a`, `groupBy(a, #) == b`, `sort(a) == a`, `min(a) == max(a)`, `mean(a) > median(a)`, `uniq(a) == a`, `flatten(a) == a`, `concat(a, a) == a`, `reverse(a) == a`,
		`join(a, b) == b`, `split(a, b) == a`, `replace(a, b, b) == b`, `string(a) == b`, `toJSON(event) == b`, `fromJSON(b) == a`, `keys(a) == values(a)`, `fromPairs(toPairs(a)) == a`, `len(a) == len(b)`,
		`int(a) == float(b)`, `duration(b) > duration("1s")`, `date(b) < time`, `date(a, b) < time`, `time.Format(b) == b`, `upper(b) == lower(b)`, `trim(b, b) == b`, `get(a, b) == 1`, `take(a, b) == a`,
		`first(a) == last(a)`, `bitand(a, b) == 1`, `bitshl(a, b) == 1`, `round(a) == abs(b)`, `toBase64(b) == fromBase64(b)`, `type(a) == type(b)`, `event[b] == a`, `create.a == a`, `sum(fails, .a) > a`,
		`last(fails).b == b`, `any(fails, .a == b)`, `userId == orderId`, `indexOf(b, b) == lastIndexOf(b, b)`, `hasPrefix(b, b) && hasSuffix(b, b)`, `trimPrefix(b, b) == trimSuffix(b, b)`, `ceil(a) == floor(a)`,
	}
	var conds []*Cond
	for _, text := range texts {
		conds = append(conds, mustCompile(f, text))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		m, again := NewEvaluator(fields, conds), NewEvaluator(fields, conds)
		random := rand.New(rand.NewPCG(seed, 0))
		e := Event{Key: string(data), Type: "a", Time: int64(seed) % 1e15, Data: data, Row: random.IntN(2) == 0}
		for _, m := range []*Evaluator{m, again} {
			m.Start(e)
		}
		for _, i := range random.Perm(len(conds)) {
			taken := make([][]Event, len(conds[i].Steps()))
			for j := range taken {
				taken[j] = []Event{e, {Data: []byte(`{"a":1,"b":"x"}`)}}
			}
			got, err := m.Eval(conds[i], taken)
			got2, err2 := again.Eval(conds[i], taken)
			if got != got2 || (err == nil) != (err2 == nil) || err != nil && (err.Error() != err2.Error() || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 4*maxShown) {
				t.Errorf("%s: got %v, %v, then %v, %v", texts[i], got, err, got2, err2)
			}
		}
	})
}
