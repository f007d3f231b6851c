package pipeline

import (
	"errors"
	"fmt"

	"ordertimeout/transforms/connect/localfile"
)

// again returns the settings of a run as they are where its input is read once more, for what
// is told of it and nothing else: it writes no carry file and goes on from none. The log goes
// on behind its end where the run leaves to another one what is undecided there. Files are
// read as they are, also where the run follows them. The error is a line that names the flag,
// and says what is told, and of what inputs.
func (c Config) again(told, inputs string) (Config, error) {
	if c.runner() != RunnerPrism {
		return c, fmt.Errorf("-runner %s: %s on the embedded runner: want prism", c.Runner, told)
	}
	if c.Carry != "" && c.AtEnd == AtEndTimeout {
		return c, fmt.Errorf("-at-end timeout with -carry %s: the log goes on, and no end is that of time", c.Carry)
	}
	if c.Follow {
		c.Follow, c.MaxLag = false, -1
		if c.Carry == "" && c.Open == localfile.None {
			c.Open = localfile.Stdout // a followed file goes on
		}
	}
	if c.Carry != "" && c.Open == localfile.None {
		c.Open = localfile.Stdout // what would be carried goes on, too
	}
	c.Carry, c.Forget, c.FormatOut = "", nil, ""
	if len(c.Input) == 0 {
		return c, errors.New("no -input: want " + inputs)
	}
	_, name, err := c.Kinds().Source(c.Input, c.runner())
	if err != nil {
		return c, err
	}
	if name != "files" {
		return c, fmt.Errorf("-input %q: %s of what can be read again: want %s", c.Kinds().Show(c.Input[0]), told, inputs)
	}
	return c, nil
}
