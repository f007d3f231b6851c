package files

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/order"
)

// Flags are the settings of this source that have flags of their own. DefaultFlags gives
// the usual ones.
type Flags struct {
	// InputIfAny (-input-if-any) are files that are read beside the others where they are
	// there, such as what the run before has written of its open orders.
	InputIfAny []string
	// Columns (-columns) are the columns of CSV files without a header row.
	Columns []string
	// LivePipe (-live) says that the one input is a pipe that is written to now: once it
	// is silent time goes on with the clock.
	LivePipe bool
	// Follow (-follow) says that the inputs are files that grow: see Config.Follow.
	Follow bool
	// MaxLag (-max-lag) is how far an event of a live pipe may come behind its time and
	// hold the watermark back. One that is behind by more is late. Negative: a minute.
	MaxLag time.Duration
	// MaxJump (-max-jump) is how far beyond the largest event time so far an event of a
	// file or pipe may be before its clock is doubted. Zero: any; negative: the largest
	// of the window, the disorder and an hour.
	MaxJump time.Duration
}

// DefaultFlags returns the settings of who sets no flag.
func DefaultFlags() Flags { return Flags{MaxLag: -1, MaxJump: -1} }

// flags describes the flags, which set f.
func (f *Flags) flags() []connect.Flag {
	return []connect.Flag{
		{
			Name: "input-if-any", Arg: "FILE", Group: connect.GroupInput,
			Help: "a file that may be missing, as what -open wrote the day before",
			Bind: f.bindInputIfAny,
		}, {
			Name: "columns", Arg: "A,B,...", Group: connect.GroupInput,
			Help: "columns of CSV without a header row",
			Bind: func(fs *flag.FlagSet, name string) {
				fs.Func(name, "", func(s string) error {
					f.Columns = strings.Split(s, ",")
					return nil
				})
			},
		}, {
			Name: "follow", // the screen tells of it beside -live
			Bind: func(fs *flag.FlagSet, name string) { fs.BoolVar(&f.Follow, name, false, "") },
		}, {
			Name: "live", Group: connect.GroupTime,
			Help: "-input is a pipe that is written to now; -follow reads a file that grows, as tail -F does",
			Bind: func(fs *flag.FlagSet, name string) { fs.BoolVar(&f.LivePipe, name, false, "") },
		}, {
			Name: "max-lag", Arg: "D", Group: connect.GroupTime, FromZero: true,
			Help: "how far the events of either may come behind their time (default 1m)",
			Bind: connect.Duration(&f.MaxLag),
		}, {
			Name: "max-jump", Arg: "D", Group: connect.GroupTime, FromZero: true,
			Help: "so far ahead of the rest a clock is wrong (default: most of within, disorder, 1h; 0: off)",
			Bind: connect.Duration(&f.MaxJump),
		},
	}
}

func (f *Flags) bindInputIfAny(fs *flag.FlagSet, name string) {
	fs.Func(name, "", func(s string) error {
		if s == "" {
			return errors.New("want a file")
		}
		f.InputIfAny = append(f.InputIfAny, s)
		return nil
	})
}

// validate checks the flags. Most mean something to this source alone.
func (f *Flags) validate(in connect.Input, env connect.Env) error {
	if err := connect.CheckDuration("max-jump", f.maxJump(env), 0, connect.MaxDuration); err != nil {
		return err
	}
	if err := connect.CheckDuration("max-lag", f.maxLag(), 0, connect.MaxDuration); err != nil {
		return err
	}
	other := in.Connector != name
	switch {
	case other && len(f.InputIfAny) > 0:
		return fmt.Errorf("-input-if-any %q with -input %s: want files", f.InputIfAny[0], in.URI)
	case !f.LivePipe && !f.Follow && f.MaxLag >= 0:
		return fmt.Errorf("-max-lag %v: only a live pipe or a followed file has a lag: want -live or -follow", f.MaxLag)
	case other && f.Follow:
		return fmt.Errorf("-follow with -input %s: want a file", in.URI)
	case f.Follow && f.LivePipe:
		return errors.New("-follow with -live: a pipe is not followed: want one of the two")
	case f.Follow && env.Runner != connect.Prism:
		return fmt.Errorf("-follow with -runner %s: want the embedded runner", env.Runner)
	case f.Follow && env.EndOfTime:
		return errors.New("-at-end timeout with -follow: a followed file has no end")
	case other && f.LivePipe:
		return fmt.Errorf("-live with -input %s: its watermark goes on by itself: want a pipe", in.URI)
	case f.LivePipe && !env.Loopback:
		return errors.New("-live: the pipe is this process's, and the workers are others")
	case env.Live && env.Format == order.FormatCSV:
		return fmt.Errorf("-format %q: a message holds JSON lines", env.Format)
	case env.Live && len(f.Columns) > 0:
		return fmt.Errorf("-columns %q: a message holds JSON lines", strings.Join(f.Columns, ","))
	}
	return nil
}

// maxJump returns how far beyond the largest event time an event is not doubted.
func (f *Flags) maxJump(env connect.Env) time.Duration {
	if f.MaxJump < 0 {
		return max(env.Decoder.Within, env.Disorder, time.Hour)
	}
	return f.MaxJump
}

func (f *Flags) maxLag() time.Duration {
	if f.MaxLag < 0 {
		return time.Minute
	}
	return f.MaxLag
}
