package syntax_test

import (
	"fmt"

	"ordertimeout/transforms/cep/syntax"
)

func Example() {
	p, err := syntax.Parse(`create[ total > 100 ] notFollowedBy cancel followedBy pay{1,1} within 2d`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p)
	for _, sentence := range p.Explain("an order") {
		fmt.Println(sentence)
	}
	p.Within = 0 // as in a text without a window
	fmt.Println(p.Validate())
	_, err = syntax.Parse("create folowedBy pay")
	fmt.Println(err)
	// Output:
	// create[total > 100] notFollowedBy cancel followedBy pay within 48h
	// An order is opened by create (where total > 100).
	// It succeeds when pay comes less than 48h later, unless cancel comes first; then it is cancelled.
	// If it is still open 48h after its first event and has not succeeded, it times out.
	// cep: pattern without a window, and none on followedBy "pay": want within and a duration
	// cep: column 8: unexpected "folowedBy": did you mean followedBy?
}
