package program_test

import (
	"fmt"

	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
)

// A run begins in state 0. In 1 the branch waits for the first fail, under the negation.
// In 2 it has one fail: the next event is the second, or the pay behind the loop, or it is
// ignored on both ways, and then one branch waits in 4 and one in 6. In 3 it has two.
func ExampleProgram_String() {
	p, err := program.Compile(syntax.MustParse("create notFollowedBy cancel followedBy fail{1,2} followedBy within 5m pay within 10m"))
	if err != nil {
		panic(err)
	}
	fmt.Print(p)
	// Output:
	// 0:
	// 	take as create if create -> 1
	// 1:
	// 	stop if cancel
	// 	take as fail if fail -> 2
	// 	ignore if not fail -> 1
	// 2:
	// 	take as fail if fail -> 3
	// 	ignore if not fail -> 4
	// 	take as pay if pay within 300000ms -> 5, match
	// 	ignore if not pay within 300000ms -> 6
	// 3:
	// 	take as pay if pay within 300000ms -> 5, match
	// 	ignore if not pay within 300000ms -> 3
	// 4:
	// 	take as fail if fail -> 3
	// 	ignore if not fail -> 4
	// 5:
	// 6:
	// 	take as pay if pay within 300000ms -> 5, match
	// 	ignore if not pay within 300000ms -> 6
}
