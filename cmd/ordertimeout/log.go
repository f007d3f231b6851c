package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"ordertimeout/transforms/beamfix"
)

// quietSDK keeps the log of the SDK and of the embedded runner, which is for
// those who work on them, off the user's terminal. Failures do not need it: they
// come back as errors.
func quietSDK(stderr io.Writer, verbose bool) {
	if verbose {
		slog.SetDefault(slog.New(slog.NewTextHandler(stderr, nil)))
		return
	}
	slog.SetDefault(slog.New(warnings{stderr}))
}

// warnings is a slog.Handler that shows warnings, a line each.
type warnings struct{ w io.Writer }

func (h warnings) Enabled(_ context.Context, l slog.Level) bool { return l == slog.LevelWarn }

func (h warnings) Handle(_ context.Context, r slog.Record) error {
	if beamfix.IsNoise(r.Message) {
		return nil
	}
	_, err := fmt.Fprintf(h.w, "ordertimeout: warning: %s\n", r.Message)
	return err
}

func (h warnings) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h warnings) WithGroup(string) slog.Handler      { return h }
