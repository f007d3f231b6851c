package main

import (
	"errors"
	"fmt"
	"strings"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// withUndelivered adds to the reason of a failure what was not delivered by it: outcomes,
// events of open orders, and rejects, which may be theirs; and where it is. carried is why
// the carry file, were there one, does not have it.
func withUndelivered(err error, run *process.Run, rejects pipeline.Output, carried error) error {
	if carried != nil && carried != err {
		return errors.Join(withUndelivered(err, run, rejects, err), carried)
	}
	counters := run.Counters()
	lost, open, unwritten := counters[count.Undelivered], counters[count.Unopened], counters[count.Unwritten]
	var what []string
	if lost > 0 {
		what = append(what, fmt.Sprintf("%d outcomes were not delivered", lost))
	}
	if open > 0 {
		what = append(what, fmt.Sprintf("%d events of open orders were not written", open))
	}
	where := ": -rejects has them"
	switch kept := counters[count.Kept]; {
	case unwritten == 0 && len(what) == 0:
		return err
	case kept > 0 && carried == nil:
		what = append(what, fmt.Sprintf("the carry file has %d that went nowhere, for the next run", kept))
		return fmt.Errorf("%w (%s)", err, strings.Join(what, ", "))
	case len(what) == 0:
		return fmt.Errorf("%w (-rejects lacks %d rejects that could not be written)", err, unwritten)
	case unwritten > 0:
		where = fmt.Sprintf(", and -rejects lacks %d rejects that could not be written", unwritten)
	case rejects.Traits().Nothing:
		where = ", and there is no -rejects to have them"
	}
	return fmt.Errorf("%w (%s%s)", err, strings.Join(what, ", "), where)
}
