package cond

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/order"
)

// fields reads events as the pipeline does.
var fields = Fields{Members: order.Members, Whole: order.Whole, IDs: order.IDs, Cell: order.Cell}

// current is the event of the tests; the others are what the branch has taken.
var (
	current = Event{
		Key: order.Key("u1", "o1"), Type: "pay", ID: "e9", Time: at("2026-03-01T07:30:00Z"),
		Data: []byte(`{"type":"order.paid","time":5,"orderId":"o1","userId":"u1","total":120,"half":60.5,"big":9007199254740993,"currency":"EUR","paid":true,"no":false,"none":null,` +
			`"note":"a gift\nfor Zoë","create":7,"x-y":1,"items":[{"sku":"x","n":2},{"sku":"y","n":3}],"tags":["a","b"],"at":{"city":"Ulm"},"count":4}`),
	}
	create = Event{Key: current.Key, Type: "create", ID: "e1", Time: at("2026-03-01T07:00:00Z"), Data: []byte(`{"total":100,"currency":"EUR","userId":"u1","x":{"y":1}}`)}
	fail1  = Event{Key: current.Key, Type: "fail", Time: at("2026-03-01T07:10:00Z"), Data: []byte(`{"amount":10,"code":"a"}`)}
	fail2  = Event{Key: current.Key, Type: "fail", Time: at("2026-03-01T07:20:00.001Z"), Data: []byte(`{"amount":2.5,"code":"b"}`)}
)

func at(text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

// eval evaluates a condition with the events that the branch has taken, by step.
func eval(t *testing.T, text string, e Event, taken map[string][]Event) (bool, error) {
	t.Helper()
	c, err := Compile(text, names)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	m := NewEvaluator(fields, []*Cond{c})
	m.Start(e)
	var lists [][]Event
	for _, i := range c.Steps() {
		lists = append(lists, taken[names.Steps[i].Name])
	}
	return m.Eval(c, lists)
}

func TestEval(t *testing.T) {
	taken := map[string][]Event{"create": {create}, "fails": {fail1, fail2}}
	for _, test := range []struct {
		text string
		want string // true, false, or part of the error
	}{
		{`true`, "true"},
		{`total > 100 && currency == "EUR"`, "true"},
		{`total > 120 || currency != "EUR"`, "false"},
		{`!(total >= 120) or not paid`, "false"},
		{`total > 119.5 && half < 61 && total == 120.0 && 120 == total && half != 60`, "true"},
		{`total / 2 == 60 && total * half > 7000 && total % 7 == 1 && total ** 2 == 14400 && -total < 0`, "true"},
		{`big == 9007199254740993 && big != 9007199254740992`, "true"},
		{`paid`, "true"},
		{`no`, "false"},
		{`currency in ["EUR", "USD"] && total not in [1, 2] && "a" in tags && "city" in at`, "true"},
		{`120.0 in [120] && total in [120.0]`, "true"},
		{`note contains "gift" && note startsWith "a" && not (note endsWith "x") && note matches "^a g.ft"`, "true"},
		{`note contains "Zoë" && len(note) == 14 && upper(note) endsWith "ZOË"`, "true"},
		{`"EUR" < "USD" && currency < "F" && currency + "x" == "EURx"`, "true"},
		{`any(items, .sku == "x") && all(items, .n > 1) && sum(items, .n) == 5 && count(items, .n > 2) == 1 && one(items, .sku == "y")`, "true"},
		{`items[0].sku == "x" && items[-1]["n"] == 3 && len(items[1:]) == 1 && first(tags) == "a" && last(tags) == "b"`, "true"},
		{`filter(items, .n > 2)[0].sku == "y" && map(items, .n) == [2, 3] && find(items, .n == 3).sku == "y"`, "true"},
		{`max(map(items, .n)) == 3 && min(total, half) == 60.5 && mean([1, 2]) == 1.5 && median(3, 1, 2) == 2`, "true"},
		{`reduce(items, #acc + .n, 0) == 5 && sortBy(items, .n, "desc")[0].n == 3 && groupBy(items, .sku)["x"][0].n == 2`, "true"},
		{`keys(at) == ["city"] && values(at) == ["Ulm"] && toPairs(at) == [["city", "Ulm"]] && fromPairs([["a", 1]]).a == 1`, "true"},
		{`keys(event)[0] == "at" && keys(event)[2] == "count"`, "true"},
		{`sort([3, 1, 2]) == [1, 2, 3] && uniq([1, 1, 2]) == [1, 2] && reverse(tags) == ["b", "a"] && flatten([[1], [2]]) == [1, 2] && concat(tags, tags) == ["a", "b", "a", "b"]`, "true"},
		{`join(tags, "-") == "a-b" && split("a-b", "-")[1] == "b" && replace(currency, "E", "X") == "XUR" && trim("  x ") == "x" && trim("xax", "x") == "a"`, "true"},
		{`string(at) == "map[city:Ulm]" && toJSON(tags) != "" && fromJSON("[1]") == [1.0] && int("12") == 12 && float("1.5") == 1.5 && fromBase64(toBase64("x")) == "x"`, "true"},
		{`indexOf(currency, "U") == 1 && hasPrefix(currency, "E") && trimSuffix(currency, "R") == "EU" && get(at, "city") == "Ulm"`, "true"},
		{`round(half) == 61 && floor(half) == 60 && abs(-1) == 1 && bitand(6, 3) == 2`, "true"},
		{`type(total) == "int" && type(half) == "float" && type(items) == "array"`, "true"},
		{`let t = total * 2; t > 200 && t < 300`, "true"},
		{`currency | lower() == "eur" && (items | any(.n == 3))`, "true"},
		{`if total > 100 { currency == "EUR" } else { false }`, "true"},
		{`total > 100 ? paid : no`, "true"},
		{`100 < total < 121`, "true"},
		{`total > 100; no`, "false"},
		{`count == 4`, "true"},

		// The current event.
		{`event["x-y"] == 1 && event.total == 120 && event.at.city == "Ulm" && at.city == "Ulm" && event.create == 7`, "true"},
		{`type == "pay" && event.type == "pay" && id == "e9" && userId == "u1" && orderId == "o1" && event["type"] == "pay"`, "true"},
		{`event == event && len(event) == 19 && "x-y" in event && event[currency] == nil && get(event, "id") == "e9"`, "true"},
		{`time.Hour() == 7 && time.Minute() == 30 && string(time) == "2026-03-01 07:30:00 +0000 UTC"`, "true"},
		{`time.Weekday().String() == "Sunday" && time.Format("2006-01-02") == "2026-03-01" && (time + duration("1h")).Hour() == 8`, "true"},
		{`time > date("2026-03-01") && time < date("2026-03-01 08:00:00") && time == date("2026-03-01T08:30:00+01:00") && time > date("01.03.2026", "02.01.2006")`, "true"},
		{`date("Sun, 01 Mar 2026 07:30:00 CET") == time`, "true"}, // a zone's letters say nothing, whatever the machine's zone
		{`event.time - time == duration("0s")`, "true"},

		// What the branch has taken.
		{`total > create.total && currency == create.currency && create.x.y == 1`, "true"},
		{`time - create.time == duration("30m") && time - create.time < duration("2d") && (time - create.time).Minutes() == 30`, "true"},
		{`create.type == "create" && create.id == "e1" && create.userId == "u1" && create.orderId == "o1"`, "true"},
		{`sum(fails, .amount) == 12.5 && len(fails) == 2 && first(fails).code == "a" && fails[-1].code == "b" && any(fails, .amount > total / 20)`, "true"},
		{`map(fails, .id) == ["", ""] && last(fails).time - first(fails).time == duration("10m1ms")`, "true"},
		{`any == nil && any?.total == nil`, "true"},
		{`create != nil && (any ?? create).total == 100`, "true"},

		// What is absent.
		{`total == nil`, "false"},
		{`coupon == nil && nil == none && event.coupon == nil && create.coupon == nil && find(items, .n > 9) == nil`, "true"},
		{`coupon != nil`, "false"},
		{`(coupon ?? "") == "" && (none ?? 1) == 1 && (at?.zip ?? "x") == "x"`, "true"},
		{`event?.coupon == "x" || event?.coupon in ["x"] || event?.coupon contains "x" || event?.coupon matches "x"`, "false"},
		{`event?.coupon != "x"`, "true"},
		{`coupon != nil && coupon > 5`, "false"},
		{`coupon > 5`, "character 8: invalid operation: nothing > int: absent: coupon"},
		{`5 <= coupon`, "invalid operation: int <= nothing: absent: coupon"},
		{`coupon > total`, "what is absent is compared: absent: coupon"},
		{`coupon == "x"`, "character 8: what is absent is compared: absent: coupon"},
		{`coupon != "x"`, "what is absent is compared: absent: coupon"},
		{`none == "x"`, "what is absent is compared: absent: none"},
		{`create.coupon == "x"`, "what is absent is compared"},
		{`coupon in ["x"]`, "what is absent is compared: absent: coupon"},
		{`"x" in coupon`, "what is absent is compared: absent: coupon"},
		{`coupon contains "x"`, "what is absent is compared: absent: coupon"},
		{`coupon matches "x"`, "what is absent is compared: absent: coupon"},
		{`coupon + 1 == 2`, "absent: coupon"},
		{`coupon`, "got nothing: want true or false: absent: coupon"},
		{`coupon && true`, "got nothing: want bool: absent: coupon"},
		{`any(coupon, # == 1)`, "got nothing: want a list: absent: coupon"},
		{`coupon.x == 1`, "cannot fetch x from nothing: absent: coupon"},
		{`any.total == 1`, "cannot fetch total from nothing"},
		{`creat.total > 1`, "absent: creat (did you mean create?)"},
		{`evnt.total > 1`, "absent: evnt (did you mean event?)"},
		{`a1 == 1 || a2 == 2 || a3 == 3 || a4 == 4 || a5 == 5`, "absent: a1, a2, a3, …"},

		// What is of a wrong type.
		{`total == "120" || currency == 5 || tags == "a" || paid == "true" || tags == at`, "false"},
		{`currency > 5`, "invalid operation: string > int"},
		{`total && true`, "got int: want bool"},
		{`total`, "got a number: want true or false"},
		{`currency ?? true`, "got text: want true or false"},
		{`total contains "1"`, "got a number and text: want texts"},
		{`total matches "1"`, "got a number: want text"},
		{`any(currency, # == 1)`, "got text: want a list"},
		{`any(at, # == 1)`, "got an object: want a list"},
		{`any(create, .x == 1)`, "got an object: want a list"},
		{`sum(items, .sku) > 1`, "invalid operation: string + int"},
		{`items.sku == 1`, "character 7: got a name behind what is no object: want the number of a place in it"},
		{`currency.sku == 1`, "got a name behind what is no object: want the number of a place in it"},
		{`items[0][0] == 1`, "got a number behind an object: want a name"},
		{`items > 1`, "invalid operation: a list > int"},
		{`not items[0]`, "got an object: want bool"},
		{`5 in at`, "got a number in an object: want text"},
		{`items[9].n == 1`, "index out of range"},
		{`total % (total - 120) == 1`, "integer divide by zero"},
		{`int(currency) == 1`, "invalid operation: int(EUR)"},
		{`duration(currency) > duration("1m")`, `got the duration "EUR"`},
		{`date(currency) > time`, `got the date "EUR"`},
		{`keys(total) == []`, "got a number: want an object"},
		{`string(create.time.Hour) == ""`, "got a function: want a value"},
		{`create.time.Hour(1) == 1`, "invalid number of arguments"},
		{`currency.Hour() == 1`, ""},
		{`upper(total) == "x"`, "got int: want string"},
		{`{total: 1}.total == 1 && {"a": tags}["a"] == tags`, "true"},
		{`at[total] == 1`, ""},
	} {
		got, err := eval(t, test.text, current, taken)
		switch {
		case err == nil && fmt.Sprint(got) != test.want:
			t.Errorf("%s: got %v, want %s", test.text, got, test.want)
		case err != nil && (test.want == "true" || test.want == "false" || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got error %v, want %s", test.text, err, test.want)
		case err != nil && (got || strings.ContainsAny(err.Error(), "\n\r") || !strings.HasPrefix(err.Error(), "cond: condition ")):
			t.Errorf("%s: got %v, %q", test.text, got, err)
		}
	}
}

func TestRowsHaveValuesInTheirCells(t *testing.T) {
	e := Event{Key: order.Key("", "7"), Type: "pay", ID: "5", Data: []byte(`{"type":"pay","orderId":"7","userId":"42","id":"5","total":"120","paid":"true","coupon":"","code":"007","text":"x","n":1.5}`)}
	for _, test := range []struct {
		text      string
		row, json string // what it is for a row, and for an object
	}{
		{`total == 120 && paid`, "true", "false"},
		{`total == "120"`, "false", "true"},
		{`coupon == nil && event.coupon == nil`, "true", "false"},
		{`code == "007" && text == "x" && n == 1.5`, "true", "true"},
		{`"coupon" in event`, "false", "true"},
		{`event[text + ""] == nil && get(event, "total") == 120`, "true", "false"},
		{`id == "5" && orderId == "7" && userId == "42" && event.userId == "42" && get(event, "orderId") == "7"`, "true", "true"},
		{`any.total == 120 && any.paid && any.userId == "42" && any.id == "5"`, "true", "false"},
	} {
		for _, row := range []bool{true, false} {
			e.Row = row
			got, err := eval(t, test.text, e, map[string][]Event{"any": {e}})
			want := test.json
			if row {
				want = test.row
			}
			if err != nil || fmt.Sprint(got) != want {
				t.Errorf("%s, row %v: got %v, %v, want %s", test.text, row, got, err, want)
			}
		}
	}
}
