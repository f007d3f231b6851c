package cond

import "testing"

func TestCompile(t *testing.T) {
	names := Names{Steps: []Step{{Name: "create"}, {Name: "fails", List: true}}, Refused: map[string]string{"pay": "pay comes later"}}
	for _, text := range []string{
		`total > 100 && currency == "EUR"`, `time - create.time < duration("5m")`, `sum(fails, .amount) > 3`, `any(items, .sku == "x")`,
		`len(fails) > 2`, `last(fails)?.total == 3`, `event["x-y"] in ["a", "b"]`, `count > 5`, `x matches "^a"`, `upper(x) == "A"`,
		`let a = 5; a > total`, `1 < total < 5`, `if total > 1 { true } else { false }`, `time.Hour() < 8`, `create == nil`,
	} {
		if _, err := Compile(text, names); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{``, `pay.total > 1`, `total`, `5`, `now() > time`, `a ..`, `1..5`, `any(a, any(b, #))`, `fails.amount > 1`, `total + "x"`, `type == 5`, `leng(x) == 1`} {
		_, err := Compile(text, names)
		t.Log(text, "->", err)
	}
}
