package connect

import (
	"flag"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// Duration returns a Flag.Bind for a duration that v holds, with its default. It is written
// as in patterns: as Go writes it, such as 1h30m, or as whole days, such as 2d.
func Duration(v *time.Duration) func(fs *flag.FlagSet, name string) {
	return func(fs *flag.FlagSet, name string) { fs.Var((*duration)(v), name, "") }
}

// duration is the value of a flag.
type duration time.Duration

// Set reads a text.
func (d *duration) Set(text string) error {
	read, err := syntax.ParseDuration(text)
	if err != nil {
		return err
	}
	*d = duration(read)
	return nil
}

// String returns the duration as Go writes it.
func (d *duration) String() string { return time.Duration(*d).String() }
