package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"ordertimeout/transforms/beamfix"
)

// The values of -log-format.
const (
	logText = "text" // lines for people
	logJSON = "json" // a JSON object a line, for who collects logs
)

// journal is what the command says on standard error while it runs.
type journal struct {
	w io.Writer
	// structured is nil where lines are for people.
	structured *slog.Logger
}

// newJournal returns the journal that writes to w in a format, logText or logJSON.
func newJournal(w io.Writer, format string) journal {
	if format != logJSON {
		return journal{w: w}
	}
	return journal{w, slog.New(slog.NewJSONHandler(w, nil))}
}

// info says how it goes.
func (j journal) info(format string, args ...any) { j.say(slog.LevelInfo, format, args) }

// warn says what somebody should look at, though the run goes on.
func (j journal) warn(format string, args ...any) { j.say(slog.LevelWarn, format, args) }

// fail says a reason why the command fails.
func (j journal) fail(format string, args ...any) { j.say(slog.LevelError, format, args) }

func (j journal) say(level slog.Level, format string, args []any) {
	text := fmt.Sprintf(format, args...)
	if j.structured == nil {
		fmt.Fprintf(j.w, "ordertimeout: %s\n", text)
		return
	}
	j.structured.Log(context.Background(), level, text)
}

// plain says lines that name no program where they are for people, as those of the
// summary do not.
func (j journal) plain(lines string) {
	if j.structured == nil {
		io.WriteString(j.w, lines)
		return
	}
	for line := range strings.Lines(lines) {
		j.info("%s", strings.TrimSuffix(line, "\n"))
	}
}

// summary says the lines of the summary. To who collects logs it says the counters of
// -summary, an object, and whether they add up: nobody wants to take lines apart.
func (j journal) summary(lines string, counters json.RawMessage, addsUp bool) {
	if j.structured == nil {
		j.plain(lines)
		return
	}
	j.structured.Info("summary", "counters", counters, "addsUp", addsUp)
}

// takeSDK takes the log of the SDK and of the embedded runner. It is for those who work
// on them, so only warnings are told, or with verbose all. Failures do not need it: they
// come back as errors.
func (j journal) takeSDK(verbose bool) {
	switch {
	case !verbose:
		slog.SetDefault(slog.New(warnings{j}))
	case j.structured != nil:
		slog.SetDefault(j.structured)
	default:
		slog.SetDefault(slog.New(slog.NewTextHandler(j.w, nil)))
	}
}

// warnings is a slog.Handler that shows warnings, a line each.
type warnings struct{ to journal }

func (h warnings) Enabled(_ context.Context, l slog.Level) bool { return l == slog.LevelWarn }

func (h warnings) Handle(_ context.Context, r slog.Record) error {
	if beamfix.IsNoise(r.Message) {
		return nil
	}
	if h.to.structured != nil {
		return h.to.structured.Handler().Handle(context.Background(), r)
	}
	_, err := fmt.Fprintf(h.to.w, "ordertimeout: warning: %s\n", r.Message)
	return err
}

func (h warnings) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h warnings) WithGroup(string) slog.Handler      { return h }

// defineLogFormat defines -log-format, which logFormatOf reads.
func defineLogFormat(fs *flag.FlagSet) {
	fs.Func("log-format", "", func(s string) error {
		if s != logText && s != logJSON {
			return errors.New("want text or json")
		}
		return nil
	})
}

// logFormatOf returns the -log-format of a command line, the last one. It is known before
// the flags are parsed, so that what is wrong with them is told in the same format.
func logFormatOf(args []string) string {
	format := logText
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if name != "-log-format" && name != "--log-format" {
			continue
		}
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		format = value
	}
	return format
}
