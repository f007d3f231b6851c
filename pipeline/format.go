package pipeline

import (
	"errors"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms"
	"ordertimeout/transforms/connect/localfile"
)

// Values of Config.FormatOut.
const (
	FormatLines = "jsonl"
	FormatTable = "table"
)

// OutcomesOnStdout reports whether outcomes are written to standard output.
func (c Config) OutcomesOnStdout() bool {
	return c.Success == localfile.Stdout || c.Timeouts == localfile.Stdout
}

// validateFormat checks that there is someone to read a table.
func (c Config) validateFormat() error {
	switch {
	case c.FormatOut != "" && c.FormatOut != FormatLines && c.FormatOut != FormatTable:
		return fmt.Errorf("-format-out %q: want jsonl or table", c.FormatOut)
	case c.FormatOut != FormatTable:
		return nil
	case c.Runner == RunnerFlink || c.Runner == RunnerDataflow:
		return fmt.Errorf("-format-out table: want the embedded runner: on -runner %s outcomes are lines of JSON", c.Runner)
	case !c.OutcomesOnStdout():
		return errors.New("-format-out table: want -success - or -timeouts -: what is not standard output gets lines of JSON")
	}
	return nil
}

// format formats outcomes for a target: PCollection<*order.Outcome> ->
// PCollection<order.Message>.
func (c Config) format(s beam.Scope, target string, outcomes beam.PCollection) beam.PCollection {
	if c.FormatOut == FormatTable && target == localfile.Stdout {
		return transforms.FormatTable(s, outcomes, c.match().Pattern)
	}
	return transforms.FormatOutcomes(s, outcomes)
}
