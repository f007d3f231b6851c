package cep_test

import (
	"fmt"
	"time"

	"ordertimeout/transforms/cep"
)

func Example() {
	prog, err := cep.Compile(cep.MustParse("create followedBy pay within 10m"), 10*time.Minute)
	if err != nil {
		panic(err)
	}
	minute := time.Minute.Milliseconds()
	var order cep.State // of one order
	for _, e := range []cep.Event{
		{Type: "create", ID: "e1", Time: 0, At: 0},
		{Type: "view", ID: "e2", Time: 1 * minute, At: 1 * minute},
		{Type: "pay", ID: "e3", Time: 9 * minute, At: 9 * minute},
		{Type: "create", ID: "e4", Time: 12 * minute, At: 12 * minute},
	} {
		prog.Advance(&order, e.At, nil)
		r := prog.Step(&order, &e, nil)
		fmt.Println(e.Type, r.Class, r.Ended == cep.Matched)
	}
	_, early := prog.Advance(&order, 22*minute-1, nil)
	_, timedOut := prog.Advance(&order, 22*minute, nil)
	fmt.Println(early, timedOut)
	// Output:
	// create started false
	// view other false
	// pay advanced true
	// create started false
	// false true
}
