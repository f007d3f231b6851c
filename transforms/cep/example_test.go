package cep_test

import (
	"fmt"
	"math"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
)

func Example() {
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay within 10m"), cep.Config{Remember: 10 * time.Minute})
	if err != nil {
		panic(err)
	}
	matcher := prog.Matcher()
	var order cep.State // of one order
	var out cep.Output
	report := func(what string) {
		for _, o := range out.Outcomes {
			what += fmt.Sprintf(", %v at %d min", o.How, o.At/time.Minute.Milliseconds())
		}
		fmt.Println(what)
		out.Reset()
	}
	minute := time.Minute.Milliseconds()
	for _, e := range []cep.Event{
		{Type: "create", ID: "e1", Time: 0, At: 0},
		{Type: "view", ID: "e2", Time: 1 * minute, At: 1 * minute},
		{Type: "pay", ID: "e3", Time: 9 * minute, At: 9 * minute},
		{Type: "create", ID: "e4", Time: 12 * minute, At: 12 * minute},
	} {
		matcher.Advance("o1", &order, e.At, math.MaxInt64, &out)
		report(fmt.Sprint(e.Type, " ", matcher.Step("o1", &order, &e, &out).Class))
	}
	matcher.Advance("o1", &order, 22*minute-1, math.MaxInt64, &out)
	report("just before the deadline")
	matcher.Advance("o1", &order, 22*minute, math.MaxInt64, &out)
	report("at the deadline")
	// Output:
	// create started
	// view other
	// pay advanced, matched at 9 min
	// create started
	// just before the deadline
	// at the deadline, timeout at 22 min
}
